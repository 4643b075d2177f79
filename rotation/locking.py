"""Who may work on an account: a lease that is granted, renewed and given back, and that runs out by itself.

A worker that dies in an orchestrator's episode fails the instance without any clean-up, so a lock must never depend on
being released.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

LEASE = timedelta(hours=1)

# Longer than any single wait of a step (rotation.waiting) with its activity: a holder that keeps asking keeps it.
RENEW_WHEN_LEFT = timedelta(minutes=45)


@dataclass(frozen=True)
class Lease:
    """The state of one account's lock."""

    owner: str = ""
    """The instance that holds it; empty when nobody does."""
    until: datetime | None = None
    freed: datetime | None = None
    """When the last owner let go, or lost it."""

    def is_held_by_another(self, owner: str, now: datetime) -> bool:
        """Tell whether somebody else's lease is still running."""
        return self.owner not in ("", owner) and self.until is not None and now < self.until

    def acquired(self, owner: str, now: datetime) -> "Lease":
        """Return the lease after `owner` asked for it: its own for another `LEASE`, unless somebody else holds it."""
        if self.is_held_by_another(owner, now):
            return self
        lost = self.until if self.owner not in ("", owner) else None
        return Lease(owner, now + LEASE, lost or self.freed)

    def released(self, owner: str, now: datetime) -> "Lease":
        """Return the lease after `owner` gave it back; nothing changes for anybody else's."""
        return Lease("", None, now) if self.owner == owner else self

    def to_json(self) -> dict[str, Any]:
        """Return the entity's state."""
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in vars(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> "Lease":
        """Read the entity's state; none is a lock that nobody has asked for yet."""
        if not data:
            return cls()
        return cls(data["owner"], _time(data["until"]), _time(data["freed"]))


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
