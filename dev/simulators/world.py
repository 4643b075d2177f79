"""What all simulated services share: the clock, one lock, randomness, and word of every change of state.

One lock for everything keeps each effect atomic and each question answerable at an instant. Whoever needs to
know that state has changed (the check of the invariant) registers a listener; listeners run under the lock
and only look.
"""

import random
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime

from dev.clock import Clock

from .sensitive import Sensitive

TENANT_ID = "72f98817-0000-4000-8000-51a0a1aa0001"
"""The directory that every simulated resource belongs to."""

APP_ID = "72f98817-0000-4000-8000-51a0a1aa0002"
OBJECT_ID = "72f98817-0000-4000-8000-51a0a1aa0003"


class World:
    """The shared ground of one simulated Azure."""

    def __init__(self, clock: Clock, seed: int | None = None) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.listeners: list[Callable[[str], None]] = []
        self._random = random.Random(seed)

    def now(self) -> datetime:
        """Return the clock's time."""
        return self.clock.now()

    def changed(self, what: str) -> None:
        """Tell the listeners; call it under the lock, once the new state is in place."""
        for listener in list(self.listeners):
            listener(what)

    def new_key(self) -> Sensitive:
        """Make an account key: 64 random bytes, as storage issues them."""
        return Sensitive(b64encode(self._random.randbytes(64)).decode())

    def new_version_id(self) -> str:
        """Make a secret's version: 32 hexadecimal digits."""
        return self._random.randbytes(16).hex()


def machine_time() -> datetime:
    """Return the machine's own time.

    Tokens and request signatures carry the caller's wall clock, and the SDKs take it from the machine: judged
    by a virtual clock they would all be years out.
    """
    return datetime.fromtimestamp(time.time(), UTC)


def timestamp(when: datetime) -> str:
    """Write an instant as Azure's JSON APIs do, with seven decimals."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
