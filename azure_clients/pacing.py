"""What one call is told of throttling counts for all of this worker's that go the same way.

A service throttles a whole subscription or vault, but tells only the caller that was one too many, and answers calls
that come before their time with another refusal. So the worker remembers until when a way is closed and turns others
away without asking, each with a time of its own: one after the other, at the pace at which the service has let calls
through. Nobody waits here; that is the orchestrator's business, as ever. Time is the activities' `now`.
"""

import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from azure_clients.errors import LONGEST_RETRY_AFTER, translated
from rotation.failures import TransientError

# Where a service does not say: Key Vault counts over ten seconds.
_USUAL = 10.0
# What came through before such a pause says nothing about the pace of a burst.
_LULL = timedelta(minutes=1)
_REMEMBERED = 1000

_present: ContextVar[datetime | None] = ContextVar("present", default=None)


@dataclass
class _Way:
    """Something that is throttled as a whole."""

    passed: deque[datetime] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    """When the last calls of this burst were let through since it was last closed."""
    opens: datetime | None = None
    pace: timedelta = timedelta(0)
    """Between one call and the next."""
    queued: int = 0
    """Callers that were told to come back since it was closed."""
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def wait(self, now: datetime) -> float | None:
        """Return the seconds after which the caller shall come back; None if the way is open."""
        with self.lock:
            return self._turn(now) if self.opens is not None and now < self.opens else None

    def let_through(self, now: datetime) -> None:
        """Count a call that was answered."""
        with self.lock:
            if self._is_quiet(now):
                self.passed.clear()
            self.passed.append(now)

    def close(self, now: datetime, wait: float) -> float:
        """Close the way for so many seconds, and return those after which the caller shall come back."""
        with self.lock:
            opens = now + timedelta(seconds=wait)
            if self.passed:
                self.pace = timedelta(0) if self._is_quiet(now) else self._best_pace(opens)
                self.passed.clear()
                self.queued = 0
            self.opens = max(opens, self.opens or opens)
            return self._turn(now)

    def _is_quiet(self, now: datetime) -> bool:
        return bool(self.passed) and now - self.passed[-1] > _LULL

    def _best_pace(self, opens: datetime) -> timedelta:
        """Return the best pace over the time since any of the calls: a trickle before a burst is no limit."""
        return min((opens - began) / many for many, began in enumerate(reversed(self.passed), 1))

    def _turn(self, now: datetime) -> float:
        left = ((self.opens or now) - now + self.queued * self.pace).total_seconds()
        self.queued += 1
        return min(left, LONGEST_RETRY_AFTER)


@contextmanager
def at(now: datetime) -> Iterator[None]:
    """Let `now` be the present for all that is asked inside; without it nothing is paced."""
    token = _present.set(now)
    try:
        yield
    finally:
        _present.reset(token)


@contextmanager
def asking(operation: str, name: str) -> Iterator[None]:
    """Ask Azure for something: what the SDK raises inside is translated, unless the way is closed to begin with.

    Args:
        operation: What is asked, for people.
        name: The way: what is throttled as a whole, e.g. a vault's host, or the reads of a subscription.

    Raises:
        RotationError: As `translated`; one that is throttled names the caller's own time to come back.
    """
    now, way = _present.get(), ways()[name]
    wait = way.wait(now) if now else None
    if wait is not None:
        raise TransientError(f"{operation}: still throttled", wait, throttled=True)
    try:
        with translated(operation):
            yield
    except TransientError as error:
        if now and error.throttled:
            error.retry_after = way.close(now, _USUAL if error.retry_after is None else error.retry_after)
        raise
    if now:
        way.let_through(now)


def present() -> datetime:
    """Return the present of the activity that is under way; the machine's where there is none."""
    return _present.get() or datetime.now(UTC)


def reads(path: str) -> str:
    """Return the way of whatever reads below a path of Resource Manager: each provider counts for a subscription."""
    return f"{_counted_by(path)} reads"


def writes(path: str) -> str:
    """Return the way of whatever changes something below a path of Resource Manager."""
    return f"{_counted_by(path)} writes"


def _counted_by(path: str) -> str:
    parts = path.casefold().split("/")
    return f"{parts[2]}/{parts[parts.index('providers') + 1]}"


@cache
def ways() -> defaultdict[str, _Way]:
    """Return all ways by name; one memory for the process."""
    return defaultdict(_Way)
