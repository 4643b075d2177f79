"""An instance's history, folded into the steps that people know: what was tried how often, and what came of it.

The Durable status API tells of activities, timers and messages to and from entities. Attempts of one activity in a row
are one step. A timer after an activity that is to be tried again belongs to it; one after the account's lock was asked
for is a wait for the lock; any other is a wait for a window or for approval if the answer before it called for one,
and else a grace.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rotation.actions import APPROVE, CONSUMERS_READY, REJECT, ROLLBACK
from rotation.instance import APPROVAL, GRACE, WAITS, WINDOW, Instance

LOCK = "lock"
_ENDS = {CONSUMERS_READY: GRACE, ROLLBACK: GRACE, APPROVE: APPROVAL, REJECT: APPROVAL}
"""Which wait each of the external events ends."""
_LOCK_ENTITY = "@resourcelock@"


@dataclass
class Step:
    """One step of a rotation."""

    name: str
    """An activity, or a wait: `lock`, `grace`, `window` or `approval`."""
    started: datetime
    ended: datetime | None = None
    attempts: int = 1
    result: str = "running"
    """`done`, `retry` (its last attempt is to be repeated), `stop` (the rotation ended here), `running` or `died`."""
    reason: str | None = None
    outcome: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what the HTTP API shows."""
        shown = {
            "step": self.name,
            "startedTime": shown_time(self.started),
            "endedTime": shown_time(self.ended) if self.ended else None,
            "attempts": self.attempts,
            "result": self.result,
            "reason": self.reason,
            "outcome": self.outcome,
        }
        return {name: value for name, value in shown.items() if value is not None}


def shown_time(moment: datetime) -> str:
    """Write a moment as the HTTP API does: UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def fold(instance: Instance) -> list[Step]:
    """Return an instance's steps, in their order."""
    folding = _Folding()
    for event in instance.history:
        folding.take(event)
    folding.finish(instance)
    return folding.steps


