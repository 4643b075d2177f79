"""A vault, an account and the app's settings in simulated Azure: what most tests begin with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import bootstrap
from dev.clock import VirtualClock
from dev.faults.arena import forget_process
from dev.simulators import SecretVersion, SimulatedAzure, StorageAccount, Vault
from rotation.request import RotationRequest

VAULT = "sample-kv"
ACCOUNT = "samplestore"
SECRET = "storage-key"
START = datetime(2026, 7, 25, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
SETTINGS = {
    "KEY_VAULTS": f"{VAULT}.vault.azure.net,second-kv.vault.azure.net",
    "EVENT_HUB_NAME": "keyvault-events",
    "EVENT_HUB_CONSUMER_GROUP": "rotation",
    "EventHubConnection__fullyQualifiedNamespace": "sample.servicebus.windows.net",
    "REGION_NAME": "westeurope",
}

# Most tests are about one rotation, and let days pass: the platform's own switch keeps the timers out of them.
NO_TIMERS = {"AzureWebJobs.sweep.Disabled": "true", "AzureWebJobs.purge_history.Disabled": "true"}


@contextmanager
def app_environment(
    azure: SimulatedAzure, patch: pytest.MonkeyPatch, settings: dict[str, str] | None = None
) -> Iterator[None]:
    """Put this process inside simulated Azure, with the app's settings."""
    for name, value in (azure.environment | SETTINGS | NO_TIMERS | (settings or {})).items():
        patch.setenv(name, value)
    patch.setattr(bootstrap, "now", azure.clock.now)
    forget_process()
    yield
    forget_process()


@dataclass
class Scene:
    """One managed secret on one account, near its expiry."""

    azure: SimulatedAzure
    clock: VirtualClock
    vault: Vault = field(init=False)
    second_vault: Vault = field(init=False)
    account: StorageAccount = field(init=False)

    def __post_init__(self) -> None:
        self.vault = self.azure.add_vault(VAULT)
        self.second_vault = self.azure.add_vault("second-kv")
        # Keys older than the version: else the idle one would count as regenerated already.
        self.account = self.azure.add_storage_account(ACCOUNT, created=START - timedelta(days=400))

    def secret(
        self,
        slot: str = "key1",
        *,
        name: str = SECRET,
        connection_string: bool = False,
        value: str | None = None,
        expires_in: timedelta | None = 20 * DAY,
        content_type: str | None = "text/plain",
        **tags: str,
    ) -> SecretVersion:
        """Seed the secret: it holds `slot` and expires soon, unless told otherwise."""
        text = self.account.connection_string(slot) if connection_string else self.account.key(slot)
        known = {"ProviderAddress": self.account.resource_id, "CredentialId": slot, "owner": "payments"}
        self.clock.advance(timedelta(seconds=2))
        return self.vault.set_secret(
            name,
            text if value is None else value,
            tags=known | tags,
            content_type=content_type,
            expires_on=None if expires_in is None else self.clock.now() + expires_in,
        )

    def request(self, version: str, *, name: str = SECRET, **fields: Any) -> RotationRequest:
        """Return what a starter would ask for."""
        return RotationRequest(self.vault.host, name, version, **fields)

    def holds(self, slot: str, *, name: str = SECRET) -> bool:
        """Tell whether the secret's current value carries a slot's present key."""
        return self.account.key(slot) in self.vault.value(name)

    def works(self, *, name: str = SECRET) -> bool:
        """Tell whether whoever reads the secret now gets a key that the account accepts."""
        return any(
            self.account.accepts(self.account.key(slot)) and self.holds(slot, name=name) for slot in ("key1", "key2")
        )
