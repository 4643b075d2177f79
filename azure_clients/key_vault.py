"""Key Vault's secrets, as a rotation uses them."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from azure_clients.identity import credential
from azure_clients.pacing import asking, present
from azure_clients.pool import Pool
from azure_clients.settings import Settings
from azure_clients.transport import CLIENT_OPTIONS
from rotation.configuration import CONFIGURATION, Configuration, may_configure, parse_configuration
from rotation.credential import Credential, CredentialText
from rotation.failures import DeniedError, DisabledError, MissingError, RefusedError, TransientError
from rotation.forms import KeyForm
from rotation.holding import ReplacedVersion
from rotation.listing import ListedSecret
from rotation.model import SecretVersion
from rotation.tags import Tags

if TYPE_CHECKING:
    from azure.keyvault.secrets import KeyVaultSecret, SecretClient, SecretProperties

# Old enough to be served by every cloud; the SDK's newest default is not.
_API_VERSION = "7.4"


KEPT = timedelta(minutes=5)


@dataclass
class _Shelf:
    """Where a vault's document is kept, and the lock that lets one caller read it for all."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    read_at: datetime | None = None
    document: Configuration = field(default_factory=Configuration)

    def kept(self, read: Callable[[], Configuration], since: datetime) -> Configuration:
        with self.lock:
            if self.read_at is None or not since <= self.read_at <= present():
                self.document, self.read_at = read(), present()
            return self.document


@cache
def _shelf(_host: str) -> _Shelf:
    return _Shelf()


def forget_documents() -> None:
    """Read every vault's document anew when it is asked for."""
    _shelf.cache_clear()


