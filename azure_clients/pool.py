"""Azure clients, each used by one thread at a time.

The SDKs promise thread safety, but a client's token is forgotten on any 401 (azure-core 1.41, `_authentication.py`,
`send`) while another thread may be about to sign its request with it: an AttributeError in the SDK, seen when tokens
were renewed in the middle of a burst. A client of one's own also has a connection of one's own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Client = TypeVar("Client")


class Pool(Generic[Client]):
    """As many clients as there have ever been users at once."""

    def __init__(self, make: Callable[[], Client]) -> None:
        self._make = make
        # Both ends of a list are atomic in CPython: no lock is needed to lend and to take back.
        self._idle: list[Client] = []

    @contextmanager
    def client(self) -> Iterator[Client]:
        """Lend a client, the one used last if any is free: its connection is the warmest."""
        try:
            lent = self._idle.pop()
        except IndexError:
            lent = self._make()
        try:
            yield lent
        finally:
            self._idle.append(lent)
