"""Those who use secrets: sites, their slots and container apps, and what Resource Manager tells of their references.

One look at the scopes serves a burst: it is kept for minutes in the worker, and whoever asks meanwhile waits for the
one that is under way. What has been read of a site outlives a look that broke off, so that the next one goes on there.
A list of references names secrets and versions; it holds no value.
"""

import contextvars
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from azure_clients.resource_manager import ResourceManager
from rotation.arm import ResourceId
from rotation.consumers import CONTAINER_APP, SITES, Consumer, Use
from rotation.failures import MissingError, TransientError
from rotation.references import SecretReference, repinned

KEPT = timedelta(minutes=5)

WEB_API = "2022-03-01"
_APPS_API = "2023-05-01"
_PLACES = ("appsettings", "connectionstrings")
# A scope may have hundreds of sites, and a look at each takes two calls.
_AT_ONCE = 8


@dataclass(frozen=True)
class _Settings:
    """All settings of a site, values included: they never leave this module."""

    settings: dict[str, Any] = field(repr=False)
    etag: str | None


class Consumers:
    """Everybody in some scopes, and whoever else is asked for by id."""

    def __init__(self, manager: ResourceManager, scopes: tuple[str, ...]) -> None:
        self._manager = manager
        self._scopes = scopes
        self._lock = threading.Lock()
        self._listed_at: datetime | None = None
        self._listed: list[str] = []
        self._seen: dict[str, tuple[datetime, Consumer]] = {}

    def of(self, vault: str, secret: str, named: list[str], now: datetime) -> list[Consumer]:
        """Return everybody who uses a secret as of some minutes ago, with what they use of it.

        Args:
            vault: Host name.
            secret: Its name.
            named: ARM ids of more consumers than the scopes have.
            now: The present.

        Raises:
            RotationError: A scope or a site cannot be looked at, so that somebody may be overlooked.
        """
        with self._lock:
            if self._listed_at is None or not now - KEPT <= self._listed_at <= now:
                self._listed = self._list(now)
                self._listed_at = now
            wanted = {each.casefold(): each for each in [*self._listed, *named]}
            found = self._look(list(wanted.values()), now)
        known = (each.of(vault, secret) for each in found)
        return sorted((each for each in known if each.uses), key=lambda each: each.id.casefold())

    def look(self, consumer: str, now: datetime) -> Consumer:
        """Look at one consumer right now; one that is gone uses nothing.

        Raises:
            RotationError: It cannot be looked at.
        """
        try:
            found = self._read(consumer)
        except MissingError:
            found = Consumer(consumer, ())
        self._seen[consumer.casefold()] = (now, found)
        return found

    def refresh(self, site: str) -> None:
        """Let a site resolve all its references again, whatever its cache says."""
        self._manager.post("refresh references", f"{site}/config/configreferences/appsettings/refresh", WEB_API)

    def repin(self, site: str, vault: str, secret: str, version: str) -> None:
        """Let every reference of a site to a secret that names another version name this one.

        All settings are written at once, so they are read just before. Where Resource Manager names their state, it is
        asked to write only over that; else they are read once more, and must not have changed.

        Raises:
            RotationError: `TransientError` where somebody else changes them at the same time.
        """
        for place in _PLACES:
            read = self._settings(site, place)
            moved = {name: _moved(setting, vault, secret, version) for name, setting in read.settings.items()}
            if moved == read.settings:
                continue
            if read.etag is None and self._settings(site, place).settings != read.settings:
                raise TransientError(f"write {place}: somebody else is changing them")
            path = f"{site}/config/{place}"
            self._manager.put(f"write {place}", path, WEB_API, {"properties": moved}, read.etag)

    def _settings(self, site: str, place: str) -> "_Settings":
        answer = self._manager.post(f"list {place}", f"{site}/config/{place}/list", WEB_API)
        properties = answer.document.get("properties")
        if not isinstance(properties, Mapping):
            # To take them for none would delete them all.
            raise TransientError(f"list {place}: an answer without settings")
        return _Settings(dict(properties), answer.etag)

    def _list(self, now: datetime) -> list[str]:
        ids = []
        for scope in self._scopes:
            for site in self._ids("list sites", f"{scope}/providers/Microsoft.Web/sites"):
                ids += [site, *self._ids("list slots", f"{site}/slots")]
            apps = f"{scope}/providers/Microsoft.App/containerApps"
            for app in self._manager.pages("list container apps", apps, _APPS_API):
                consumer = _container_app(str(app.get("id")), app)
                self._seen[consumer.id.casefold()] = (now, consumer)
                ids.append(consumer.id)
        return ids

    def _ids(self, operation: str, path: str) -> list[str]:
        return [str(each.get("id")) for each in self._manager.pages(operation, path, WEB_API)]

    def _look(self, ids: list[str], now: datetime) -> list[Consumer]:
        fresh = {key: one for key, (when, one) in self._seen.items() if now - KEPT <= when <= now}
        missing = [each for each in ids if each.casefold() not in fresh]
        if missing:
            # Each thread takes the activity's `now` along (azure_clients.pacing).
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                looks = [pool.submit(contextvars.copy_context().run, self.look, each, now) for each in missing]
            fresh |= {look.result().id.casefold(): look.result() for look in looks}
        return [fresh[each.casefold()] for each in ids]

    def _read(self, consumer: str) -> Consumer:
        resource = ResourceId.parse(consumer)
        if resource is not None and resource.resource_type == CONTAINER_APP:
            return _container_app(consumer, self._manager.get("get container app", consumer, _APPS_API))
        return Consumer(consumer, tuple(use for place in _PLACES for use in self._references(consumer, place)))

    def _references(self, site: str, place: str) -> Iterator[Use]:
        path = f"{site}/config/configreferences/{place}"
        for listed in self._manager.pages("list references", path, WEB_API):
            use = _use(place, listed)
            if use is not None:
                yield use


