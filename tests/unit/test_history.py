"""Histories folded into steps: recorded ones of the real extension, and ones in its shapes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rotation.actions import OPEN_GRACE
from rotation.history import Step, fold
from rotation.instance import Instance

pytestmark = pytest.mark.unit

TRACES = Path(__file__).parents[1] / "contract" / "traces"
START = datetime(2026, 7, 25, 1, 8, tzinfo=UTC)


# --- recorded


def recorded(name: str) -> list[dict[str, Any]]:
    """Return the status payloads with a history that a trace holds."""

    def walk(value: Any) -> Iterator[dict[str, Any]]:
        if isinstance(value, dict):
            if value.get("historyEvents") and "runtimeStatus" in value:
                yield value
            value = list(value.values())
        if isinstance(value, list):
            for each in value:
                yield from walk(each)

    # Their times were taken out, so that they can be compared with others.
    text = (TRACES / name).read_text(encoding="utf-8").replace("<time>", stamp(START))
    return list(walk(json.loads(text)))


def last(name: str) -> list[Step]:
    return fold(Instance.from_json(recorded(name)[-1]))


@pytest.mark.parametrize("name", sorted(path.name for path in TRACES.glob("s*.json")))
def test_whatever_the_real_extension_told_can_be_folded(name: str) -> None:
    for payload in recorded(name):
        instance = Instance.from_json(payload)
        for step in fold(instance):
            assert step.ended is None or step.ended >= step.started
            assert json.dumps(step.to_json())
            assert instance.is_in_hand or step.result != "running"


def test_a_worker_s_death_as_recorded() -> None:
    step = last("s12a_worker_killed_in_activity.json")[0]
    assert (step.name, step.result, step.attempts) == ("slow", "died", 1)
    assert step.reason == "the worker stopped before it answered"


def test_an_end_in_mid_activity_as_recorded() -> None:
    step = last("s10i_terminate_while_activity_runs.json")[0]
    assert (step.name, step.result) == ("slow", "stop")
    assert step.ended is not None


def test_activities_one_after_the_other_as_recorded() -> None:
    steps = last("s01_five.json")
    assert [(step.name, step.result) for step in steps] == [("step", "done")] * 5


# --- in the shapes of the recorded ones


class Told:
    """Writes a history, a second an event."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.now = START

    def _add(self, kind: str, **fields: Any) -> "Told":
        self.now += timedelta(seconds=1)
        self.events.append({"EventType": kind, "Timestamp": stamp(self.now), **fields})
        return self

    def answered(self, name: str, **answer: Any) -> "Told":
        begun = self.now.isoformat()
        return self._add("TaskCompleted", FunctionName=name, ScheduledTime=begun, Result=answer or {"status": "done"})

    def died(self, name: str) -> "Told":
        begun = self.now.isoformat()
        return self._add("TaskFailed", FunctionName=name, ScheduledTime=begun, Reason="exited", Details="Traceback …")

    def runs(self, name: str) -> "Told":
        return self._add("TaskScheduled", Name=name)

    def asks(self, operation: str) -> "Told":
        message = json.dumps({"$type": "…RequestMessage…", "op": operation, "input": "{}", "id": "1"})
        self._add("EventSent", InstanceId="@resourcelock@store-0", Name="op", Input=message)
        return self._add("EventRaised", Name="8fafb222", Input="{}") if operation == "acquire" else self

    def waits(self, span: timedelta = timedelta(minutes=1), *, fires: bool = True) -> "Told":
        due = stamp(self.now + span)
        self._add("TimerCreated", FireAt=due)
        if fires:
            created = self.events[-1]["Timestamp"]
            self.events.append({"EventType": "TimerFired", "Timestamp": created, "FireAt": due})
            self.now += span
        return self

    def hears(self, name: str) -> "Told":
        return self._add("EventRaised", Name=name, Input='"{}"')

    def steps(self, status: str = "Running", **facts: Any) -> list[Step]:
        return fold(Instance("rotate-x", status, START, self.now, facts=facts, history=self.events))


