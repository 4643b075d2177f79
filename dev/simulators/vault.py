"""The state of a simulated key vault, and the knobs and questions that tests put to it.

Rules of the real service that matter to callers are kept: the current version is the newest one, enabled or
not; a set always makes a new version; names are case-insensitive; deletion is soft. Attributes have whole
seconds on the wire, as there, so two versions of one second can't be told apart by time: here too the order
of making decides.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from .clouds import PUBLIC, Cloud
from .sensitive import Sensitive
from .vault_objects import VaultObjects
from .world import World

RETENTION = timedelta(days=90)
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]")

_PERMISSIONS = {
    "getSecret": "getSecret",
    "getSecretVersion": "getSecret",
    "setSecret": "setSecret",
    "updateSecret": "updateSecret",
    "deleteSecret": "deleteSecret",
    "purgeDeletedSecret": "purgeDeletedSecret",
    "recoverDeletedSecret": "recoverDeletedSecret",
    "listSecrets": "listSecrets",
    "listSecretVersions": "listSecrets",
    "listDeletedSecrets": "listSecrets",
    "getDeletedSecret": "listSecrets",
    "listCertificates": "getCertificate",
    "listKeys": "getKey",
    "getCertificate": "getCertificate",
    "getCertificateOperation": "getCertificate",
    "createCertificate": "createCertificate",
    "getKey": "getKey",
    "getKeyRotationPolicy": "getKeyRotationPolicy",
    "rotateKey": "rotateKey",
}
"""Which right an operation needs: https://learn.microsoft.com/azure/role-based-access-control/permissions/security."""


@dataclass(frozen=True)
class SecretVersion:
    """One version of a secret, as it was when it was asked for."""

    vault_host: str
    name: str
    version: str
    value: Sensitive
    tags: Mapping[str, str]
    content_type: str | None
    enabled: bool
    created: datetime
    updated: datetime
    not_before: datetime | None
    expires_on: datetime | None

    @property
    def id(self) -> str:
        """The full identifier, as events and answers carry it."""
        return f"https://{self.vault_host}/secrets/{self.name}/{self.version}"


@dataclass
class DeletedSecret:
    """A soft-deleted secret with all its versions."""

    versions: list[SecretVersion]
    deleted: datetime

    @property
    def purge_on(self) -> datetime:
        """When it will be gone for good."""
        return self.deleted + RETENTION


