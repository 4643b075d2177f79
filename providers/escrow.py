"""Keeps what can be read back nowhere: what a rotation has made and not yet published waits in a secret of its own.

With what the vault itself remembers, it makes a credential and its successor two slots, `current` and `next`.
"""

from collections.abc import Iterator

from azure_clients.key_vault import KeyVault
from azure_clients.pacing import present
from rotation.credential import Credential, CredentialText, UnknownCredential
from rotation.failures import DisabledError, MissingError
from rotation.forms import KeyForm
from rotation.model import SecretVersion, Slot, Subject
from rotation.pending import PENDING_FOR, PENDING_LIFE, pending_name
from rotation.tags import CREDENTIAL_ID, ROTATION_ID

CURRENT = "current"
NEXT = "next"

# Each is a read of its own; what the last few versions do not tell is nobody's any more.
_MOST_EARLIER = 8


class Escrow:
    """The pending secret of one rotation."""

    def __init__(self, vault: KeyVault, subject: Subject) -> None:
        self._vault = vault
        self.subject = subject
        self.name = pending_name(subject.rotation_id)

    def current(self) -> SecretVersion:
        """Read the secret's current version."""
        return self._vault.read(self.subject.secret)

    def pending(self) -> SecretVersion | None:
        """Read what waits to be published; None if nothing does."""
        try:
            return self._vault.read(self.name)
        except MissingError:
            return None

    def put(self, value: Credential, **tags: str) -> None:
        """Keep what is about to be issued, or has just been."""
        known = {ROTATION_ID: self.subject.rotation_id, PENDING_FOR: self.subject.secret}
        expires_on = present().replace(microsecond=0) + PENDING_LIFE
        self._vault.write(self.name, value, tags=known | tags, content_type=None, expires_on=expires_on)

    def beside(self, name: str) -> SecretVersion:
        """Read another secret of the same vault."""
        return self._vault.read(name)

    def is_published(self, current: SecretVersion) -> bool:
        """Tell whether the current version is what this rotation has written."""
        return current.tags.get(ROTATION_ID) == self.subject.rotation_id

    def earlier(self, current: SecretVersion) -> Iterator[SecretVersion]:
        """Read the versions before the current one that can be read, the newest first, and not for ever."""
        created = self._vault.created(self.subject.secret)
        before = [version for version in created if version != current.version]
        for version in sorted(before, key=lambda each: created[each], reverse=True)[:_MOST_EARLIER]:
            found = self._version(version)
            if found is not None:
                yield found

    def remove(self) -> None:
        """Let go of what has been published."""
        self._vault.delete(self.name)

    def slots(self, form: KeyForm) -> dict[str, Slot]:
        """Return the credential that the rotation replaces, and its successor as far as there is one."""
        current = self.current()
        if self.is_published(current):
            replaced = self._version(self.subject.version)
            return {CURRENT: _published(CURRENT, replaced, form), NEXT: _published(NEXT, current, form)}
        return {CURRENT: _published(CURRENT, current, form), NEXT: _waiting(self.pending())}

    def _version(self, version: str) -> SecretVersion | None:
        try:
            return self._vault.read(self.subject.secret, version)
        except (MissingError, DisabledError):
            return None


def _published(name: str, version: SecretVersion | None, form: KeyForm) -> Slot:
    """Return a slot as a version of the secret tells of it; a version's id says as much as a digest would."""
    if version is None:
        return Slot(name, UnknownCredential(), None)
    return Slot(
        name,
        CredentialText.parse(version.value, form).key,
        None,
        mark=version.version,
        told_as=version.tags.get(CREDENTIAL_ID, ""),
    )


def _waiting(pending: SecretVersion | None) -> Slot:
    if pending is None:
        return Slot(NEXT, UnknownCredential(), None, is_successor=True)
    return Slot(
        NEXT,
        pending.value,
        pending.created_on,
        mark=pending.version,
        is_successor=True,
        told_as=pending.tags.get(CREDENTIAL_ID, ""),
    )
