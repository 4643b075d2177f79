"""Knowing when a host has come to rest.

Everything that is under way is counted, from the moment that it is certain to happen: a clock's callback that
has yet to reach the host's loop, an episode in the queue, a function that runs. At zero only the passing of
time or somebody outside can set anything in motion.
"""

import threading
from datetime import datetime
from types import TracebackType

from dev.clock import Clock


class InFlight:
    """A count that can be waited for."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def add(self) -> None:
        """Count one thing in."""
        with self._changed:
            self._count += 1

    def done(self) -> None:
        """Count one thing out."""
        with self._changed:
            self._count -= 1
            if self._count == 0:
                self._changed.notify_all()

    def rest_until(self, clock: Clock, when: datetime) -> None:
        """Block the calling thread, on behalf of one thing that is counted, until the clock says `when`.

        Waiting for the clock is rest, not work: on a virtual clock somebody has to move it.
        """
        woken = threading.Event()

        def wake() -> None:
            self.add()
            woken.set()

        clock.call_at(when, wake)
        self.done()
        woken.wait()

    def wait_for_rest(self, timeout: float) -> bool:
        """Wait until nothing is under way; False when it took too long."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count == 0, timeout)

    def __enter__(self) -> None:
        self.add()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.done()
