"""Whoever rotates secrets for a year, as the year sees them.

Events are taken in while the clock stands (`deliver`) and handled once everything else has come to rest (`step`).
"""

from datetime import timedelta
from typing import Protocol

from .notices import Event

DOWN = timedelta(minutes=1)
"""How long a new process takes to come up."""


class Contender(Protocol):
    """Whoever rotates the secrets of one vault for a year."""

    def deliver(self, event: Event) -> None:
        """Take one event in."""

    def step(self) -> None:
        """Do what is to be done at this moment."""

    def kill_worker(self) -> None:
        """Die in the call that is under way."""

    def kill_host(self) -> None:
        """Die in the call that is under way, with everything around it."""

    def failed(self) -> list[str]:
        """Name what it has given up and not made good."""

    def close(self) -> None:
        """End in peace."""
