"""One clock for the embedded host and simulated Azure, so that days can pass in milliseconds.

Everything that waits asks the clock to call it back. On the `SystemClock` that happens in real time. On the
`VirtualClock` nothing happens until somebody moves it; then every callback that falls due runs at its own
instant, in order, and what it set in motion settles before time goes on: a simulated week is deterministic.
"""

import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Cancellable(Protocol):
    """A call that is due at some instant and can still be called off."""

    def cancel(self) -> None:
        """Call it off; harmless when it has already run."""


class Clock(Protocol):
    """What tells the time and calls back."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Cancellable:
        """Call `callback` once, on a thread of the clock's choosing, when the time is `when` or later.

        The callback must be quick and must not wait for other callbacks.
        """


class _Entry:
    def __init__(self, when: datetime, callback: Callable[[], None]) -> None:
        self.when = when
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class _Agenda:
    """Calls ordered by instant, then by when they were asked for; not thread-safe by itself."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, _Entry]] = []
        self._tickets = itertools.count()

    def add(self, entry: _Entry) -> None:
        heapq.heappush(self._heap, (entry.when, next(self._tickets), entry))

    def next_due(self) -> datetime | None:
        while self._heap and self._heap[0][2].callback is None:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def pop_due(self, until: datetime) -> _Entry | None:
        due = self.next_due()
        return heapq.heappop(self._heap)[2] if due is not None and due <= until else None


class VirtualClock:
    """A clock that stands still until `advance` moves it."""

    def __init__(self, start: datetime = datetime(2026, 7, 25, 1, 8, tzinfo=UTC)) -> None:
        self._now = start
        self._agenda = _Agenda()
        self._lock = threading.RLock()
        self._moving = threading.Lock()
        self._settlers: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """Return the instant that the clock stands at."""
        with self._lock:
            return self._now

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Cancellable:
        """Run `callback` during the `advance` that reaches `when` (the next one, if `when` has passed)."""
        entry = _Entry(when, callback)
        with self._lock:
            self._agenda.add(entry)
        return entry

    def settle_with(self, settler: Callable[[], None]) -> None:
        """Register a function that returns once whatever has been set in motion has come to rest."""
        self._settlers.append(settler)

    def unsettle(self, settler: Callable[[], None]) -> None:
        """Forget a function registered by `settle_with`."""
        self._settlers.remove(settler)

    def settle(self) -> None:
        """Wait, in real time, until everything that needs no passing of time has happened."""
        for settler in list(self._settlers):
            settler()

    def next_due(self) -> datetime | None:
        """Return when the earliest pending call is due, or None."""
        with self._lock:
            return self._agenda.next_due()

    def advance(self, by: timedelta) -> None:
        """Move on by `by`, stopping at every instant that something is due."""
        with self._moving:
            target = self.now() + by
            self.settle()
            while (entry := self._step(target)) is not None:
                if entry.callback is not None:
                    entry.callback()
                self.settle()
            with self._lock:
                self._now = max(self._now, target)
            self.settle()

    def slip(self, by: timedelta) -> None:
        """Let time pass under whatever is at work just now; what falls due meanwhile runs at the next `advance`."""
        with self._lock:
            self._now += by

    def _step(self, target: datetime) -> _Entry | None:
        with self._lock:
            entry = self._agenda.pop_due(target)
            if entry is not None:
                self._now = max(self._now, entry.when)
            return entry


class SystemClock:
    """The machine's own clock; callbacks run on one daemon thread."""

    def __init__(self) -> None:
        self._agenda = _Agenda()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def now(self) -> datetime:
        """Return the machine's time in UTC."""
        return datetime.now(UTC)

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Cancellable:
        """Run `callback` in real time, at `when` or as soon as possible."""
        entry = _Entry(when, callback)
        with self._changed:
            self._agenda.add(entry)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="system-clock", daemon=True)
                self._thread.start()
            self._changed.notify()
        return entry

    def _run(self) -> None:
        while True:
            with self._changed:
                entry = self._agenda.pop_due(self.now())
                if entry is None:
                    due = self._agenda.next_due()
                    # A day at most: a suspended machine must notice that its wall clock jumped.
                    wait = None if due is None else min((due - self.now()).total_seconds(), 86_400.0)
                    self._changed.wait(wait)
                    continue
            if entry.callback is not None:
                entry.callback()