def stamp(moment: datetime) -> str:
    """Write a time as .NET does: ticks, and a Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "1Z"


def brief(steps: list[Step]) -> list[tuple[str, int, str]]:
    return [(step.name, step.attempts, step.result) for step in steps]


RETRY = {"status": "retry", "reason": "503 ServerBusy"}


def test_retries_are_attempts_of_one_step() -> None:
    told = Told().answered("regenerate_key", **RETRY).waits().answered("regenerate_key", **RETRY).waits(fires=False)
    assert brief(told.steps()) == [("regenerate_key", 2, "retry")]
    assert told.steps()[0].reason == "503 ServerBusy"
    assert told.steps()[0].ended is None
    told = told.answered("regenerate_key")
    assert brief(told.steps()) == [("regenerate_key", 3, "done")]
    assert told.steps()[0].reason is None
    assert told.steps()[0].started == START


def test_a_lock_kept_between_two_attempts_does_not_part_them() -> None:
    told = Told().answered("verify_key", **RETRY).waits().asks("acquire").answered("verify_key")
    assert brief(told.steps()) == [("verify_key", 2, "done")]


def test_the_same_activity_done_twice_is_two_steps() -> None:
    assert brief(Told().answered("find_neighbours").answered("find_neighbours").steps()) == [
        ("find_neighbours", 1, "done"),
        ("find_neighbours", 1, "done"),
    ]


def test_a_worker_that_died_costs_an_attempt() -> None:
    told = Told().died("verify_key")
    assert brief(told.steps()) == [("verify_key", 1, "died")]
    assert brief(told.waits().answered("verify_key").steps()) == [("verify_key", 2, "done")]


def test_what_runs_is_running_and_has_no_end() -> None:
    steps = Told().answered("read_metadata").runs("regenerate_key").steps()
    assert brief(steps)[-1] == ("regenerate_key", 1, "running")
    assert "endedTime" not in steps[-1].to_json()


def test_a_step_that_ended_the_rotation_says_how() -> None:
    told = Told().answered("write_version", status="stop", outcome="superseded", reason="written meanwhile")
    step = told.steps("Completed")[-1]
    assert (step.result, step.outcome, step.reason) == ("stop", "superseded", "written meanwhile")


def test_waiting_for_the_lock_is_a_step_with_an_attempt_for_each_question() -> None:
    told = Told().answered("read_metadata")
    for _ in range(3):
        told = told.asks("acquire").waits()
    assert brief(told.steps(waitingFor="rotate-other, which holds store"))[-1] == ("lock", 3, "running")
    assert told.steps(waitingFor="rotate-other, which holds store")[-1].reason == "rotate-other, which holds store"
    told = told.asks("acquire").answered("read_metadata")
    assert brief(told.steps()) == [("read_metadata", 1, "done"), ("lock", 3, "done"), ("read_metadata", 1, "done")]


def test_an_event_that_comes_while_the_lock_is_waited_for_does_not_end_that() -> None:
    told = Told().answered("read_metadata").asks("acquire").waits(fires=False).hears("ConsumersReady")
    assert brief(told.steps())[-1] == ("lock", 1, "running")


def test_a_lock_got_at_once_is_no_step() -> None:
    assert brief(Told().answered("read_metadata").asks("acquire").answered("find_neighbours").steps()) == [
        ("read_metadata", 1, "done"),
        ("find_neighbours", 1, "done"),
    ]


def in_grace() -> Told:
    return Told().answered("write_version").asks("release")


def test_a_grace_of_many_timers_is_one_step() -> None:
    told = in_grace()
    for _ in range(4):
        told = told.waits(timedelta(days=3))
    told = told.waits(timedelta(days=3), fires=False)
    step = told.steps(waitingFor=OPEN_GRACE)[-1]
    assert (step.name, step.result, step.ended, step.reason) == ("grace", "running", None, OPEN_GRACE)


def test_a_grace_ends_when_its_last_timer_fires() -> None:
    told = in_grace().waits(timedelta(days=2)).asks("acquire").answered("find_neighbours")
    grace = told.steps()[1]
    assert (grace.name, grace.result, grace.reason) == ("grace", "done", None)
    assert grace.ended is not None
    assert grace.ended - grace.started >= timedelta(days=2) - timedelta(seconds=1)


@pytest.mark.parametrize("name", ["ConsumersReady", "Rollback"])
def test_a_grace_that_was_cut_short_says_by_what(name: str) -> None:
    told = in_grace().waits(timedelta(days=2), fires=False).hears(name).asks("acquire").answered("swap_slot")
    grace = told.steps()[1]
    assert (grace.name, grace.result, grace.reason) == ("grace", "done", name)
    assert brief(told.steps())[-1] == ("swap_slot", 1, "done")


CLOSED = {"status": "done", "value": {"closed": True}}
ASKS = {"status": "done", "value": {"approval_seconds": 60.0}}


def neighbours(**fields: Any) -> dict[str, Any]:
    return {"status": "done", "value": {"neighbours": [{"secret": "other", **fields}], "free_from": ""}}


@pytest.mark.parametrize(
    ("told", "name"),
    [
        (Told().answered("regenerate_key", **CLOSED), "window"),
        (Told().answered("write_version", **CLOSED), "window"),
        (Told().answered("find_neighbours", **neighbours(opens="2026-07-26T00:00:00+00:00")), "window"),
        (Told().answered("find_neighbours", **neighbours(opens=None)), "grace"),
        (Told().answered("find_window"), "grace"),
        (Told().answered("find_window").answered("find_window"), "window"),
        (Told().answered("read_metadata", **ASKS), "approval"),
        (Told().answered("find_neighbours", **neighbours(approval_seconds=60.0)), "approval"),
        (Told().answered("find_neighbours", status="done", value={"neighbours": [3]}), "grace"),
    ],
)
def test_a_wait_is_called_what_the_answer_before_it_called_for(told: Told, name: str) -> None:
    step = told.asks("release").waits(timedelta(days=3)).waits(timedelta(days=3), fires=False).steps()[-1]
    assert (step.name, step.result, step.ended) == (name, "running", None)


def test_what_an_instance_says_of_its_own_wait_counts() -> None:
    told = Told().answered("find_window").answered("find_window").waits(fires=False)
    assert told.steps(step="grace", waitingFor=OPEN_GRACE)[-1].name == "grace"


@pytest.mark.parametrize("name", ["Approve", "Reject"])
def test_an_answer_ends_the_question_and_no_grace(name: str) -> None:
    told = Told().answered("read_metadata", **ASKS).waits(fires=False).hears(name).answered("read_metadata", **ASKS)
    approval = told.steps()[1]
    assert (approval.name, approval.result, approval.reason) == ("approval", "done", name)
    told = told.asks("acquire").answered("write_version").asks("release").waits(fires=False).hears(name)
    assert brief(told.steps())[-1] == ("grace", 1, "running")


def test_what_is_planned_anew_after_a_wait_is_a_step_of_its_own() -> None:
    told = Told().answered("read_metadata").answered("regenerate_key", **CLOSED).waits().answered("read_metadata")
    assert [(step.name, step.result) for step in told.steps()] == [
        ("read_metadata", "done"), ("regenerate_key", "done"), ("window", "done"), ("read_metadata", "done"),
    ]  # fmt: skip


def test_a_step_that_has_spent_its_time_has_ended() -> None:
    told = Told().answered("regenerate_key", **RETRY).waits().answered("regenerate_key", **RETRY)
    step = told.steps("Failed", outcome="failed")[-1]
    assert (step.result, step.reason, step.ended) == ("stop", "503 ServerBusy", told.now)


def test_a_step_that_has_spent_its_time_and_is_gone_on_from_has_ended() -> None:
    unproven = RETRY | {"fallback": {"verified": "control-plane"}}
    told = Told().answered("verify_key", **unproven).waits().answered("verify_key", **unproven)
    step = told.answered("write_version").steps()[0]
    assert (step.name, step.attempts, step.result, step.reason) == ("verify_key", 2, "done", "503 ServerBusy")


def test_a_step_that_another_look_has_come_between_is_to_be_repeated() -> None:
    told = Told().answered("regenerate_key", **RETRY).waits().answered("find_neighbours").answered("regenerate_key")
    assert [step.result for step in told.steps()] == ["retry", "done", "done"]


def test_a_grace_in_which_the_instance_was_ended_stops_there() -> None:
    told = in_grace().waits(timedelta(days=2), fires=False)
    step = told.steps("Terminated")[-1]
    assert (step.name, step.result) == ("grace", "stop")
    assert step.ended == told.now


def test_other_entities_and_events_are_no_steps() -> None:
    told = Told().hears("Nonsense")._add("EventSent", InstanceId="@parkedevents@all", Input="not json")
    assert told._add("ExecutionSuspended")._add("GenericEvent", Data="rewound").steps() == []


def test_an_odd_result_is_taken_for_done() -> None:
    assert brief(Told().answered("verify_key", status=3).steps()) == [("verify_key", 1, "done")]