class _Folding:
    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._last = ""
        """What the latest event of weight was: `answer`, `acquire`, `release` or `timer`."""
        self._asked: datetime | None = None
        """When the lock was asked for."""
        self._next_wait = GRACE
        """What a wait would be for that follows the latest answer."""
        self._has_fallback = False
        """Whether the latest answer said what to go on with if it stays so."""

    def take(self, event: Mapping[str, Any]) -> None:
        match event.get("EventType"):
            case "TaskScheduled":
                self._attempt(str(event.get("Name")), _time(event["Timestamp"]))
            case "TaskCompleted" | "TaskFailed":
                self._answered(event)
            case "EventSent":
                self._sent(event)
            case "EventRaised":
                self._raised(event)
            case "TimerCreated":
                self._waits(event)
            case "TimerFired":
                self._waited(_time(event["FireAt"]))

    def finish(self, instance: Instance) -> None:
        """Settle what is open at the end of the history."""
        step = self._latest
        if step is None:
            return
        if step.result in ("retry", "died") and instance.is_in_hand:
            step.ended = None  # it is going to be tried again
        elif step.result == "retry" and instance.outcome is not None:
            step.result = "stop"  # its time is spent; one that was cancelled is left as it stood
        if step.result != "running":
            return
        if step.name in WAITS and instance.is_in_hand and instance.facts.get("step") in WAITS:
            step.name = str(instance.facts["step"])
        if not instance.is_in_hand:
            step.result = "done" if step.ended else "stop"
            step.ended = step.ended or max(step.started, instance.updated)
        elif step.ended:
            step.result = "done"
        elif step.name in (*WAITS, LOCK):
            step.reason = _text(instance.facts.get("waitingFor"))

    @property
    def _latest(self) -> Step | None:
        return self.steps[-1] if self.steps else None

    def _attempt(self, name: str, at: datetime) -> Step:
        step = self._latest
        if step is None or step.name != name or step.result not in ("retry", "died"):
            self._close(at)
            if step is not None and step.result == "retry" and self._has_fallback:
                step.result = "done"  # its time is spent, and it goes on all the same
            step = Step(name, at, attempts=0)
            self.steps.append(step)
        step.attempts += 1
        step.ended, step.result, step.reason = None, "running", None
        return step

    def _answered(self, event: Mapping[str, Any]) -> None:
        begun = _time(event.get("ScheduledTime") or event["Timestamp"])
        step = self._attempt(str(event.get("FunctionName")), begun)
        step.ended = _time(event["Timestamp"])
        self._last = "answer"
        self._next_wait, self._has_fallback = GRACE, False
        if event["EventType"] == "TaskFailed":
            # Its text is left alone: it may be kilobytes of traceback.
            step.result, step.reason = "died", "the worker stopped before it answered"
            return
        answer = event.get("Result")
        if not isinstance(answer, Mapping) or answer.get("status") not in ("retry", "stop"):
            step.result = "done"
            self._next_wait = self._called_for(step.name, answer)
            return
        step.result = answer["status"]
        self._has_fallback = answer.get("fallback") is not None
        step.reason, step.outcome = _text(answer.get("reason")), _text(answer.get("outcome"))

    def _called_for(self, name: str, answer: object) -> str:
        """Return what a wait is for that follows an activity's answer."""
        value = answer.get("value") if isinstance(answer, Mapping) else None
        value = value if isinstance(value, Mapping) else {}
        neighbours = value.get("neighbours")
        others = [each for each in neighbours if isinstance(each, Mapping)] if isinstance(neighbours, list) else []
        asks = any(each.get("approval_seconds") for each in (value, *others))
        if asks and not any(step.name == APPROVAL for step in self.steps):
            return APPROVAL
        # Asked the first time, it says when the grace ends.
        is_late = name == "find_window" and sum(step.name == name for step in self.steps) > 1
        is_closed = value.get("closed") is True or any(each.get("opens") for each in others)
        return WINDOW if is_late or is_closed else GRACE

    def _sent(self, event: Mapping[str, Any]) -> None:
        if str(event.get("InstanceId", "")).startswith(_LOCK_ENTITY):
            self._last = _operation(event.get("Input"))
            if self._last == "acquire":
                self._asked = _time(event["Timestamp"])

    def _raised(self, event: Mapping[str, Any]) -> None:
        step, at = self._latest, _time(event["Timestamp"])
        if step is None or step.result != "running":
            return
        ended = _ENDS.get(str(event.get("Name")))
        if ended is None:
            if step.name == LOCK:
                step.ended = at  # an answer of the lock's; if it was no again, a timer follows
        elif step.name == ended:
            step.ended, step.result, step.reason = at, "done", str(event["Name"])

    def _waits(self, event: Mapping[str, Any]) -> None:
        step, last, at = self._latest, self._last, _time(event["Timestamp"])
        self._last = "timer"
        if last == "timer" or (last == "answer" and step is not None and step.result in ("retry", "died")):
            if step is not None and step.name in WAITS:
                step.ended = None
            return
        if last == "acquire":
            self._waits_for_lock(at)
        elif step is None or step.name not in WAITS or step.result != "running":
            self._close(at)
            self.steps.append(Step(self._next_wait, at))

    def _waits_for_lock(self, at: datetime) -> None:
        step = self._latest
        if step is not None and step.name == LOCK and step.result == "running":
            step.attempts, step.ended = step.attempts + 1, None
        else:
            self._close(at)
            self.steps.append(Step(LOCK, self._asked or at))

    def _waited(self, until: datetime) -> None:
        step = self._latest
        if step is not None and step.name in WAITS and step.result == "running":
            step.ended = until  # unless another timer follows

    def _close(self, at: datetime) -> None:
        """End a wait that whatever comes next shows to be over."""
        step = self._latest
        if step is not None and step.name in (*WAITS, LOCK) and step.result == "running":
            step.ended, step.result = step.ended or at, "done"


def _operation(message: object) -> str:
    """Return what an entity was asked to do."""
    try:
        return str(json.loads(str(message)).get("op", ""))
    except (ValueError, AttributeError):
        return ""


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _time(text: object) -> datetime:
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