class KeyVault:
    """One vault."""

    def __init__(self, host: str, settings: Settings) -> None:
        self._host = host
        self._settings = settings
        self._pool = Pool(self._new_client)

    def _new_client(self) -> "SecretClient":
        from azure.keyvault.secrets import SecretClient  # noqa: PLC0415 - see identity.py

        return SecretClient(
            f"https://{self._host}",
            credential(self._settings.cloud),
            api_version=_API_VERSION,
            **CLIENT_OPTIONS,
        )

    def read(self, name: str, version: str | None = None) -> SecretVersion:
        """Read a version with its value, the current one unless told otherwise.

        Raises:
            MissingError: There is no such secret or version.
            DisabledError: That version is disabled.
            DeniedError: The app may not read it.
            TransientError: Worth trying again.
        """
        found = self._read(name, version)
        if not may_configure(name, found.tags, found.content_type):
            return found
        return replace(found, tags=self.configuration().completed(name, found.tags))

    def _read(self, name: str, version: str | None = None) -> SecretVersion:
        with asking("get secret", self._host), self._pool.client() as client:
            return _secret_version(client.get_secret(name, version))

    def configuration(self, since: datetime | None = None) -> Configuration:
        """Return what the vault's document says of its secrets, as it was after `since`, or within the last minutes.

        Raises:
            RotationError: It cannot be read, for another reason than that there is none.
        """
        return _shelf(self._host).kept(self._configuration, since or present() - KEPT)

    def _configuration(self) -> Configuration:
        try:
            return parse_configuration(self._read(CONFIGURATION).value.reveal())
        except (MissingError, DisabledError):
            return Configuration()
        except DeniedError as error:
            # Rights may be given secret by secret; whoever has none on this one has not written it for this app.
            return Configuration(complaints=[error.reason])

    def created(self, name: str) -> dict[str, datetime]:
        """Return when each version was created, by version, without reading any value."""
        with asking("list secret versions", self._host), self._pool.client() as client:
            pages = client.list_properties_of_secret_versions(name)
            return {page.version: _created_on(page) for page in pages if page.version}

    def replaced(self, name: str, current: SecretVersion, form: KeyForm, since: datetime) -> list[ReplacedVersion]:
        """Read the versions that stopped being the current one after `since`, given the present one."""
        created = self.created(name)
        times = sorted(set(created.values()))
        found = []
        for version, when in created.items():
            # Key Vault keeps whole seconds. Which of several of one second came first is not known: the longest counts.
            replaced_on = next((later for later in times if later > when), current.created_on)
            if version != current.version and replaced_on >= since:
                found.append(ReplacedVersion(replaced_on, self._key(name, version, form)))
        return found

    def _key(self, name: str, version: str, form: KeyForm) -> Credential | None:
        try:
            return CredentialText.parse(self.read(name, version).value, form).key
        except (MissingError, DisabledError, RefusedError):
            return None

    def listed(self) -> Iterator[ListedSecret]:
        """Read what a listing tells of every secret, without reading any value; a page for each 25 of them.

        Disabled ones too: what is disabled while it is listed may be enabled before the listing is old.
        """
        with asking("list secrets", self._host), self._pool.client() as client:
            found = [_listed(page) for page in client.list_properties_of_secrets() if page.name]
        is_there = any(secret.name.casefold() == CONFIGURATION for secret in found)
        document = self.configuration(since=present()) if is_there else Configuration()
        for secret in found:
            if is_there and may_configure(secret.name, secret.tags, secret.content_type):
                yield replace(secret, tags=document.completed(secret.name, secret.tags))
            else:
                yield secret

    def history(self, name: str) -> list[tuple[str, ListedSecret]]:
        """Return each version and what a listing tells of it, the newest last, disabled ones too.

        Raises:
            RotationError: As for `read`.
        """
        with asking("list secret versions", self._host), self._pool.client() as client:
            pages = [page for page in client.list_properties_of_secret_versions(name) if page.version]
        # Of two made in one second, it is the disabled one that keeps readers out.
        pages.sort(key=lambda page: (_created_on(page), page.enabled is False))
        return [(str(page.version), _listed(page)) for page in pages]

    def disable(self, name: str, version: str) -> None:
        """Disable a version, so that nobody can read it; everything else about it stays.

        Raises:
            RotationError: As for `read`.
        """
        with asking("update secret", self._host), self._pool.client() as client:
            client.update_secret_properties(name, version, enabled=False)

    def write(
        self,
        name: str,
        value: Credential,
        *,
        tags: dict[str, str],
        content_type: str | None,
        expires_on: datetime | None,
    ) -> str:
        """Make a new version and return its id; it is the current one from now on.

        Raises:
            RotationError: As for `read`. The effect of a `TransientError` is unknown: read before writing again.
        """
        with asking("set secret", self._host), self._pool.client() as client:
            written = client.set_secret(
                name,
                value.reveal(),
                tags=tags,
                content_type=content_type,
                expires_on=expires_on,
                enabled=True,
            )
            return str(written.properties.version)

    def delete(self, name: str) -> None:
        """Delete a secret with all its versions, for as long as nobody recovers it; one that is gone is."""
        try:
            with asking("delete secret", self._host), self._pool.client() as client:
                # The poller that it returns would wait for the deleted secret to be listed, which nobody here needs.
                client.begin_delete_secret(name)
        except MissingError:
            return


def _listed(page: "SecretProperties") -> ListedSecret:
    return ListedSecret(
        name=str(page.name),
        enabled=page.enabled is not False,
        created_on=page.created_on,
        expires_on=page.expires_on,
        content_type=page.content_type,
        tags=Tags(page.tags or {}),
    )


def _secret_version(secret: "KeyVaultSecret") -> SecretVersion:
    properties = secret.properties
    return SecretVersion(
        version=str(properties.version),
        value=Credential(secret.value or ""),
        created_on=_created_on(properties),
        expires_on=properties.expires_on,
        content_type=properties.content_type,
        tags=Tags(properties.tags or {}),
    )


def _created_on(properties: "SecretProperties") -> datetime:
    if properties.created_on is None:
        raise TransientError("the answer does not say when the version was created")
    return properties.created_on
