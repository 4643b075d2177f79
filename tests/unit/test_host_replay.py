"""The walk of actions against a history, by itself: no host, no SDK."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dev.embedded_host import history as h
from dev.embedded_host.decisions import Identity, Known, Outcome
from dev.embedded_host.history import Event
from dev.embedded_host.outcomes import Reply
from dev.embedded_host.replay import replay

pytestmark = pytest.mark.unit

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KNOWN = Known(frozenset({"a", "b"}), frozenset({"child"}), frozenset({"counter"}))
SELF = Identity("id", "execution", "orchestrator")


def _walk(actions: list[dict[str, Any]], *events: Event, done: bool = False, error: str | None = None) -> Outcome:
    started = h.execution_started(NOW, name="orchestrator", instance_id="id", execution_id="execution", input_text=None)
    reply = Reply(actions=actions, is_done=done, error=error, output=1 if done else None)
    return replay(SELF, reply, [h.orchestrator_started(NOW), started, *events], KNOWN, NOW)


def _activity(name: str) -> dict[str, Any]:
    return {"actionType": 0, "functionName": name, "input": "1"}


def _timer(**fields: Any) -> dict[str, Any]:
    return {"actionType": 5, "fireAt": "2026-01-01T00:01:00Z", "isCanceled": False, **fields}


def test_only_the_first_open_action_is_scheduled() -> None:
    assert [decision.name for decision in _walk([_activity("a"), _activity("b")]).decisions] == ["a"]


def test_what_the_history_has_is_not_scheduled_again() -> None:
    outcome = _walk(
        [_activity("a"), _activity("b")], h.task_scheduled(NOW, 0, "a", None), h.task_completed(NOW, 0, "1")
    )
    assert [(decision.event_id, decision.name) for decision in outcome.decisions] == [(1, "b")]


def test_an_unknown_activity_is_skipped_and_consumes_no_id() -> None:
    assert [decision.event_id for decision in _walk([_activity("nope"), _activity("a")]).decisions] == [0]


def test_an_open_task_holds_back_the_end() -> None:
    actions = [{"actionType": 11, "compoundActions": [_activity("a"), _activity("b")]}]
    scheduled = [h.task_scheduled(NOW, 0, "a", None), h.task_scheduled(NOW, 1, "b", None)]
    first = h.task_completed(NOW, 0, "1")
    assert _walk(actions, *scheduled, first, done=True).completion is None
    completion = _walk(actions, *scheduled, first, h.task_completed(NOW, 1, "2"), done=True).completion
    assert completion is not None
    assert (completion.status, completion.event_id, completion.result) == ("Completed", 2, "1")


def test_a_cancelled_timer_is_over_at_once_but_recorded() -> None:
    outcome = _walk([_timer(isCanceled=True), _activity("a")])
    assert [decision.kind for decision in outcome.decisions] == ["timer", "task"]


def test_an_event_that_comes_by_after_continue_as_new_is_carried_over() -> None:
    actions = [_timer(isCanceled=True), {"actionType": 4, "input": "2"}]
    raised = h.event_raised(NOW, "E", "1")
    completion = _walk(actions, h.timer_created(NOW, 0, NOW), raised, done=True).completion
    assert completion is not None
    assert (completion.status, completion.carried_over) == ("ContinuedAsNew", [raised])


def test_a_different_activity_is_non_determinism() -> None:
    completion = _walk([_activity("b")], h.task_scheduled(NOW, 0, "a", None)).completion
    assert completion is not None
    assert completion.result is not None
    assert completion.result.startswith("Non-Deterministic workflow detected: A previous execution")


def test_retries_end_with_a_timer_that_fires_at_once() -> None:
    retrying = {
        "actionType": 1,
        "functionName": "a",
        "input": "1",
        "retryOptions": {"firstRetryIntervalInMilliseconds": 500, "maxNumberOfAttempts": 1},
    }
    failed = h.task_failed(NOW, 0, "r", "d")
    outcome = _walk([{"actionType": 12, "compoundActions": [retrying]}], h.task_scheduled(NOW, 0, "a", None), failed)
    assert [(decision.kind, decision.fire_at) for decision in outcome.decisions] == [("timer", NOW)]


def test_a_timer_beyond_six_days_goes_in_pieces_of_three() -> None:
    outcome = _walk([_timer(fireAt="2026-01-11T00:00:00Z")])
    assert outcome.decisions[0].fire_at == NOW + timedelta(days=3)


def test_suspension_holds_back_decisions_and_the_end() -> None:
    events = [h.task_scheduled(NOW, 0, "a", None), h.suspended(NOW, "x"), h.task_completed(NOW, 0, "1")]
    suspended = _walk([_activity("a"), _activity("b")], *events)
    assert (suspended.suspended, suspended.decisions, suspended.completion) == (True, [], None)
    resumed = _walk([_activity("a"), _activity("b")], *events, h.resumed(NOW, "y"))
    assert [decision.name for decision in resumed.decisions] == ["b"]
