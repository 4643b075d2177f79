"""Other secrets on the same account: who lives on the slot that is about to be regenerated, or has just left it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from rotation.credential import CredentialText
from rotation.failures import RefusedError
from rotation.forms import KeyForm
from rotation.kinds import Kinds
from rotation.model import SecretVersion, Slot
from rotation.policy import DEFAULT_GRACE, Defaults, SlotStrategy, parse_policy
from rotation.tags import is_enabled


@dataclass(frozen=True)
class Neighbour:
    """A managed secret on a slot; holds no value."""

    vault: str
    secret: str
    version: str
    pinned: bool
    grace_seconds: float
    """How long its consumers may hold what they have read."""

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Neighbour":
        """Read the wire form."""
        return cls(**data)


def neighbour_on(
    slot: Slot,
    form: KeyForm,
    vault: str,
    secret: str,
    current: SecretVersion,
    kinds: Kinds,
    defaults: Defaults,
) -> Neighbour | None:
    """Return the secret as a neighbour if its value is this slot's key, None if it lives elsewhere.

    Raises:
        RefusedError: It lives there and is not ours to move.
    """
    try:
        text = CredentialText.parse(current.value, form)
    except RefusedError:
        return None  # of no form that could hold a key of this target
    if text.key != slot.key:
        return None
    if not is_enabled(current.tags):
        raise RefusedError(
            f"{secret} in {vault} lives on {slot.name} and must not be moved: its RotationEnabled is false"
        )
    policy = parse_policy(current.tags, current.content_type, kinds, defaults)
    if isinstance(policy, list):
        raise RefusedError(f"{secret} in {vault} lives on {slot.name} and cannot be moved: " + "; ".join(policy))
    pinned = policy.strategy is SlotStrategy.PINNED
    return Neighbour(vault, secret, current.version, pinned, policy.grace.total_seconds())


def grace_of(current: SecretVersion, kinds: Kinds, defaults: Defaults) -> timedelta:
    """Return how long a secret's consumers may go without reading it again, whether it is managed or not."""
    policy = parse_policy(current.tags, current.content_type, kinds, defaults)
    return DEFAULT_GRACE if isinstance(policy, list) else policy.grace
