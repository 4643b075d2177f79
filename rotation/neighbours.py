"""Other secrets on the same account: who lives on the slot that is about to be regenerated, or has just left it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from rotation.credential import Credential, CredentialText
from rotation.failures import RefusedError
from rotation.forms import KeyForm
from rotation.kinds import Kinds
from rotation.model import SecretVersion, Slot
from rotation.plan import is_open
from rotation.policy import DEFAULT_GRACE, Defaults, SlotStrategy
from rotation.policy_tags import parse_policy
from rotation.tags import is_enabled
from rotation.window import admission


@dataclass(frozen=True)
class Neighbour:
    """A managed secret on a slot; holds no value."""

    vault: str
    secret: str
    version: str
    pinned: bool
    grace_seconds: float
    """How long its consumers may hold what they have read."""
    opens: datetime | None = None
    """From when it may be moved; None: now, whatever its window."""
    closes: datetime | None = None
    approval_seconds: float | None = None
    """How long somebody may take to approve of moving it; None: nobody has to."""

    def is_closed(self, now: datetime) -> bool:
        """Tell whether it must not be moved at that moment."""
        return not is_open(self.opens, self.closes, now)

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Neighbour":
        """Read the wire form."""
        fields = dict(data)
        for name in ("opens", "closes"):
            fields[name] = datetime.fromisoformat(fields[name]) if fields.get(name) else None  # a history may be older
        return cls(**fields)


def neighbour_on(
    slot: Slot,
    form: KeyForm,
    vault: str,
    secret: str,
    current: SecretVersion,
    kinds: Kinds,
    defaults: Defaults,
    now: datetime,
    expires_on: datetime | None,
) -> Neighbour | None:
    """Return the secret as a neighbour if its value is this slot's key, None if it lives elsewhere.

    Args:
        slot: The slot.
        form: How values hold keys of its provider.
        vault: Host name of the secret's vault.
        secret: Its name.
        current: Its current version.
        kinds: What the registry has providers for.
        defaults: What applies where a tag is absent.
        now: The present.
        expires_on: When the version expires for which it would have to make way.

    Raises:
        RefusedError: It lives there and is not ours to move.
    """
    if key_in(current, form) != slot.key:
        return None
    if not is_enabled(current.tags):
        raise RefusedError(
            f"{secret} in {vault} lives on {slot.name} and must not be moved: its RotationEnabled is false"
        )
    policy = parse_policy(current.tags, current.content_type, kinds, defaults)
    if isinstance(policy, list):
        raise RefusedError(f"{secret} in {vault} lives on {slot.name} and cannot be moved: " + "; ".join(policy))
    pinned = policy.strategy is SlotStrategy.PINNED
    admitted = admission(policy.windows, now, expires_on)
    approval = policy.approval.total_seconds() if policy.approval else None
    return Neighbour(
        vault,
        secret,
        current.version,
        pinned,
        policy.grace.total_seconds(),
        admitted.opens,
        admitted.closes,
        approval,
    )


def key_in(current: SecretVersion, form: KeyForm) -> Credential | None:
    """Return the key in a secret's value; None where it is of no form that could hold one of this target."""
    try:
        return CredentialText.parse(current.value, form).key
    except RefusedError:
        return None


def grace_of(current: SecretVersion, kinds: Kinds, defaults: Defaults) -> timedelta:
    """Return how long a secret's consumers may go without reading it again, whether it is managed or not."""
    policy = parse_policy(current.tags, current.content_type, kinds, defaults)
    return DEFAULT_GRACE if isinstance(policy, list) else policy.grace
