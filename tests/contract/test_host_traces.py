"""The recorded scenarios, played on the embedded host and compared with what the real extension said.

Compared: what the orchestrator functions were sent (the last request of each generation holds all that the ones
before it did), how often they were called, and the answers of the management API: status, headers, body. Times,
ids and tracebacks are normalised; everything else must be equal, or be listed with its reason in `NOT_PLAYED`
and `DIFFERENCES`.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from dev.clock import VirtualClock
from dev.embedded_host import EmbeddedHost, episodes
from tests.contract.normalise import normalise

HERE = Path(__file__).parent
APPS = HERE.parent / "apps"

pytestmark = [
    pytest.mark.contract,
    pytest.mark.filterwarnings("ignore:Potential duplicate Task completion"),
]

NOT_PLAYED = {
    "s05_three_events_same_name_at_once": "which events share an episode is a matter of milliseconds",
    "s06e_entity_two_orchestrations": "two starts race; the second was not recorded",
    "s07_custom_status": "statuses between two real seconds; played in test_host_features",
    "s08c_event_after_continue_as_new": "the moment of the event was not recorded; played in test_host_features",
    "s10i_terminate_while_activity_runs": "needs an activity that still runs; played in test_host_features",
    "s12a_worker_killed_in_activity": "a worker's death is planted in test_host_crashes",
    "s12b_worker_killed_in_orchestrator": "a worker's death is planted in test_host_crashes",
    "s14a_fan_out_10": "the order in which parallel activities end is theirs",
    "s14b_fan_out_one_fails": "the order in which parallel activities end is theirs",
    "s19_create_and_wait": "waits for real seconds; played in test_host_management",
    "s22a_call_http_200": "calls a server of its own; played in test_host_features",
    "s22b_call_http_404": "calls a server of its own; played in test_host_features",
    "s22c_call_http_202_polling": "calls a server of its own; played in test_host_features",
    "s23_is_replaying": "an event races a timer",
    "s27d_return_with_open_entity_call": "an activity races an entity",
    "s28_stale_activity_result_after_reuse_of_id": "needs a slow activity; played in test_host_features",
}

TOO_LATE = "recorded within milliseconds; here everything has come to rest before the next request"
DIFFERENCES = {
    "s04a_timer": {
        "final plain.answer.output": "the virtual clock is exact, Azure Storage's timers are early",
        "final showHistory=true&showHistoryOutput=true": "the same",
    },
    "s04e_timers_0_2_3_seconds": {
        "final plain.answer.output": "the virtual clock is exact, Azure Storage's timers are early",
        "final showHistory=true&showHistoryOutput=true": "the same",
    },
    "s06b_entity_signal_and_read": {"list": "the recording's hub held an entity of an earlier scenario"},
    "s10a_start_on_existing_id": {
        "7_at_once_after": TOO_LATE,
        "16_after": TOO_LATE,
        "calls <guid>": "instances with ids of the host's making can't be told apart",
        "req <guid>": "the same",
    },
    "s10b_terminate": {"at_once": TOO_LATE},
    "s10c_suspend_resume": {
        "suspended_while_activity_ran": "needs an activity that still runs",
        "resumed_after_activity": "the same",
        "calls s10c3": "the same",
        "req s10c3": "the same",
    },
    "s10d_rewind": {"at_once": TOO_LATE},
    "s10e_restart": {
        "at_once": TOO_LATE,
        "calls <guid>": "instances with ids of the host's making can't be told apart",
        "req <guid>": "the same",
    },
    "s24_nondeterminism": {
        "final showHistory=true&showHistoryOutput=true": "the real one answers 500 to a history with one id twice"
    },
}

START = "orchestrators"
BEFORE: dict[str, dict[str, list[tuple[str, str | None]]]] = {
    "s10a_start_on_existing_id": {
        "5_completed/status": [("instances/s10a/raiseEvent/Go", '"x"')],
        "9_start_over_failed": [(f"{START}/uncaught/s10a_f", json.dumps("{}"))],
        "11_start_over_terminated": [
            (f"{START}/waits/s10a_t", None),
            ("instances/s10a_t/terminate?reason=x", None),
        ],
        "13_start_with_suspended/status": [
            (f"{START}/waits/s10a_s", None),
            ("instances/s10a_s/suspend?reason=x", None),
        ],
    },
    "s10c_suspend_resume": {
        "resume_running_not_suspended": [(f"{START}/waits/s10c2", None)],
        "terminate_suspended": [("instances/s10c2/suspend", None)],
    },
    "s10d_rewind": {"rewind_running": [(f"{START}/waits/s10d2", None)]},
    "s10e_restart": {
        "completed/status": [(f"{START}/one/s10e", json.dumps('{"n": 1}'))],
        "restart_failed_same_id": [(f"{START}/uncaught/s10e_f", json.dumps('{"q": 1}'))],
        "restart_running_same_id": [(f"{START}/waits/s10e_r", json.dumps('{"n": 7}'))],
        "restart_without_input": [(f"{START}/instant/s10e_n", None)],
    },
    "s10f_purge": {
        "purge": [(f"{START}/one/s10f", json.dumps('{"n": 1}'))],
        "purge_running": [(f"{START}/waits/s10f_r", None)],
        "purge_by_no_time": [
            *((f"{START}/one/s10f_m{n}", json.dumps(json.dumps({"n": n}))) for n in range(3)),
            (f"{START}/uncaught/s10f_mf", None),
        ],
    },
    "s18_letter_case": {"event_lower": [(f"{START}/waits/s18e", None)]},
}

SCENARIOS = sorted(path.stem for path in (HERE / "traces").glob("*.json"))


def differences(recorded: Any, got: Any, path: str) -> list[str]:
    """Say where a run differs from its recording."""
    if type(recorded) is not type(got):
        return [f"{path}: {recorded!r} became {got!r}"]
    if isinstance(recorded, dict):
        found = [f"{path}.{key}: missing" for key in recorded.keys() - got.keys()]
        found += [f"{path}.{key}: extra" for key in got.keys() - recorded.keys()]
        for key in recorded.keys() & got.keys():
            found += differences(recorded[key], got[key], f"{path}.{key}")
        return found
    if isinstance(recorded, list):
        found = [] if len(recorded) == len(got) else [f"{path}: {len(recorded)} items became {len(got)}"]
        for index, (one, other) in enumerate(zip(recorded, got, strict=False)):
            found += differences(one, other, f"{path}[{index}]")
        return found
    return [] if recorded == got else [f"{path}: {recorded!r} became {got!r}"]


class Player:
    """Plays recorded requests on a host and keeps what its orchestrators were sent."""

    def __init__(self, host: EmbeddedHost, sent: list[dict[str, Any]]) -> None:
        self.host = host
        self.sent = sent
        self._new_ids: dict[str, str] = {}

    def play(self, label: str, call: dict[str, Any]) -> list[str]:
        """Make a recorded request; say how the answer differs."""
        # Some ids are of the host's making; where the recording goes on with one, so does this.
        known = self._new_ids.get(label.replace("results", "bodies"), self._new_ids.get("last", ""))
        path = re.sub(r"[0-9a-f]{32}", known, call["path"])
        answer = asyncio.run(self._send(call["method"], path, call["body"], call["headers"], label))
        self.host.wait_idle()
        recorded = normalise({key: call[key] for key in ("status", "headers", "answer")})
        return differences(recorded, answer, label)

    def post(self, path: str, body: str | None) -> None:
        """Make a request that was not recorded but must have been made."""
        asyncio.run(self._send("POST", path, body, {}))
        self.host.wait_idle()

    async def _send(
        self, method: str, path: str, body: str | None, headers: dict[str, str], label: str = ""
    ) -> dict[str, Any]:
        content_type = {} if body is None else {"Content-Type": "application/json"}
        url = f"{self.host.url}/durabletask/{path}"
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, URL(url, encoded=True), data=body, headers=content_type) as response,
        ):
            text = await response.text()
            if response.status == 202 and text.startswith('{"id"'):
                self._new_ids[label] = self._new_ids["last"] = json.loads(text)["id"]
            kept = {name: response.headers[name] for name in headers if name in response.headers}
            return {
                "status": response.status,
                "headers": normalise(kept),
                "answer": normalise(json.loads(text)) if text else None,
            }

    def compare_requests(self, recorded: dict[str, Any]) -> list[str]:
        """Say how what the orchestrators were sent differs."""
        sent: dict[str, list[dict[str, Any]]] = {}
        for request in self.sent:
            sent.setdefault(normalise(request["instanceId"]), []).append(normalise(request))
        found = []
        for key, expected in recorded.items():
            mine = sent.get(key, [])
            ends = [
                request
                for number, request in enumerate(mine)
                if number + 1 == len(mine) or len(mine[number + 1]["history"]) <= len(request["history"])
            ]
            found += differences(expected["calls"], len(mine), f"calls {key}")
            found += differences(expected["last_of_generations"], ends, f"req {key}")
        return found


@pytest.fixture
def player(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Player]:
    sent: list[dict[str, Any]] = []
    original = episodes._request

    def spy(*arguments: Any, **keywords: Any) -> str:
        text = original(*arguments, **keywords)
        sent.append(json.loads(text))
        return text

    monkeypatch.setattr(episodes, "_request", spy)
    app = "traced_inputs" if request.node.callspec.params["name"].startswith("s30") else "traced"
    clock = VirtualClock(datetime(2026, 11, 21, 3, 37, 43, tzinfo=UTC))
    with EmbeddedHost(APPS / app, clock=clock) as host:
        yield Player(host, sent)


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in NOT_PLAYED])
def test_scenario_is_as_recorded(name: str, player: Player) -> None:
    recorded = json.loads((HERE / "traces" / f"{name}.json").read_text())
    found = player.play("start", recorded["start"]) if "start" in recorded else []
    for step in recorded["steps"]:
        for path, body in BEFORE.get(name, {}).get(step["label"], []):
            player.post(path, body)
        found += player.play(step["label"], step)
    for _ in range(20):
        player.host.advance(timedelta(seconds=3))
    found += player.compare_requests(recorded["requests"])
    for label, call in (recorded.get("final") or {}).items():
        found += player.play(f"final {label}", call)
    explained = tuple(DIFFERENCES.get(name, {}))
    assert [line for line in found if not line.startswith(explained)] == []


def test_every_exception_names_a_recording() -> None:
    assert set(NOT_PLAYED) | set(DIFFERENCES) | set(BEFORE) <= set(SCENARIOS)
