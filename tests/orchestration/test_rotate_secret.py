"""`rotate_secret` replayed by the SDK's executor: order, waiting, budgets, events and compensation."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from orchestrations.rotate_secret import rotate_secret
from rotation.model import Witness
from rotation.outcomes import OutcomeName
from rotation.plan import Plan
from rotation.policy import Verification
from tests.orchestration.replay import START, Replay, WorkerDiedError

pytestmark = pytest.mark.orchestration

HANDLER = rotate_secret._function._func
REQUEST = {"vault": "demo-kv.vault.azure.net", "secret": "storage-key", "version": "a" * 32}
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def plan(**changes: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "rotation_id": "rotate-demo-kv-storage-key-0123456789abcdef",
        "vault": REQUEST["vault"],
        "secret": REQUEST["secret"],
        "version": REQUEST["version"],
        "previous_version": REQUEST["version"],
        "provider": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/demo",
        "probe_endpoint": "https://demo.blob.core.windows.net/",
        "verification": Verification.BEST_EFFORT,
        "validity_days": 90,
        "grace_seconds": 86_400.0,
        "slot": "key2",
        "witness": Witness("0123456789abcdef", CREATED),
        "outcome": OutcomeName.ROTATED,
        "live_slot": "key1",
        "regenerate": True,
    }
    return Plan(**(fields | changes)).to_json()


def done(value: dict[str, Any]) -> dict[str, Any]:
    return {"status": "done", "value": value}


def retry(reason: str = "busy", **fields: Any) -> dict[str, Any]:
    return {"status": "retry", "reason": reason, "after": None, "budget": None, "fallback": None} | fields


def stop(outcome: str, reason: str = "because") -> dict[str, Any]:
    return {"status": "stop", "outcome": outcome, "reason": reason}


class Script:
    """Activities that do what they should, unless told what to answer first."""

    def __init__(self, the_plan: dict[str, Any], **answers: list[Any]) -> None:
        self.plan = the_plan
        self.answers = answers
        self.versions = 0

    def __call__(self, name: str, payload: Mapping[str, Any]) -> Any:
        if self.answers.get(name):
            answer = self.answers[name].pop(0)
            if isinstance(answer, type):
                raise answer
            return answer
        match name:
            case "read_metadata":
                return done(self.plan)
            case "find_neighbours":
                return done({"neighbours": [], "free_from": START.isoformat()})
            case "regenerate_key":
                return done({"regenerated": True})
            case "verify_key":
                return done({"fingerprint": f"of-{payload['slot']}", "verified": "data-plane", "note": ""})
            case "swap_slot":
                return done({"retired": True})
            case _:
                self.versions += 1
                return done({"version": f"{self.versions:032x}", "expires_on": "2026-10-23T01:08:33+00:00"})


def run(the_plan: dict[str, Any] | None = None, **options: Any) -> Replay:
    answers = options.pop("answers", {})
    replay = Replay(HANDLER, Script(the_plan or plan(), **answers), REQUEST, **options).run()
    replay.replay_every_prefix()
    return replay


def retiring(**changes: Any) -> dict[str, Any]:
    return plan(retire_slot="key1", retire_witness=Witness("fedcba9876543210", CREATED), **changes)


def test_plain_rotation_takes_the_steps_in_order() -> None:
    replay = run()
    assert replay.names() == ["read_metadata", "find_neighbours", "regenerate_key", "verify_key", "write_version"]
    assert replay.output["outcome"] == "rotated"
    assert replay.output["slot"] == "key2"
    assert replay.output["verified"] == "data-plane"
    assert replay.output["version"] == f"{1:032x}"
    assert replay.statuses[-1] == replay.output


def test_a_version_that_had_expired_is_told_as_late() -> None:
    assert run(plan(late=True)).output["late"] is True
    assert "late" not in run().output


def test_each_step_is_told_what_the_one_before_found() -> None:
    calls = dict(run().calls)
    assert calls["regenerate_key"]["expected_version"] == REQUEST["version"]
    assert calls["write_version"]["fingerprint"] == "of-key2"
    assert calls["write_version"]["interim"] is False
    assert calls["read_metadata"]["request"]["version"] == REQUEST["version"]
    assert calls["read_metadata"]["now"] == START.isoformat()


def test_adopted_key_is_not_regenerated() -> None:
    assert run(plan(regenerate=False)).names() == ["read_metadata", "verify_key", "write_version"]


@pytest.mark.parametrize("outcome", ["not_due", "superseded", "skipped"])
def test_ends_early_without_failing(outcome: str) -> None:
    replay = run(answers={"read_metadata": [stop(outcome)]})
    assert replay.output["outcome"] == outcome
    assert replay.output["reason"] == "read_metadata: because"
    assert replay.names() == ["read_metadata"]


@pytest.mark.parametrize("outcome", ["refused", "failed"])
@pytest.mark.parametrize("step", ["read_metadata", "regenerate_key", "verify_key", "write_version"])
def test_refused_or_failed_step_fails_the_instance_and_says_why(step: str, outcome: str) -> None:
    replay = run(answers={step: [stop(outcome)]})
    assert replay.error == f"{outcome}: {step}: because"
    assert replay.statuses[-1]["outcome"] == outcome
    assert replay.statuses[-1].get("passes") is (False if outcome == "failed" else None)
    assert replay.names()[-1] == step


def test_input_that_is_no_request_is_refused_with_every_complaint() -> None:
    replay = Replay(HANDLER, Script(plan()), {"vault": "nonsense", "secret": "?", "version": 1}).run()
    assert replay.error is not None
    assert all(field in replay.error for field in ("vault", "secret", "version"))
    assert replay.calls == []


def test_retry_waits_longer_each_time_and_shows_until_when() -> None:
    replay = run(answers={"regenerate_key": [retry("429 TooManyRequests")] * 4})
    attempts = [payload["now"] for name, payload in replay.calls if name == "regenerate_key"]
    times = [datetime.fromisoformat(text) for text in attempts]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps == sorted(gaps)
    assert gaps[0] >= timedelta(seconds=2)
    waiting = [status for status in replay.statuses if status.get("waitingFor") == "429 TooManyRequests"]
    assert [status["attempt"] for status in waiting] == [1, 2, 3, 4]
    assert all(datetime.fromisoformat(status["until"]) > START for status in waiting)
    assert replay.output["outcome"] == "rotated"


def test_retry_after_is_honoured_even_when_timers_fire_early() -> None:
    replay = run(answers={"regenerate_key": [retry(after=40.0)]}, early=timedelta(seconds=1))
    first, second = (payload["now"] for name, payload in replay.calls if name == "regenerate_key")
    assert datetime.fromisoformat(second) - datetime.fromisoformat(first) >= timedelta(seconds=40)


def test_dead_worker_is_retried_and_its_traceback_stays_out_of_the_status() -> None:
    replay = run(answers={"write_version": [WorkerDiedError, WorkerDiedError]})
    assert replay.output["outcome"] == "rotated"
    assert "Traceback" not in str(replay.statuses)


def test_spent_budget_fails_with_the_last_reason() -> None:
    replay = run(answers={"regenerate_key": [retry("503 ServerBusy")] * 500})
    assert replay.error is not None
    assert replay.error.startswith("failed: regenerate_key: gave up")
    assert "503 ServerBusy" in replay.error
    assert replay.statuses[-1]["passes"] is True
    assert timedelta(minutes=50) < replay.now - START < timedelta(minutes=65)


def test_spent_budget_goes_on_with_the_fallback_where_there_is_one() -> None:
    proof = {"fingerprint": "of-key2", "verified": "control-plane", "note": "403 AuthorizationFailure"}
    replay = run(answers={"verify_key": [retry("firewall", budget=15.0, fallback=proof)] * 50})
    assert replay.output["verified"] == "control-plane"
    assert replay.output["note"] == "403 AuthorizationFailure"
    assert replay.now - START < timedelta(seconds=20)


def test_throttled_step_is_waited_for_as_long_as_a_long_queue_takes() -> None:
    throttled = retry("429 TooManyRequests", after=1200.0, throttled=True)
    # Replaying every prefix of so long a history would take minutes, and adds nothing to what shorter ones show.
    replay = Replay(HANDLER, Script(plan(), regenerate_key=[throttled] * 30), REQUEST).run()
    assert replay.output["outcome"] == "rotated"
    assert replay.now - START > 10 * HOUR
    replay = Replay(HANDLER, Script(plan(), regenerate_key=[throttled] * 50), REQUEST).run()
    assert replay.error is not None
    assert replay.now - START < 12 * HOUR


def test_what_an_attempt_wants_remembered_is_told_to_all_later_ones() -> None:
    under_way = retry("under way", budget=6 * 3600.0, memo={"accepted_at": "then"})
    replay = run(answers={"regenerate_key": [under_way, *[retry("503", after=1200.0)] * 5]})
    assert replay.now - START > 1.5 * HOUR, "a hiccup is judged by the long wait that it interrupts"
    told = [payload.get("accepted_at") for name, payload in replay.calls if name == "regenerate_key"]
    assert told == [None, *["then"] * 6]
    assert replay.output["outcome"] == "rotated"


def test_slot_that_changes_after_verification_is_verified_again() -> None:
    replay = run(answers={"write_version": [done({"changed": True})]})
    assert replay.names()[-4:] == ["verify_key", "write_version", "verify_key", "write_version"]
    assert replay.output["outcome"] == "rotated"


def test_slot_that_keeps_changing_fails() -> None:
    replay = run(answers={"write_version": [done({"changed": True})] * 10})
    assert replay.error is not None
    assert "regenerated by somebody else" in replay.error
    assert replay.statuses[-1]["passes"] is True


def test_previous_slot_is_retired_only_after_the_grace() -> None:
    replay = run(retiring(grace_seconds=48 * 3600.0))
    assert replay.names()[-1] == "swap_slot"
    assert datetime.fromisoformat(replay.calls[-1][1]["now"]) - START >= 48 * HOUR
    assert replay.output["retired"] is True


def test_grace_of_months_needs_no_long_timer_and_is_not_a_moment_short() -> None:
    replay = run(retiring(grace_seconds=40 * 86_400.0), early=timedelta(seconds=1))
    timers = [event for event in replay.history if event["EventType"] == 10]
    assert len(timers) >= 40 / 3
    assert datetime.fromisoformat(replay.calls[-1][1]["now"]) - START >= timedelta(days=40)


def test_consumers_ready_ends_the_grace_and_leaves_no_timer_open() -> None:
    replay = run(retiring(), events=[(START + HOUR, "ConsumersReady", None)])
    assert replay.names()[-1] == "swap_slot"
    assert replay.now - START < timedelta(hours=2)
    assert replay._pending == []


def test_consumers_ready_may_come_before_the_grace() -> None:
    replay = run(retiring(), events=[(START + timedelta(milliseconds=60), "ConsumersReady", {"by": "deploy"})])
    assert replay.names()[-1] == "swap_slot"
    assert replay.now - START < HOUR


def test_rollback_restores_the_previous_version_and_fails_visibly() -> None:
    replay = run(retiring(), events=[(START + HOUR, "Rollback", None)])
    assert replay.names()[-1] == "restore_version"
    assert "swap_slot" not in replay.names()
    assert replay.error == f"failed: rolled back on request: {REQUEST['version']} restored"
    assert replay.statuses[-1]["passes"] is False
    assert replay.calls[-1][1]["version"] == f"{1:032x}"
    assert replay.statuses[-1]["version"] == f"{2:032x}"


def test_rollback_that_cannot_be_done_says_so() -> None:
    events = [(START + HOUR, "Rollback", None)]
    replay = run(retiring(), events=events, answers={"restore_version": [stop("refused", "its key is dead")]})
    assert replay.error == "refused: restore_version: its key is dead"


def test_unfinished_retirement_is_resumed_where_it_was() -> None:
    the_plan = retiring(publish=False, regenerate=False, slot="key2", live_slot="key2", retire_at=START + 5 * HOUR)
    replay = run(the_plan)
    assert replay.names() == ["read_metadata", "find_neighbours", "swap_slot"]
    assert replay.now - START >= 5 * HOUR


def test_slot_that_could_not_be_retired_is_told() -> None:
    replay = run(retiring(), answers={"swap_slot": [done({"retired": False, "note": "lives there again"})]})
    assert replay.output["retired"] is False
    assert replay.output["note"] == "lives there again"


def free(at: datetime) -> dict[str, Any]:
    return done({"neighbours": [], "free_from": at.isoformat()})


def test_slot_that_others_have_just_left_is_regenerated_when_their_grace_is_over() -> None:
    replay = run(answers={"find_neighbours": [free(START + 5 * HOUR)]})
    assert replay.names()[:4] == ["read_metadata", "find_neighbours", "find_neighbours", "regenerate_key"]
    regenerate = next(payload for name, payload in replay.calls if name == "regenerate_key")
    assert datetime.fromisoformat(regenerate["now"]) - START >= 5 * HOUR


def test_slot_is_looked_at_again_after_each_wait_of_its_regeneration() -> None:
    answers = {"regenerate_key": [retry()], "find_neighbours": [free(START), free(START + 5 * HOUR)]}
    replay = run(answers=answers)
    assert replay.names()[:5] == [
        "read_metadata", "find_neighbours", "regenerate_key", "find_neighbours", "find_neighbours",
    ]  # fmt: skip
    regenerated = [payload["now"] for name, payload in replay.calls if name == "regenerate_key"]
    assert datetime.fromisoformat(regenerated[-1]) - START >= 5 * HOUR
    assert replay.output["outcome"] == "rotated"


def test_slot_that_others_have_just_left_is_retired_when_their_grace_is_over() -> None:
    replay = run(retiring(), answers={"find_neighbours": [free(START), free(START + 40 * HOUR)]})
    assert replay.names()[-3:] == ["find_neighbours", "find_neighbours", "swap_slot"]
    assert replay.now - START >= 40 * HOUR
    assert replay.output["retired"] is True


def test_slot_that_others_keep_leaving_is_not_retired() -> None:
    leaving = [free(START), *(free(START + days * 24 * HOUR) for days in range(2, 6))]
    replay = run(retiring(), answers={"find_neighbours": leaving})
    assert "swap_slot" not in replay.names()
    assert replay.output["retired"] is False
    assert replay.output["outcome"] == "rotated"


def test_pinned_secret_leaves_its_slot_for_a_grace_and_comes_home() -> None:
    replay = run(plan(slot="key1", interim_slot="key2"))
    assert replay.names() == [
        "read_metadata", "verify_key", "write_version", "find_neighbours", "find_neighbours", "regenerate_key",
        "verify_key", "write_version",
    ]  # fmt: skip
    writes = [payload for name, payload in replay.calls if name == "write_version"]
    assert [(write["slot"], write["interim"]) for write in writes] == [("key2", True), ("key1", False)]
    regenerate = next(payload for name, payload in replay.calls if name == "regenerate_key")
    assert regenerate["expected_version"] == writes[1]["expected_version"] == f"{1:032x}"
    assert datetime.fromisoformat(regenerate["now"]) - START >= 24 * HOUR
    assert replay.output["slot"] == "key1"


def test_pinned_secret_rolled_back_in_its_grace_keeps_its_slot() -> None:
    replay = run(plan(slot="key1", interim_slot="key2"), events=[(START + HOUR, "Rollback", None)])
    assert "regenerate_key" not in replay.names()
    assert replay.names()[-1] == "restore_version"


def test_slot_that_consumers_may_still_hold_is_waited_for() -> None:
    replay = run(plan(not_before=START + 6 * HOUR))
    regenerate = next(payload for name, payload in replay.calls if name == "regenerate_key")
    assert datetime.fromisoformat(regenerate["now"]) >= START + 6 * HOUR
    waiting = [status for status in replay.statuses if status.get("waitingFor")]
    assert waiting[0]["until"] == (START + 6 * HOUR).isoformat()
    assert replay.lock.log == ["acquire", "release", "acquire", "release"], "not held while nothing is done"


def test_status_shows_the_step_in_hand_and_what_it_is_about() -> None:
    steps = [status.get("step") for status in run(retiring()).statuses]
    assert list(dict.fromkeys(steps)) == [
        "read_metadata", "find_neighbours", "regenerate_key", "verify_key", "write_version", "grace", "swap_slot", None,
    ]  # fmt: skip
    status = next(status for status in run().statuses if status["step"] == "regenerate_key")
    assert status["vault"] == REQUEST["vault"]
    assert status["secret"] == REQUEST["secret"]
    assert status["slot"] == "key2"
    assert status["attempt"] == 1
