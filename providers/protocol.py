"""What a kind of credential has to offer so that the rotation can rotate it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from rotation.forms import KeyForm
from rotation.model import Slot, Target
from rotation.under_way import UnderWay
from rotation.words import Words


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
    UNTRIED = "untried"
    """There is no harmless way to try a key there, and none to wait for."""


@dataclass(frozen=True)
class Trial:
    """The result of signing a harmless request with a key."""

    verdict: Verdict
    reason: str = ""
    retry_after: float | None = None
    throttled: bool = False
    """Whether the service merely had too many requests."""


class Provider(Protocol):
    """One target whose keys are rotated.

    `describe`, `slots` and `regenerate` ask Azure and raise `RotationError`s; `try_key` sends one harmless request.
    """

    @property
    def form(self) -> KeyForm:
        """How a secret's value carries a key of this kind."""

    def describe(self) -> Target:
        """Read what the target says of itself, without its keys."""

    def slots(self) -> Mapping[str, Slot]:
        """Read the keys by slot name; raise `TransientError` while it is known that one of them is being replaced."""

    def regenerate(self, slot: Slot) -> bool:
        """Replace the key of one slot, as it was read; whatever was signed with the old one dies.

        Returns whether that is done. If not, it is under way, and must not be asked for again.
        """

    def activate(self, slot: Slot, under_way: UnderWay | None) -> bool | UnderWay:
        """Let the key of a slot be in force, right before it is published; harmless when repeated.

        Returns whether there was something to do; for most there is not. Or what goes on: then it is called again
        with that, and only looks.
        """

    def retire(self, slot: Slot) -> bool:
        """Let the key of a slot die that the secret has left; as `regenerate`, if nothing else ends it."""

    def published(self) -> None:
        """Let go of what kept the key until the vault had it; called once the new version has been read back."""

    def try_key(self, slot: Slot, endpoint: str | None) -> Trial:
        """Sign a harmless data-plane request with a slot's key; `endpoint` is the one that `describe` named."""

    def words(self, endpoint: str | None) -> Words:
        """Say what these calls are called in docs/security.md; `endpoint` is the one that `describe` named."""
