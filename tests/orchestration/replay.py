"""Drives an orchestrator through the SDK's own executor, with scripted activities and a clock of its own.

A few lines stand in for the Durable extension: they answer what the orchestrator asked for, append it to the history
and call the orchestrator again with the whole of it, until it ends or waits for something that never comes. Shapes
follow what the real extension sends (tests/contract compares the embedded host with recordings of it).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rotation.locking import Lease

START = datetime(2026, 7, 25, 1, 8, 33, tzinfo=UTC)
Answer = Callable[[str, Mapping[str, Any]], Any]


class FreeLock:
    """Stands for the entity that is called and signalled: a lock that nobody else wants."""

    def __init__(self) -> None:
        self.lease = Lease()
        self.log: list[str] = []

    def __call__(self, operation: str, request: dict[str, str]) -> dict[str, Any]:
        self.log.append(operation)
        now = datetime.fromisoformat(request["now"])
        change = self.lease.acquired if operation == "acquire" else self.lease.released
        self.lease = change(request["owner"], now)
        return self.lease.to_json()


class WorkerDiedError(Exception):
    """Raised by a scripted activity to play a worker that exits before it answers."""


@dataclass
class Replay:
    """One instance."""

    handler: Callable[[str], str]
    answer: Answer
    request: Any
    events: list[tuple[datetime, str, Any]] = field(default_factory=list)
    """External events: when, which, with what."""
    early: timedelta = timedelta(0)
    """How much too early timers fire."""
    instance_id: str = "rotate-test"

    def __post_init__(self) -> None:
        self.now = START
        self.lock = FreeLock()
        self.history: list[dict[str, Any]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.statuses: list[dict[str, Any]] = []
        self.error: str | None = None
        self.output: Any = None
        self.done = False
        self.generations: list[Any] = []
        """What each generation after the first was started with."""
        self.longest = 0
        """How many events the longest history of a generation has had."""
        self._known: dict[int, dict[str, Any]] = {}
        self._pending: list[tuple[datetime, int, dict[str, Any]]] = [
            (when, -1, {"EventType": 15, "EventId": -1, "Name": name, "Input": json.dumps(data)})
            for when, name, data in self.events
        ]

    def run(self) -> "Replay":
        """Run to the end, or until nothing can happen any more."""
        self._start()
        while not self.done and self._pending:
            self._pending.sort(key=lambda item: item[0])
            when, _, event = self._pending.pop(0)
            self.now = max(self.now, when)
            self._episode([event])
        return self

    def _start(self) -> None:
        started = {"EventType": 0, "EventId": -1, "Name": "rotate_secret", "Version": None}
        self._episode([started | {"Input": json.dumps(json.dumps(self.request))}])

    def _continue_as_new(self, given: Any) -> None:
        """Begin a generation with nothing but its input; every replay of the last one must have agreed."""
        self.replay_every_prefix()
        self.request = given
        self.generations.append(given)
        self.history, self._known, self._pending = [], {}, []
        self._start()

    def replay_every_prefix(self) -> None:
        """Check that each earlier episode still decides what it decided then."""
        final = self._actions(self._execute(self.history))
        for end in range(2, len(self.history) + 1):
            if self.history[end - 1]["EventType"] == 13:
                continue
            earlier = self._actions(self._execute(self.history[:end]))
            shorter = [_timeless(action) for action in earlier]
            assert shorter == [_timeless(action) for action in final[: len(earlier)]]

    def names(self) -> list[str]:
        """Return the activities called, in order."""
        return [name for name, _ in self.calls]

    def _episode(self, arrivals: list[dict[str, Any]]) -> None:
        self._append({"EventType": 12, "EventId": -1})
        for event in arrivals:
            self._append(event)
        state = self._execute(self.history)
        self._remember(state)
        for number, action in enumerate(self._actions(state)):
            self._take(number, action)
        self._append({"EventType": 13, "EventId": -1})
        self.longest = max(self.longest, len(self.history))
        renewed = [action for group in state["actions"] for action in group if action["actionType"] == 4]
        if renewed:
            self._continue_as_new(json.loads(renewed[0]["input"]))

    def _append(self, event: dict[str, Any]) -> None:
        self.history.append({"IsPlayed": False, "Timestamp": _stamp(self.now), **event})

    def _execute(self, history: list[dict[str, Any]]) -> dict[str, Any]:
        context = {
            "history": history,
            "input": json.dumps(self.request),
            "instanceId": self.instance_id,
            "isReplaying": False,
            "parentInstanceId": None,
            "upperSchemaVersion": 1,
            "upperSchemaVersionNew": 3,
            "longRunningTimerIntervalDuration": "3.00:00:00",
            "maximumShortTimerDuration": "6.00:00:00",
            "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
        }
        try:
            state: dict[str, Any] = json.loads(self.handler(json.dumps(context)))
        except Exception as error:
            marker = "$OutOfProcData$:"
            if marker not in str(error):
                raise
            state = json.loads(str(error).partition(marker)[2])
        return state

    def _remember(self, state: dict[str, Any]) -> None:
        if state.get("customStatus"):
            self.statuses.append(state["customStatus"])
        if state.get("error"):
            self.done, self.error = True, state["error"]
        elif state["isDone"] and not any(action["actionType"] == 4 for group in state["actions"] for action in group):
            self.done, self.output = True, state["output"]

    @staticmethod
    def _actions(state: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the tasks and timers in the order that numbers them."""
        found: list[dict[str, Any]] = []
        queue = [action for group in state["actions"] for action in group]
        while queue:
            action = queue.pop(0)
            if action["actionType"] in (11, 12):
                queue = action["compoundActions"] + queue
            elif action["actionType"] in (0, 5, 7, 9):
                found.append(action)
        return found

    def _take(self, number: int, action: dict[str, Any]) -> None:
        if number in self._known:
            if action.get("isCanceled"):
                self._pending = [item for item in self._pending if item[1] != number]
            return
        self._known[number] = action
        match action["actionType"]:
            case 5:
                self._start_timer(number, action)
            case 7 | 9:
                self._send(number, action)
            case _:
                self._call(number, action)

    def _start_timer(self, number: int, action: dict[str, Any]) -> None:
        fire_at = datetime.fromisoformat(action["fireAt"])
        self._append({"EventType": 10, "EventId": number, "FireAt": action["fireAt"]})
        fired = {"EventType": 11, "EventId": -1, "TimerId": number, "FireAt": action["fireAt"]}
        self._pending.append((max(self.now, fire_at - self.early), number, fired))

    def _send(self, number: int, action: dict[str, Any]) -> None:
        """Call or signal an entity."""
        message = json.dumps({"id": f"message-{number}"})
        self._append({"EventType": 14, "EventId": number, "Input": message, "Name": "op"})
        answer = self.lock(action["operation"], json.loads(action["input"]))
        if action["actionType"] == 7:
            result = json.dumps({"result": json.dumps(answer)})
            event = {"EventType": 15, "EventId": -1, "Name": f"message-{number}", "Input": result}
            self._pending.append((self.now + timedelta(milliseconds=10), number, event))

    def _call(self, number: int, action: dict[str, Any]) -> None:
        name, payload = action["functionName"], json.loads(action["input"])
        self._append({"EventType": 4, "EventId": number, "Name": name, "Version": "", "Input": None})
        self.calls.append((name, payload))
        base = {"EventId": -1, "TaskScheduledId": number}
        try:
            event = base | {"EventType": 5, "Result": json.dumps(self.answer(name, payload))}
        except WorkerDiedError:
            reason = f"Activity function '{name}' failed: python exited with code 137 (0x89)"
            event = base | {"EventType": 6, "Reason": reason, "Details": "Traceback … C:\\app\\secret-path"}
        self._pending.append((self.now + timedelta(milliseconds=50), number, event))


def _stamp(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _timeless(action: dict[str, Any]) -> dict[str, Any]:
    """A timer that was cancelled later was the same decision."""
    return {key: value for key, value in action.items() if key != "isCanceled"}
