"""One execution of an orchestration as the Durable Task Framework keeps it while it replays.

It numbers what is scheduled, checks it against the history, and settles promises as the history's events come
by, in their order. What was scheduled and is not in the history yet is left over: that is what the episode
decided. The order of things here is the framework's (TaskOrchestrationExecutor, TaskOrchestrationContext),
because apps can see it.
"""

import uuid
from collections import deque
from datetime import UTC, datetime
from typing import Any, Literal

from . import history as h
from .decisions import Completion, Decision, Identity, check_match
from .history import Event
from .promises import Promise
from .stamps import parse, round_trip_stamp, to_ticks

_GUID_NAMESPACE = uuid.UUID("9e952959-5e33-4daf-827f-2fa12937b875")  # the extension's own, for entity calls (s06a)
_SCHEDULED = {
    h.TASK_SCHEDULED: ("an activity task", "task"),
    h.SUB_CREATED: ("a sub-orchestration task", "sub"),
    h.TIMER_CREATED: ("a timer task", "timer"),
    h.EVENT_SENT: ("a send event task", "event"),
}
_WELL = {h.TASK_COMPLETED: "Result", h.SUB_COMPLETED: "Result", h.TIMER_FIRED: None}
_BADLY = frozenset({h.TASK_FAILED, h.SUB_FAILED})


class Orchestration:
    """The framework's side of a replay."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.now = datetime.min.replace(tzinfo=UTC)
        self.undecided: dict[int, Decision] = {}
        """Scheduled by this replay, not (yet) found in the history."""
        self.completion: Completion | None = None
        self.suspended = False
        self.continue_as_new: str | None = None
        self._carried_over: list[Event] = []
        self._next_id = 0
        self._next_guid = 0
        self._open: dict[int | str, Promise] = {}
        self._waiting: dict[str, list[Promise]] = {}
        self._buffered: dict[str, deque[str | None]] = {}
        self._held_events: deque[Event] = deque()
        self._held_decisions: dict[int, Decision] = {}
        self._last_sent: dict[str, int] = {}

    @property
    def has_open_tasks(self) -> bool:
        """Tell whether an activity, a child, an entity call or an uncancelled timer is still out (s27)."""
        return bool(self._open)

    # Scheduling

    def schedule(self, kind: Literal["task", "sub", "timer"], *, cancelled: bool = False, **fields: Any) -> Promise:
        """Schedule something that answers; a cancelled timer is recorded, and fails at once."""
        event_id = self._take_id()
        if kind == "sub" and not fields.get("target"):
            fields["target"] = f"{self.identity.execution_id}:{event_id}"
        self.undecided[event_id] = Decision(event_id, kind, **fields)
        promise = Promise()
        if cancelled:
            promise.fail()
        else:
            self._open[event_id] = promise
        return promise

    def send(self, target: str, name: str, input_text: str) -> None:
        """Schedule a message that isn't answered by itself."""
        event_id = self._take_id()
        self.undecided[event_id] = Decision(event_id, "event", name=name, target=target, input_text=input_text)

    def wait_for_event(self, name: str) -> Promise:
        """Wait for an event; the newest wait is served first, the oldest buffered event first."""
        promise = Promise()
        self._waiting.setdefault(name, []).append(promise)
        if self._buffered.get(name):
            self._raise_event(name, self._buffered[name].popleft())
        return promise

    def wait_for_answer(self, guid: str) -> Promise:
        """Wait for an entity's answer, which comes as an event named after the call."""
        self._open[guid] = self.wait_for_event(guid)
        return self._open[guid]

    def new_guid(self) -> str:
        """Return the next id of an entity call; every replay makes the same ones."""
        text = f"{self.identity.instance_id}_{round_trip_stamp(self.now)}_{self._next_guid}"
        self._next_guid += 1
        return str(uuid.uuid5(_GUID_NAMESPACE, text))

    def label(self, target: str) -> tuple[int, int | None]:
        """Return the time label, in ticks, of a message to an entity and that of its predecessor; labels only grow."""
        last = self._last_sent.get(target)
        ticks = to_ticks(self.now)
        if last is not None and ticks <= last:
            ticks = last + 1
        self._last_sent[target] = ticks
        return ticks, last

    def complete(
        self,
        status: Literal["Completed", "Failed", "Terminated"],
        result: str | None,
        details: str | None = None,
    ) -> None:
        """End the execution; of several ends the first counts."""
        event_id = self._take_id()
        if self.completion is not None:
            return
        if status == "Completed" and self.continue_as_new is not None:
            self.completion = Completion(
                event_id, "ContinuedAsNew", self.continue_as_new, carried_over=self._carried_over
            )
        else:
            self.completion = Completion(event_id, status, result, details)

    # History

    def process(self, event: Event) -> None:
        """Take the next event of the history, except the start of the execution."""
        kind = event["EventType"]
        if self.suspended and kind not in (h.RESUMED, h.EXECUTION_TERMINATED):
            if kind != h.SUSPENDED:
                self._held_events.append(event)
        elif kind in _SCHEDULED:
            noun, decided_kind = _SCHEDULED[kind]
            check_match(event, noun, decided_kind, self.undecided.get(event["EventId"]))
            del self.undecided[event["EventId"]]
        elif kind in _WELL or kind in _BADLY:
            self._settle(event, badly=kind in _BADLY)
        elif kind == h.EVENT_RAISED:
            if self.continue_as_new is None:
                self._raise_event(event["Name"], event["Input"])
            else:
                # The trap of durable-protocol §3: what comes by after continue-as-new goes to the next generation.
                self._carried_over.append(event)
        elif kind == h.EXECUTION_TERMINATED:
            self.complete("Terminated", event["Input"])
        elif kind == h.SUSPENDED:
            self._suspend()
        elif kind == h.RESUMED:
            self._resume()

    def _settle(self, event: Event, *, badly: bool) -> None:
        task_id = event["TimerId"] if event["EventType"] == h.TIMER_FIRED else event["TaskScheduledId"]
        promise = self._open.pop(task_id, None)
        if promise is None:
            return  # a cancelled timer that fires all the same
        if badly:
            promise.fail()
        else:
            field = _WELL[event["EventType"]]
            promise.settle(event[field] if field else None)

    def _raise_event(self, name: str, value: str | None) -> None:
        waiting = self._waiting.get(name)
        self._open.pop(name, None)
        if waiting:
            waiting.pop().settle(value)
        else:
            self._buffered.setdefault(name, deque()).append(value)

    def _suspend(self) -> None:
        self.suspended = True
        self._held_decisions.update(self.undecided)
        self.undecided.clear()

    def _resume(self) -> None:
        self.suspended = False
        self.undecided.update(self._held_decisions)
        self._held_decisions.clear()
        while self._held_events:
            self.process(self._held_events.popleft())

    def _take_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1


def advance_clock(orchestration: Orchestration, event: Event) -> None:
    """Move the orchestration's time on to the start of an episode."""
    orchestration.now = parse(event["Timestamp"])
