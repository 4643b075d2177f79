"""The calls that a rotation makes when nothing goes wrong: where the faults are put."""

import json
import logging
from collections import Counter
from dataclasses import dataclass

from dev.simulators import SimulatedAzure
from rotation import audit


@dataclass(frozen=True)
class Point:
    """The nth call of one operation, and the activity that makes it."""

    operation: str
    nth: int
    activity: str
    activity_nth: int

    def __str__(self) -> str:
        return f"{self.operation} {self.nth} ({self.activity} {self.activity_nth})"


class Recorder(logging.Handler):
    """Listens to the audit trail to learn which calls each activity has made."""

    def __init__(self, azure: SimulatedAzure) -> None:
        super().__init__(logging.INFO)
        self._azure = azure
        self._ends: list[tuple[int, str]] = []
        self._log = logging.getLogger(audit.LOGGER)

    def emit(self, record: logging.LogRecord) -> None:
        """Note how many calls there had been when an activity ended."""
        written = json.loads(record.getMessage())
        if written["record"] == "step":
            self._ends.append((len(self._azure.calls), written["step"]))

    def __enter__(self) -> "Recorder":
        self._level = self._log.level
        self._log.setLevel(logging.INFO)
        self._log.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._log.removeHandler(self)
        self._log.setLevel(self._level)

    def points(self) -> list[Point]:
        """Return the app's calls as places for a fault."""
        found: list[Point] = []
        operations: Counter[str] = Counter()
        activities: Counter[str] = Counter()
        done = 0
        calls = self._azure.calls
        for until, activity in self._ends:
            activities[activity] += 1
            for call in calls[done:until]:
                if call.caller == "app":
                    operations[call.operation] += 1
                    found.append(Point(call.operation, operations[call.operation], activity, activities[activity]))
            done = max(done, until)
        return found