class Vault:
    """A key vault's secrets."""

    def __init__(self, world: World, name: str, cloud: Cloud = PUBLIC) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} can't be a vault's name: 3-24 letters, digits and hyphens")
        self.name = name
        self.cloud = cloud
        self.firewall_closed = False
        self._world = world
        self._denied: set[str] = set()
        self._secrets: dict[str, list[SecretVersion]] = {}
        self._deleted: dict[str, DeletedSecret] = {}
        self.objects = VaultObjects(world)
        """Its certificates and keys."""

    @property
    def host(self) -> str:
        """The name that clients connect to."""
        return f"{self.name.lower()}.{self.cloud.vault_domain}"

    @property
    def uri(self) -> str:
        """The vault's URI."""
        return f"https://{self.host}/"

    # --- knobs ------------------------------------------------------------------------------------------

    def deny(self, *operations: str) -> None:
        """Take the app's right to some operations (`getSecret`, `setSecret`, …), or to all when none is named."""
        with self._world.lock:
            self._denied.update(_PERMISSIONS[each] for each in operations or _PERMISSIONS)

    def allow(self, *operations: str) -> None:
        """Give rights back: to some operations, or to all when none is named."""
        with self._world.lock:
            self._denied.difference_update(_PERMISSIONS[each] for each in operations or _PERMISSIONS)

    def denies(self, operation: str) -> bool:
        """Tell whether an operation is refused for want of a role."""
        return _PERMISSIONS.get(operation) in self._denied

    # --- questions --------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """Return the names of the live secrets in the order in which the service lists them."""
        with self._world.lock:
            return [self._secrets[key][-1].name for key in sorted(self._secrets)]

    def versions(self, name: str) -> list[SecretVersion]:
        """Return a secret's versions, oldest first; none if there is no such secret."""
        with self._world.lock:
            return list(self._secrets.get(name.lower(), ()))

    def all_versions(self) -> list[SecretVersion]:
        """Return every version of every secret, deleted ones included."""
        with self._world.lock:
            gone = [version for each in self._deleted.values() for version in each.versions]
            return [version for versions in self._secrets.values() for version in versions] + gone

    def find(self, name: str, version: str | None = None) -> SecretVersion | None:
        """Return a version, or the current one when none is named."""
        versions = self.versions(name)
        if version is None:
            return versions[-1] if versions else None
        return next((each for each in versions if each.version == version.lower()), None)

    def current(self, name: str) -> SecretVersion:
        """Return the newest version.

        Raises:
            KeyError: There is no such secret.
        """
        found = self.find(name)
        if found is None:
            raise KeyError(f"no secret {name!r} in {self.name}")
        return found

    def value(self, name: str, version: str | None = None) -> str:
        """Return the value of a version, the current one by default."""
        found = self.find(name, version)
        if found is None:
            raise KeyError(f"no secret {name!r} in {self.name}")
        return found.value.reveal()

    def deleted_secrets(self) -> dict[str, DeletedSecret]:
        """Return the soft-deleted secrets by their lower-case name, less those whose time is up."""
        with self._world.lock:
            now = self._world.now()
            self._deleted = {key: each for key, each in self._deleted.items() if each.purge_on > now}
            return dict(sorted(self._deleted.items()))

    # --- effects ----------------------------------------------------------------------------------------

    def set_secret(
        self,
        name: str,
        value: str,
        *,
        tags: Mapping[str, str] | None = None,
        content_type: str | None = None,
        expires_on: datetime | None = None,
        not_before: datetime | None = None,
        version: str | None = None,
        enabled: bool = True,
    ) -> SecretVersion:
        """Make a new version, which becomes the current one."""
        with self._world.lock:
            older = self._secrets.setdefault(name.lower(), [])
            now = _whole_second(self._world.now())
            made = SecretVersion(
                self.host,
                older[0].name if older else name,
                version or self._world.new_version_id(),
                Sensitive(value),
                dict(tags or {}),
                content_type,
                enabled,
                now,
                now,
                not_before and _whole_second(not_before),
                expires_on and _whole_second(expires_on),
            )
            older.append(made)
            self._world.changed(f"{self.name}/{made.name}: new version {made.version}")
            return made

    def update(
        self,
        name: str,
        version: str | None = None,
        *,
        tags: Mapping[str, str] | None = None,
        content_type: str | None = None,
        enabled: bool | None = None,
        expires_on: datetime | None = None,
        not_before: datetime | None = None,
    ) -> SecretVersion:
        """Change the properties that are given of one version, the current one by default."""
        with self._world.lock:
            old = self.find(name, version)
            if old is None:
                raise KeyError(f"no such version of {name!r} in {self.name}")
            new = replace(
                old,
                tags=old.tags if tags is None else dict(tags),
                content_type=old.content_type if content_type is None else content_type,
                enabled=old.enabled if enabled is None else enabled,
                expires_on=_whole_second(expires_on) if expires_on else old.expires_on,
                not_before=_whole_second(not_before) if not_before else old.not_before,
                updated=_whole_second(self._world.now()),
            )
            versions = self._secrets[name.lower()]
            versions[versions.index(old)] = new
            self._world.changed(f"{self.name}/{new.name}: version {new.version} updated")
            return new

    def disable(self, name: str, version: str | None = None) -> SecretVersion:
        """Disable one version, the current one by default."""
        return self.update(name, version, enabled=False)

    def delete(self, name: str) -> DeletedSecret:
        """Delete a secret, softly."""
        with self._world.lock:
            versions = self._secrets.pop(name.lower())
            gone = self._deleted[name.lower()] = DeletedSecret(versions, _whole_second(self._world.now()))
            self._world.changed(f"{self.name}/{name}: deleted")
            return gone

    def recover(self, name: str) -> SecretVersion:
        """Bring a soft-deleted secret back."""
        with self._world.lock:
            versions = self._secrets[name.lower()] = self._deleted.pop(name.lower()).versions
            self._world.changed(f"{self.name}/{name}: recovered")
            return versions[-1]

    def purge(self, name: str) -> None:
        """Do away with a soft-deleted secret."""
        with self._world.lock:
            del self._deleted[name.lower()]


def _whole_second(when: datetime) -> datetime:
    return when.astimezone(UTC).replace(microsecond=0)
