"""What the operator wants of a secret."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from rotation.address import Address
from rotation.window import Windows

LONGEST_VALIDITY_DAYS = 3650
# As long as App Service may cache a Key Vault reference: learn.microsoft.com, "Use Key Vault references".
DEFAULT_GRACE = timedelta(hours=24)


class SlotStrategy(StrEnum):
    """Whether the secret may change its slot."""

    ALTERNATE = "alternate"
    PINNED = "pinned"


class Verification(StrEnum):
    """What must be proven of a key before it is published."""

    REQUIRED = "required"
    BEST_EFFORT = "best-effort"
    OFF = "off"


class RetireWhen(StrEnum):
    """What may end a grace before its time."""

    CONSUMERS_READY = "consumers-ready"


@dataclass(frozen=True)
class Defaults:
    """What applies where a tag is absent, and what one may name; from the app's settings."""

    validity_days: int = 90
    lead_days: int = 30
    replica_vaults: frozenset[str] = frozenset()
    """Host names of the vaults that may be copied to, in lower case."""


@dataclass(frozen=True)
class Policy:
    """What applies to one secret."""

    provider: Address
    credential_id: str | None
    """The slot that the tag claims; may be wrong."""
    validity: timedelta
    lead: timedelta
    strategy: SlotStrategy
    retire_after: timedelta | None
    verification: Verification
    names_consumers: bool = False
    """Whether the tags say who uses the secret."""
    windows: Windows | None = None
    """When something that consumers notice may begin; None: at any time."""
    approval: timedelta | None = None
    """How long somebody may take to approve of a rotation; None: nobody has to."""
    replicas: tuple[str, ...] = ()
    """Host names of the vaults that hold a copy."""

    @property
    def grace(self) -> timedelta:
        """How long the secret's consumers may go on holding what they have read."""
        return DEFAULT_GRACE if self.retire_after is None else self.retire_after
