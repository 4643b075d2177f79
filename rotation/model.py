"""The facts that a rotation is planned from: what the vault holds and what the provider accepts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rotation.credential import Credential, CredentialText
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


@dataclass(frozen=True)
class Slot:
    """One of the keys that a provider accepts, e.g. `key1`."""

    name: str
    key: Credential
    created_on: datetime | None
    """None on accounts from before creation times were kept."""

    @property
    def witness(self) -> "Witness":
        """What proves, later, whether this slot has been regenerated."""
        return Witness(self.key.fingerprint(), self.created_on)


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

    shared_key_allowed: bool
    probe_endpoint: str | None
    """Where a key can be tried, e.g. `https://contoso.blob.core.windows.net/`; None where there is no such place."""


@dataclass(frozen=True)
class Surroundings:
    """What is decided outside the secret: settings of the app."""

    allowed_vaults: frozenset[str]
    known_types: frozenset[str]
    own_storage: frozenset[str] = field(default_factory=frozenset)
    """Storage accounts whose key this app itself runs on."""


def live_slot(text: CredentialText, slots: Mapping[str, Slot]) -> Slot | None:
    """Return the slot whose key *is* the value, whatever a tag says; None is drift."""
    return next((slot for slot in slots.values() if slot.key == text.key), None)