def is_site(consumer: str) -> bool:
    """Tell whether an ARM id is a site's or a slot's."""
    resource = ResourceId.parse(consumer)
    return resource is not None and resource.resource_type in SITES


def _moved(setting: Any, vault: str, secret: str, version: str) -> Any:
    """Return a setting with its reference at this version: a text, or a connection string's text and type."""
    if isinstance(setting, Mapping):
        return {**setting, "value": _moved(setting.get("value"), vault, secret, version)}
    reference = SecretReference.parse(setting) if isinstance(setting, str) else None
    if reference is None or not reference.version or not reference.is_to(vault, secret):
        return setting
    return repinned(setting, reference.version, version)


def _use(place: str, listed: Mapping[str, Any]) -> Use | None:
    """Read one reference of a site: REST API of App Service, `ApiKVReference`."""
    properties = listed.get("properties")
    if not isinstance(properties, Mapping):
        return None
    told = {name: str(properties.get(name) or "") for name in ("reference", "vaultName", "secretName", "status")}
    reference = SecretReference.parse(told["reference"])
    if reference is None and told["vaultName"] and told["secretName"]:
        reference = SecretReference(told["vaultName"].casefold(), told["secretName"].casefold())
    if reference is None:
        return None
    # `activeVersion` is younger than `secretVersion`, and says the same of a reference without a version.
    resolved = str(properties.get("activeVersion") or properties.get("secretVersion") or "").casefold()
    return Use(place, str(listed.get("name") or ""), reference, resolved, told["status"])


def _container_app(consumer: str, listed: Mapping[str, Any]) -> Consumer:
    """Read what a container app's secrets refer to: REST API of Container Apps, `Secret`."""
    properties = listed.get("properties") or {}
    secrets = (properties.get("configuration") or {}).get("secrets") or []
    uses = []
    for secret in secrets:
        reference = SecretReference.parse(str(secret.get("keyVaultUrl") or ""))
        if reference is not None:
            status = "Resolved" if properties.get("provisioningState") == "Succeeded" else "OtherReasons"
            uses.append(Use("secrets", str(secret.get("name") or ""), reference, "", status))
    return Consumer(consumer, tuple(uses))
