"""The log of everything that was asked: who called what, and what came of it; never a value, header or query."""

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Call:
    """One exchange; `status` is None when the connection was dropped instead of answered."""

    time: datetime
    operation: str
    target: str
    caller: str
    method: str
    host: str
    path: str
    status: int | None
    code: str | None = None
    fault: bool = False


class CallLog:
    """All calls in the order in which they were answered."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        """Record a call."""
        with self._lock:
            self._calls.append(call)

    def all(self) -> list[Call]:
        """Return a copy of the log."""
        with self._lock:
            return list(self._calls)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._calls.clear()

    def by_operation(self, caller: str | None = "app") -> dict[str, int]:
        """Count calls by operation, of one caller or (None) of all."""
        return dict(Counter(call.operation for call in self.all() if caller in (None, call.caller)))
