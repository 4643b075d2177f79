"""The facts that a rotation is planned from: what the vault holds and what the provider accepts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rotation.credential import Credential, CredentialText
from rotation.kinds import Kinds
from rotation.listing import ListedSecret
from rotation.tags import Tags


@dataclass(frozen=True)
class SecretVersion:
    """One version of a secret, with its value."""

    version: str
    value: Credential
    created_on: datetime
    expires_on: datetime | None
    content_type: str | None
    tags: Tags

    def as_listed(self, name: str) -> ListedSecret:
        """Return what a listing would tell of it, given the secret's name."""
        return ListedSecret(name, True, self.created_on, self.expires_on, self.content_type, self.tags)


@dataclass(frozen=True)
class Subject:
    """Whose credential is rotated."""

    vault: str
    """Host name."""
    secret: str
    version: str
    """The version that the rotation replaces."""
    rotation_id: str


@dataclass(frozen=True)
class Slot:
    """One of the keys that a provider accepts, e.g. `key1`."""

    name: str
    key: Credential
    created_on: datetime | None
    """None where the service does not tell, or did not when the key was made."""
    key_id: str | None = None
    """What the service calls the key, where values carry that too."""
    family: str = ""
    """Only slots of one family can stand in for each other: a read-only key is none that may write."""

    mark: str = ""
    """What tells its key from the next one where the key itself may be guessable: then not even a digest is told."""
    is_successor: bool = False
    """It is made anew by regenerating it, so nobody can hold what it is before that."""
    is_remembered: bool = False
    """Its key is what the vault says that it was: the target cannot be asked, and may have another one since."""
    told_as: str | None = None
    """What the tag `CredentialId` says of it, where that is not its name; empty for nothing."""

    @property
    def fingerprint(self) -> str:
        """What may be told of its key."""
        return self.mark or self.key.fingerprint()

    @property
    def credential_id(self) -> str:
        """What the tag `CredentialId` says of it."""
        return self.name if self.told_as is None else self.told_as

    @property
    def witness(self) -> "Witness":
        """What proves, later, whether this slot has been regenerated."""
        return Witness(self.fingerprint, self.created_on)


@dataclass(frozen=True)
class Witness:
    """How a slot looked when the rotation was planned; once it differs, the slot has been regenerated."""

    fingerprint: str
    created_on: datetime | None

    def matches(self, slot: Slot) -> bool:
        """Tell whether the slot is still as it was."""
        return slot.witness == self


@dataclass(frozen=True)
class Target:
    """What a provider says of itself; no keys."""

    keys_refused: str | None
    """How it says that it takes no keys, e.g. `shared key access disabled`; None: it takes them."""
    probe_endpoint: str | None
    """Where a key can be tried, e.g. `https://contoso.blob.core.windows.net/`; None where there is no such place."""


@dataclass(frozen=True)
class Surroundings:
    """What is decided outside the secret: settings of the app."""

    allowed_vaults: frozenset[str]
    kinds: Kinds
    own_storage: frozenset[str] = field(default_factory=frozenset)
    """Storage accounts whose key this app itself runs on."""


def live_slot(text: CredentialText, slots: Mapping[str, Slot]) -> Slot | None:
    """Return the slot whose key *is* the value, whatever a tag says; None is drift."""
    return next((slot for slot in slots.values() if slot.key == text.key), None)


def beside(slot: Slot, slots: Mapping[str, Slot]) -> Slot:
    """Return the slot that can stand in for another."""
    return next(other for other in slots.values() if other.name != slot.name and other.family == slot.family)
