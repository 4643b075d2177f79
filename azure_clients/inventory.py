"""Which secrets are meant to be rotated, and which of them name which target, over all allow-listed vaults.

One listing of a vault serves a whole burst: it is kept for minutes in the worker, and whoever asks meanwhile waits for
the one that is under way. It holds no value. Where a secret lives is read from its value, and only for the few that
share the account in question, because a tag that lies would cost somebody a live key.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from azure_clients.key_vault import KeyVault
from rotation.address import Address, claims
from rotation.configuration import CONFIGURATION
from rotation.failures import NoSuchHostError, UnreachableError
from rotation.kinds import Kinds
from rotation.listing import ListedSecret
from rotation.policy_tags import provider_of
from rotation.replication import is_replica

KEPT = timedelta(minutes=5)


@dataclass(frozen=True)
class Listing:
    """One vault, as it was when it was listed."""

    read_at: datetime
    secrets: list[ListedSecret] = field(default_factory=list)
    """Those that concern us, by name."""
    by_claim: dict[str, list[str]] = field(default_factory=dict)
    """Secret names by what they claim of a target (`rotation.address.claims`)."""
    replicas_by_claim: dict[str, list[str]] = field(default_factory=dict)
    """Likewise, those that are copies: they follow their secret, and claim nothing of their own."""
    pending: list[ListedSecret] = field(default_factory=list)
    """What rotations keep until they publish it, or have left behind."""
    wrong: list[str] = field(default_factory=list)
    """Complaints about the document in which tags may be written, too."""


@dataclass
class _Shelf:
    """Where a vault's listing is kept, and the lock that lets one caller make it for all."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    listing: Listing | None = None

    def has(self, since: datetime, now: datetime) -> bool:
        return self.listing is not None and since <= self.listing.read_at <= now


@dataclass(frozen=True)
class Tenants:
    """Who names a target."""

    secrets: list[tuple[str, str]]
    """Vault host and secret name."""
    unreachable: list[str]
    """Vaults that have never been listed, and do not answer now."""
    unknown: list[str]
    """Vaults that have never been listed, and whose names lead nowhere."""
    replicas: list[tuple[str, str]] = field(default_factory=list)
    """Copies of such secrets."""


class Inventory:
    """The listings of some vaults."""

    def __init__(self, vaults: dict[str, KeyVault], kinds: Kinds) -> None:
        self._vaults = vaults
        self._kinds = kinds
        self._shelves = {host: _Shelf() for host in vaults}

    def tenants(self, address: Address, now: datetime) -> Tenants:
        """Return vault host and name of every secret that claims what `address` does.

        A vault that cannot be reached answers from its last listing, however old; without one it is named.

        Raises:
            RotationError: A vault answers but cannot be listed; what lives there is unknown.
        """
        secrets: list[tuple[str, str]] = []
        unreachable: list[str] = []
        unknown: list[str] = []
        replicas: list[tuple[str, str]] = []
        for host in sorted(self._vaults):
            try:
                listing = self._listed(host, now - KEPT, now, stale=True)
                secrets += [(host, name) for name in _names(listing.by_claim, address)]
                replicas += [(host, name) for name in _names(listing.replicas_by_claim, address)]
            except NoSuchHostError:
                unknown.append(host)
            except UnreachableError:
                unreachable.append(host)
        return Tenants(secrets, unreachable, unknown, replicas)

    def listing(self, host: str, now: datetime, since: datetime | None = None) -> Listing:
        """Return a vault's listing that was made after `since`, or within the last minutes; lists it where needed.

        Raises:
            RotationError: The vault cannot be listed.
        """
        return self._listed(host, now - KEPT if since is None else since, now, stale=False)

    def _listed(self, host: str, since: datetime, now: datetime, *, stale: bool) -> Listing:
        shelf = self._shelves[host]
        with shelf.lock:
            if shelf.listing is None or not shelf.has(since, now):
                try:
                    shelf.listing = self._read(host, now)
                except UnreachableError:
                    if shelf.listing is None or not stale:
                        raise
            return shelf.listing

    def _read(self, host: str, now: datetime) -> Listing:
        listing = Listing(now)
        listed = list(self._vaults[host].listed())
        if any(secret.name.casefold() == CONFIGURATION for secret in listed):
            document = self._vaults[host].configuration()
            listing.wrong.extend([*document.complaints, *document.idle(listed)])
        for secret in listed:
            if secret.is_pending:
                listing.pending.append(secret)
                continue
            if not secret.concerns_us:
                continue
            listing.secrets.append(secret)
            target = provider_of(secret.tags, secret.content_type, self._kinds)
            found = listing.replicas_by_claim if is_replica(secret.tags) else listing.by_claim
            for claim in claims(target) if target is not None else ():
                found.setdefault(claim, []).append(secret.name)
        listing.secrets.sort(key=lambda secret: secret.name.casefold())
        return listing


def _names(by_claim: Mapping[str, list[str]], address: Address) -> Iterable[str]:
    """Return the names under what an address claims, each once."""
    return {name: None for claim in claims(address) for name in by_claim.get(claim, [])}
