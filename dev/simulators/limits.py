"""Rate limits: so many calls of some operations in a window of time, for each vault or subscription by itself.

A window begins with its first call and does not slide, as in the words of the storage resource provider's own answer
("the limit has been reached for operation type - Read_ObservationWindow_00:05:00"). A call that is refused counts for
nothing, and `Retry-After` names the end of the window.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from .wire import Operation, Request


@dataclass(frozen=True)
class Limit:
    """One limit; `operations` are names as in the call log, `*` matches any part."""

    operations: tuple[str, ...]
    calls: int
    window: timedelta

    def covers(self, operation: str) -> bool:
        """Tell whether an operation counts."""
        return any(fnmatchcase(operation, pattern) for pattern in self.operations)


@dataclass
class _Window:
    ends: datetime
    calls: int = 0


class Limits:
    """The limits in force; none, until somebody sets them."""

    def __init__(self) -> None:
        self._limits: list[Limit] = []
        self._windows: dict[tuple[Limit, str], _Window] = {}

    def set(self, limits: Sequence[Limit]) -> None:
        """Put limits in the place of all that were in force, with fresh windows."""
        self._limits = list(limits)
        self._windows.clear()

    def refusal(self, operation: Operation, request: Request, now: datetime) -> timedelta | None:
        """Count a call; return how long the caller has to wait when it is one too many."""
        windows = [
            (limit, self._window(limit, _scope(request), now)) for limit in self._limits if limit.covers(operation.name)
        ]
        spent = [window.ends - now for limit, window in windows if window.calls >= limit.calls]
        if spent:
            return max(spent)
        for _, window in windows:
            window.calls += 1
        return None

    def _window(self, limit: Limit, scope: str, now: datetime) -> _Window:
        window = self._windows.get((limit, scope))
        if window is None or window.ends <= now:
            window = self._windows[limit, scope] = _Window(now + limit.window)
        return window


def _scope(request: Request) -> str:
    """Return the subscription, for what goes through Resource Manager, and else the host."""
    parts = [part.lower() for part in request.segments[:2]]
    return parts[1] if parts[:1] == ["subscriptions"] and len(parts) > 1 else request.host
