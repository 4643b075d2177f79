"""`sweep_vaults` replayed by the SDK's executor: its order, its pace, its generations, and what it tells."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from orchestrations.sweep_vaults import sweep_vaults
from rotation.sweep import MOST_REPORTED
from tests.orchestration.replay import START, Replay, WorkerDiedError
from tests.orchestration.test_rotate_secret import done, retry, stop

pytestmark = pytest.mark.orchestration

HANDLER = sweep_vaults._function._func
LONGEST_CUSTOM_STATUS = 8192
"""Characters: 16 KB of UTF-16 is what the extension takes."""


def wishes(vault: str, *secrets: str) -> list[dict[str, str]]:
    return [{"vault": vault, "secret": secret} for secret in secrets]


class Hub:
    """A task hub and some vaults, as the sweep's activities tell of them."""

    def __init__(self, **vaults: Mapping[str, Any]) -> None:
        self.vaults = vaults
        self.most = 50
        self.stuck: list[dict[str, str]] = []
        self.answers: dict[str, list[Any]] = {}
        """What to answer first, by activity."""
        self.did: dict[str, str] = {}
        """What becomes of a wish, by secret, if it is not started."""
        self.busy_for = 1
        """How often a rotation is found at work before it is not."""
        self.working: dict[str, int] = {}
        self.busiest = 0

    def __call__(self, name: str, payload: Mapping[str, Any]) -> Any:
        if self.answers.get(name):
            answer = self.answers[name].pop(0)
            if isinstance(answer, type):
                raise answer
            return answer
        return done(getattr(self, name)(payload))

    def begin_sweep(self, _: Mapping[str, Any]) -> dict[str, Any]:
        return {"vaults": sorted(self.vaults), "most_at_work": self.most}

    def find_due(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        vault = self.vaults[payload["vault"]]
        secrets = vault.get("expired" if payload["expired"] else "due", [])
        rest = [secret for secret in secrets if secret > (payload["after"] or "")]
        answer = {
            "wishes": wishes(payload["vault"], *rest[: payload["most"]]),
            "after": rest[payload["most"] - 1] if len(rest) > payload["most"] else None,
        }
        if payload["expired"] and payload["after"] is None:
            wrong = [{"vault": payload["vault"], "secret": name, "reason": why} for name, why in vault.get("wrong", [])]
            answer |= {"listed": vault.get("listed", len(secrets)), "reported": wrong, "more": vault.get("more", 0)}
        return answer

    def find_ageing(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        ageing = self.vaults[payload["vault"]].get("ageing", [])
        rest = [name for name in ageing if [name] > (payload["after"] or [])]
        page = [{**wish, "version": "v", "kind": "key"} for wish in wishes(payload["vault"], *rest[: payload["most"]])]
        after = [page[-1]["secret"]] if len(rest) > len(page) else None
        return {"wishes": page, "after": after, "reported": [], "more": 0}

    def start_renewals(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        told = [{"vault": wish["vault"], "secret": wish["secret"], "did": "renewing"} for wish in payload["wishes"]]
        return {"told": told, "again": [], "after": 0.0}

    def find_stuck(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        rest = [wish for wish in self.stuck if wish["secret"] > (payload["after"] or "")]
        after = rest[payload["most"] - 1]["secret"] if len(rest) > payload["most"] else None
        return {"wishes": rest[: payload["most"]], "after": after, "reported": [], "more": 0}

    def start_rotations(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        told = []
        for wish in payload["wishes"]:
            default = "redriven" if "version" in wish else "started"
            did = self.did.get(wish["secret"], default)
            if did == default:
                self.working[wish["secret"]] = self.busy_for
            told.append({**wish, "did": did, "reason": "because", "instance": wish["secret"]})
        self.busiest = max(self.busiest, len(self.working))
        return {"told": told, "again": [], "after": 0.0}

    def find_working(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        for name in payload["instances"]:
            self.working[name] = self.working.get(name, 0) - 1
            if self.working[name] < 0:
                del self.working[name]
        return {"working": [name for name in payload["instances"] if name in self.working]}


def sweep(hub: Hub, given: Any = None, **options: Any) -> Replay:
    replay = Replay(HANDLER, hub, given, instance_id="sweep", **options).run()
    replay.replay_every_prefix()
    assert all(len(json.dumps(status)) < LONGEST_CUSTOM_STATUS for status in replay.statuses)
    return replay


def started(replay: Replay) -> list[str]:
    return [wish["secret"] for name, payload in replay.calls if name == "start_rotations" for wish in payload["wishes"]]


def test_what_has_expired_comes_first_in_whichever_vault_it_is() -> None:
    hub = Hub(a={"expired": ["a1"], "due": ["a2", "a3"]}, b={"expired": ["b1"], "due": ["b2"]})
    replay = sweep(hub)
    assert started(replay) == ["a1", "b1", "a2", "a3", "b2"]
    assert replay.output["late"] == 2
    assert replay.output["vaults"]["a"] == {"listed": 1, "due": 3, "started": 3, "joined": 0, "settled": 0}
    assert replay.output["outcome"] == "swept"


def test_nothing_to_do_is_told_as_such() -> None:
    replay = sweep(Hub(a={"listed": 7}))
    assert replay.names() == ["begin_sweep", "find_due", "find_due", "find_ageing", "find_stuck"]
    assert replay.output["vaults"]["a"]["listed"] == 7
    assert replay.statuses[-1] == {
        "outcome": "swept", "since": START.isoformat(), "ended": replay.output["ended"], "listed": 7, "due": 0,
        "started": 0, "joined": 0, "settled": 0, "late": 0, "redriven": 0, "drifted": 0, "renewing": 0,
        "reported": 0, "unreachable": 0,
    }  # fmt: skip


def test_all_of_it_is_judged_by_the_moment_it_began() -> None:
    hub = Hub(a={"due": [f"s{n:03}" for n in range(40)]})
    hub.most, hub.busy_for = 4, 3
    replay = sweep(hub)
    assert {payload["since"] for name, payload in replay.calls if "since" in payload} == {START.isoformat()}
    assert replay.now > START + timedelta(minutes=1)


def test_no_more_are_at_work_than_may_be() -> None:
    hub = Hub(a={"due": [f"s{n:03}" for n in range(40)]})
    hub.most, hub.busy_for = 7, 2
    replay = sweep(hub)
    assert hub.busiest == 7
    assert sorted(started(replay)) == hub.vaults["a"]["due"]
    waiting = [status for status in replay.statuses if status.get("waitingFor") == "MAX_CONCURRENT_ROTATIONS"]
    assert waiting
    assert all(status["until"] for status in waiting)


def test_places_taken_in_one_generation_are_known_to_the_next() -> None:
    hub = Hub(a={"due": [f"s{n:03}" for n in range(30)]})
    hub.most, hub.busy_for = 5, 2
    sweep(hub)
    assert hub.busiest == 5


def test_waits_for_a_place_longer_each_time_but_not_for_ever() -> None:
    hub = Hub(a={"due": ["s1", "s2"]})
    hub.most, hub.busy_for = 1, 12
    replay = sweep(hub)
    assert started(replay) == ["s1", "s2"]
    assert replay.names().count("find_working") == 13
    assert replay.now - START < timedelta(minutes=25)


def test_its_history_and_its_state_stay_short() -> None:
    hub = Hub(
        **{
            f"vault-{n:02}": {"due": [f"s{n:03}" for n in range(90)], "wrong": [("w", "x" * 300)] * 20}
            for n in range(6)
        }
    )
    hub.most, hub.busy_for = 10, 0
    replay = sweep(hub)
    assert len(started(replay)) == 540
    assert len(replay.generations) == 6 + 6 * 4
    assert replay.longest < 200
    assert max(len(json.dumps(state)) for state in replay.generations) < 60_000
    assert len(replay.output["reported"]) == MOST_REPORTED
    assert replay.output["moreReported"] == 120 - MOST_REPORTED


def test_what_became_of_each_is_told() -> None:
    hub = Hub(a={"due": ["s1", "s2", "s3", "s4", "s5"], "wrong": [("odd", "tags: no")], "more": 3})
    hub.did = {"s2": "joined", "s3": "settled", "s4": "redriven", "s5": "reported"}
    output = sweep(hub).output
    assert output["vaults"]["a"] == {"listed": 0, "due": 5, "started": 1, "joined": 1, "settled": 1}
    assert output["redriven"] == 1
    assert [one["secret"] for one in output["reported"]] == ["odd", "s5"]
    assert output["moreReported"] == 3


def test_what_is_stuck_is_looked_for_once_everything_has_had_time_to_move() -> None:
    hub = Hub(a={})
    hub.stuck = [{"vault": "a", "secret": f"s{n}", "version": "v"} for n in range(9)]
    hub.most = 2
    replay = sweep(hub)
    first = next(payload for name, payload in replay.calls if name == "find_stuck")
    assert first["now"] >= (START + timedelta(minutes=10)).isoformat()
    assert replay.output["redriven"] == 9
    assert hub.busiest == 2
    assert replay.output["vaults"]["a"]["started"] == 0


def test_a_vault_that_cannot_be_reached_is_tried_again_then_told_and_stops_nobody() -> None:
    hub = Hub(a={"due": ["s1"]}, b={"due": ["s2"]})
    hub.answers["find_due"] = [retry("list secrets: no connection", budget=900.0)] * 12
    replay = sweep(hub)
    assert replay.output["unreachable"] == {"a": "find_due: gave up after attempt 12: list secrets: no connection"}
    assert started(replay) == ["s2"]


def test_a_vault_that_must_not_be_listed_is_told_at_once() -> None:
    hub = Hub(a={"due": ["s1"]}, b={"due": ["s2"]})
    hub.answers["find_due"] = [stop("refused", "list secrets: 403 Forbidden")]
    replay = sweep(hub)
    assert replay.output["unreachable"] == {"a": "find_due: list secrets: 403 Forbidden"}
    assert started(replay) == ["s2"]
    assert replay.now - START < timedelta(minutes=11)


def test_what_cannot_be_started_is_told_by_name_and_stops_nobody() -> None:
    hub = Hub(a={"due": ["s1", "s2"]}, b={"due": ["s3"]})
    hub.answers["start_rotations"] = [stop("failed", "unexpected KeyError at x.py:1")]
    replay = sweep(hub)
    assert [one["secret"] for one in replay.output["reported"]] == ["s1", "s2"]
    assert replay.output["vaults"]["b"]["started"] == 1


def test_what_fails_for_now_is_tried_again_alone_and_then_told() -> None:
    hub = Hub(a={"due": ["s1", "s2"]})
    again = [{"vault": "a", "secret": "s1", "reason": "get secret: 429 Throttled"}]
    told = [{"vault": "a", "secret": "s2", "did": "started", "reason": "", "instance": "s2"}]
    hub.answers["start_rotations"] = [
        done({"told": told, "again": again, "after": 40.0}),
        *[done({"told": [], "again": again, "after": 0.0})] * 4,
    ]
    replay = sweep(hub)
    assert started(replay) == ["s1", "s2", "s1", "s1", "s1", "s1"]
    times = [payload["now"] for name, payload in replay.calls if name == "start_rotations"]
    assert times[1] >= (START + timedelta(seconds=40)).isoformat()
    assert replay.output["vaults"]["a"]["started"] == 1
    assert replay.output["reported"] == [{"vault": "a", "secret": "s1", "reason": "get secret: 429 Throttled"}]


def test_a_worker_that_dies_costs_a_retry() -> None:
    hub = Hub(a={"due": ["s1"]})
    hub.answers = {name: [WorkerDiedError] for name in ("begin_sweep", "find_due", "start_rotations", "find_stuck")}
    replay = sweep(hub)
    assert replay.output["vaults"]["a"]["started"] == 1
    assert "Traceback" not in str(replay.statuses)


def test_a_sweep_that_cannot_begin_fails_and_says_why() -> None:
    hub = Hub(a={})
    hub.answers["begin_sweep"] = [stop("failed", "unexpected KeyError at x.py:1")]
    replay = Replay(HANDLER, hub, None).run()
    assert replay.error == "failed: begin_sweep: unexpected KeyError at x.py:1"
    assert replay.statuses[-1]["outcome"] == "failed"


@pytest.mark.parametrize("given", [{}, {"looks": 5}, [], "text", {"handedOver": "yesterday"}, {"handedOver": None}])
def test_whatever_somebody_starts_it_with_it_begins_anew(given: Any) -> None:
    assert sweep(Hub(a={}), given).output["outcome"] == "swept"


def test_a_restart_of_a_finished_sweep_begins_anew() -> None:
    hub = Hub(a={"due": ["s1"]})
    last = sweep(hub).generations[-1]
    again = Replay(HANDLER, hub, last, instance_id="sweep")
    again.now = START + timedelta(hours=1)
    assert again.run().names()[0] == "begin_sweep"


def test_certificates_and_keys_take_no_rotation_s_place() -> None:
    hub = Hub(a={"due": ["s1"], "ageing": [f"k{n:03}" for n in range(30)]})
    hub.most = 4
    replay = sweep(hub)
    renewed = [
        wish["secret"] for name, payload in replay.calls if name == "start_renewals" for wish in payload["wishes"]
    ]
    assert renewed == hub.vaults["a"]["ageing"]
    assert replay.output["renewing"] == 30
    assert replay.output["vaults"]["a"] == {"listed": 0, "due": 1, "started": 1, "joined": 0, "settled": 0}
    assert hub.busiest == 1
