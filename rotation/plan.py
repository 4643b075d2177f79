"""What a rotation will do: decided once by `read_metadata`, kept in the history, free of credentials."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rotation.address import lock_address
from rotation.model import Subject, Witness
from rotation.outcomes import OutcomeName
from rotation.policy import Verification

# What follows the rotation's id in the tag `RotationId` of versions that are not a plain end of the rotation: the
# stopover of a pinned secret, a repaired drift (nothing was replaced, so nothing may be retired), the value brought
# back by a rollback, a neighbour that had to make way.
INTERIM = "/interim"
REPAIRED = "/repaired"
RESTORED = "/restored"
MOVED = "/moved"

# Left out of the wire form as long as they say nothing: a history is paid for by the byte.
_SELDOM = frozenset({"follows", "window", "opens", "closes", "hurry", "approval_seconds"})


@dataclass(frozen=True)
class Plan:
    """The steps that this rotation needs. Absent parts (`None`, `False`) are steps it can leave out."""

    rotation_id: str
    vault: str
    secret: str
    version: str
    """The current version while nothing has been written yet."""
    previous_version: str
    """The version whose value `restore_version` would bring back."""
    provider: str
    """The target's address."""
    probe_endpoint: str | None
    verification: Verification
    validity_days: int
    grace_seconds: float
    slot: str
    """Where the secret will live."""
    witness: Witness
    """The target slot as it was when planned."""
    outcome: OutcomeName
    """What it is called when all goes well."""
    live_slot: str | None = None
    """Where the current version lives; None is drift."""
    interim_slot: str | None = None
    """Pinned secrets live here while their own slot is regenerated."""
    regenerate: bool = False
    not_before: datetime | None = None
    """Consumers may still hold the target slot's credential until then."""
    publish: bool = True
    """False where this rotation has already written its version and only the retirement is left."""
    retire_slot: str | None = None
    retire_witness: Witness | None = None
    retire_at: datetime | None = None
    """When the grace of a version that is already written ends; None: grace_seconds after it is written."""
    late: bool = False
    """Whether the current version had expired by then."""
    follows: bool = False
    """Whether something follows a new version: somebody is known, or may be, to use it, or it has replicas."""
    expires_on: datetime | None = None
    """When the current version expires, or has."""
    window: str | None = None
    """The secret's windows, as its tag says them."""
    opens: datetime | None = None
    """From when regenerating and publishing may begin; None: now, whatever the window."""
    closes: datetime | None = None
    """Until when; what has not begun by then is planned anew."""
    hurry: str = ""
    """Why a window is not waited for."""
    approval_seconds: float | None = None
    """How long somebody may take to approve of this; None: nobody has to."""

    @property
    def subject(self) -> Subject:
        """Whose credential it is about."""
        return Subject(self.vault, self.secret, self.previous_version, self.rotation_id)

    @property
    def lock(self) -> str:
        """What nobody else may work on meanwhile."""
        return lock_address(self.provider, self.vault, self.secret)

    @property
    def mark(self) -> str:
        """What follows the rotation's id in the final version's `RotationId`."""
        return REPAIRED if self.outcome is OutcomeName.REPAIRED else ""

    def is_closed(self, now: datetime) -> bool:
        """Tell whether regenerating and publishing must not begin at that moment."""
        return not is_open(self.opens, self.closes, now)

    def to_json(self) -> dict[str, Any]:
        """Return the wire form: plain JSON types, times in ISO 8601."""
        # `asdict` would copy all of it deeply, which made a tenth of what a rotation's replays cost.
        return {name: _encoded(value) for name, value in vars(self).items() if value or name not in _SELDOM}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Plan":
        """Read the wire form."""
        fields = dict(data)
        for name in ("witness", "retire_witness"):
            fields[name] = witness_from_json(fields[name])
        for name in ("not_before", "retire_at", "expires_on", "opens", "closes"):
            fields[name] = _time(fields.get(name))  # a history may be older than the last three
        fields["verification"] = Verification(fields["verification"])
        fields["outcome"] = OutcomeName(fields["outcome"])
        return cls(**fields)


def is_open(opens: datetime | None, closes: datetime | None, now: datetime) -> bool:
    """Tell whether something may begin at that moment, given from when and until when; None: without such a limit."""
    return (opens is None or opens <= now) and (closes is None or now < closes)


def witness_from_json(data: Mapping[str, Any] | None) -> Witness | None:
    """Read a witness from its wire form."""
    return None if data is None else Witness(data["fingerprint"], _time(data["created_on"]))


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _encoded(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Witness):
        return {name: _encoded(inner) for name, inner in vars(value).items()}
    return value
