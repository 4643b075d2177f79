"""What a year is played on: one vault with its secrets and their accounts, and a record of who did what.

Calls take no time and old keys live on until the new ones are accepted everywhere: both are in favour of whoever
regenerates a key that is in use.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from dev.clock import VirtualClock
from dev.simulators import SimulatedAzure, StorageAccount, Vault
from dev.simulators.invariant import account_key

from .population import SecretSpec

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_BEFORE = timedelta(days=800)
"""How old the accounts are: older than any version."""

Cause = Literal["own", "lie", "hand"]
"""What killed a key: the contender, the contender misled by a tag that lied, or somebody in the portal."""


@dataclass(frozen=True)
class Regeneration:
    """One key that was made."""

    at: datetime
    account: str
    slot: str
    killed: str = field(repr=False)
    made: str = field(repr=False)
    cause: Cause


class Stage:
    """One vault's world.

    Args:
        name: The vault's name.
        specs: Its secrets.
        seed: What keys and versions follow from.
        tags_mislead: Whether the contender reads `CredentialId` at all.
    """

    def __init__(self, name: str, specs: list[SecretSpec], seed: int, *, tags_mislead: bool = True) -> None:
        self.clock = VirtualClock(BEGIN - _BEFORE)
        self.azure = SimulatedAzure(self.clock, seed=seed)
        self.vault: Vault = self.azure.add_vault(name)
        self.specs = {spec.name: spec for spec in specs}
        self.accounts: dict[str, StorageAccount] = {}
        self.tenants: dict[str, list[str]] = {}
        """The secrets of each account."""
        self.regenerations: list[Regeneration] = []
        self.written_by_hand: set[str] = set()
        """Versions."""
        self.tags_written: dict[str, Mapping[str, str]] = {}
        """By version."""
        self.written_at: dict[str, datetime] = {}
        """By version, to the moment: Key Vault tells whole seconds only."""
        self.lied: set[str] = set()
        """Secrets whose `CredentialId` somebody has changed."""
        self.on_version: list[Callable[[str], None]] = []
        """Told of every new version of a secret, under the simulation's lock."""
        self.on_regeneration: list[Callable[[Regeneration], None]] = []
        self._tags_mislead = tags_mislead
        self._hand = threading.local()
        for spec in sorted(specs, key=lambda one: one.age, reverse=True):
            self._seed(spec)
        self.clock.advance(BEGIN - self.clock.now())
        self.azure.on_change(self._changed)

    def _seed(self, spec: SecretSpec) -> None:
        if spec.account not in self.accounts:
            account = self.azure.add_storage_account(spec.account, created=BEGIN - _BEFORE)
            account.propagation_delay = spec.propagation
            account.old_key_lingers = True
            self.accounts[spec.account] = account
        self.tenants.setdefault(spec.account, []).append(spec.name)
        self.clock.advance(BEGIN - spec.age - self.clock.now())
        self.vault.set_secret(
            spec.name,
            self.value(spec, spec.slot),
            tags=self.tags(spec, spec.slot),
            content_type=self.account(spec.name).resource_id,
            expires_on=self.clock.now() + spec.validity,
        )

    def account(self, secret: str) -> StorageAccount:
        """Return the account that a secret is for."""
        return self.accounts[self.specs[secret].account]

    def value(self, spec: SecretSpec, slot: str) -> str:
        """Return a slot's key in the format that a secret's consumers expect."""
        account = self.account(spec.name)
        return account.connection_string(slot) if spec.connection_string else account.key(slot)

    def tags(self, spec: SecretSpec, slot: str) -> dict[str, str]:
        """Return all tags of a secret that lives on a slot."""
        return {**spec.tags, "ProviderAddress": self.account(spec.name).resource_id, "CredentialId": slot}

    def key(self, secret: str) -> str:
        """Return the key in a secret's current version."""
        return account_key(self.vault.value(secret))

    def live_slot(self, secret: str) -> str | None:
        """Return the slot that a secret's current version holds, if any does."""
        return self.account(secret).slot_of(self.key(secret))

    @contextmanager
    def by_hand(self) -> Iterator[None]:
        """Make changes that are none of the contender's."""
        self._hand.acting = True
        try:
            yield
        finally:
            self._hand.acting = False

    def _changed(self, change: str) -> None:
        subject, _, what = change.partition(": ")
        owner, _, part = subject.partition("/")
        if what == "regenerated":
            self._regenerated(self.accounts[owner], part)
        elif what.startswith("new version"):
            version = self.vault.current(part)
            self.tags_written[version.version] = version.tags
            self.written_at[version.version] = self.clock.now()
            self.lied.discard(part)
            if self._is_hand:
                self.written_by_hand.add(version.version)
            for listener in self.on_version:
                listener(part)

    def _regenerated(self, account: StorageAccount, slot: str) -> None:
        killed, made = (each.value.reveal() for each in account.key_history(slot)[-2:])
        cause: Cause = "hand" if self._is_hand else "own"
        if cause == "own" and self._tags_mislead and self._has_lied_about(killed, account):
            cause = "lie"
        done = Regeneration(self.clock.now(), account.name, slot, killed, made, cause)
        self.regenerations.append(done)
        for listener in self.on_regeneration:
            listener(done)

    def _has_lied_about(self, key: str, account: StorageAccount) -> bool:
        return any(one in self.lied and self.key(one) == key for one in self.tenants[account.name])

    @property
    def _is_hand(self) -> bool:
        return bool(getattr(self._hand, "acting", False))
