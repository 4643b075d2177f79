"""What a kind of credential has to offer so that the rotation can rotate it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from rotation.credential import Credential
from rotation.model import Slot, Target


class Verdict(StrEnum):
    """What a trial of a key said."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    """Wrong, or not known everywhere yet."""
    UNREACHABLE = "unreachable"
    """Says nothing about the key: firewall, private endpoint, DNS, no endpoint to try it at."""
    UNWELL = "unwell"
    """Says nothing about the key yet: the service is throttling or failing."""
    DISALLOWED = "disallowed"
    """No key is accepted there, by policy."""


@dataclass(frozen=True)
class Trial:
    """The result of signing a harmless request with a key."""

    verdict: Verdict
    reason: str = ""
    retry_after: float | None = None


class Provider(Protocol):
    """One target whose keys are rotated; every method is one call, or one harmless request.

    All but `try_key` raise `RotationError`s.
    """

    def describe(self) -> Target:
        """Read what the target says of itself, without its keys."""

    def slots(self) -> Mapping[str, Slot]:
        """Read the keys by slot name."""

    def regenerate(self, slot: str) -> None:
        """Replace the key of one slot; whatever was signed with the old one dies."""

    def try_key(self, key: Credential, endpoint: str | None) -> Trial:
        """Sign a harmless data-plane request with a key; `endpoint` is the one that `describe` named."""
