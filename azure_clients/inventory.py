"""Which secrets name which target, over all allow-listed vaults.

One listing of a vault serves a whole burst: it is kept for minutes in the worker, and whoever asks meanwhile waits for
the one that is under way. It holds names only. Where a secret lives is read from its value, and only for the few that
share the account in question, because a tag that lies would cost somebody a live key.
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from azure_clients.key_vault import KeyVault
from rotation.arm import ResourceId
from rotation.failures import NoSuchHostError, UnreachableError
from rotation.tags import provider_text

KEPT = timedelta(minutes=5)


@dataclass
class _Listing:
    lock: threading.Lock = field(default_factory=threading.Lock)
    read_at: datetime | None = None
    secrets: dict[str, list[str]] = field(default_factory=dict)
    """Secret names by the target's resource id in lower case."""

    def is_fresh(self, now: datetime) -> bool:
        return self.read_at is not None and timedelta(0) <= now - self.read_at < KEPT


@dataclass(frozen=True)
class Tenants:
    """Who names a target."""

    secrets: list[tuple[str, str]]
    """Vault host and secret name."""
    unreachable: list[str]
    """Vaults that have never been listed, and do not answer now."""
    unknown: list[str]
    """Vaults that have never been listed, and whose names lead nowhere."""


class Inventory:
    """The listings of some vaults."""

    def __init__(self, vaults: dict[str, KeyVault]) -> None:
        self._vaults = vaults
        self._listings = {host: _Listing() for host in vaults}

    def tenants(self, address: str, now: datetime) -> Tenants:
        """Return vault host and name of every secret that names the target `address`.

        A vault that cannot be reached answers from its last listing, however old; without one it is named.

        Raises:
            RotationError: A vault answers but cannot be listed; what lives there is unknown.
        """
        wanted = address.casefold()
        secrets: list[tuple[str, str]] = []
        unreachable: list[str] = []
        unknown: list[str] = []
        for host in sorted(self._vaults):
            try:
                secrets += [(host, name) for name in self._listed(host, now).get(wanted, [])]
            except NoSuchHostError:
                unknown.append(host)
            except UnreachableError:
                unreachable.append(host)
        return Tenants(secrets, unreachable, unknown)

    def _listed(self, host: str, now: datetime) -> dict[str, list[str]]:
        listing = self._listings[host]
        with listing.lock:
            if not listing.is_fresh(now):
                try:
                    listing.secrets = self._read(host)
                except UnreachableError:
                    if listing.read_at is None:
                        raise
                else:
                    listing.read_at = now
            return listing.secrets

    def _read(self, host: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, tags, content_type in self._vaults[host].managed():
            resource = ResourceId.parse(provider_text(tags, content_type) or "")
            if resource is not None:
                found.setdefault(str(resource).casefold(), []).append(name)
        return found
