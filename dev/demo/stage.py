"""What the demo plays on: simulated Azure and the app on the embedded host, on one virtual clock."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bootstrap
from dev.clock import VirtualClock
from dev.embedded_host import EmbeddedHost
from dev.simulators import Consumer, SimulatedAzure, StorageAccount, Vault

APP = Path(__file__).parents[2]
EVENT = Path(__file__).parent / "events" / "near-expiry.json"

# What the event in EVENT is about, and when it is sent: 30 days before that version expires.
VAULT = "sample-kv"
SECRET = "storage-key"  # noqa: S105 - a name, no value
VERSION = "ee059b2bb5bc48398a53b168c6cdcb10"
NOW = datetime(2026, 7, 25, 1, 8, tzinfo=UTC)
EXPIRES = datetime.fromtimestamp(1787592000, UTC)

SETTINGS = {
    "KEY_VAULTS": f"{VAULT}.vault.azure.net",
    "EVENT_HUB_NAME": "keyvault-events",
    "EVENT_HUB_CONSUMER_GROUP": "rotation",
    "EventHubConnection__fullyQualifiedNamespace": "sample.servicebus.windows.net",
    "REGION_NAME": "simulated",
}

# Real time that calls take, so that there is something to watch.
_LATENCY = {
    "keyvault.*": timedelta(milliseconds=30),
    "storage.getAccount": timedelta(milliseconds=100),
    "storage.listKeys": timedelta(milliseconds=150),
    "storage.regenerateKey": timedelta(milliseconds=800),
    "blob.*": timedelta(milliseconds=20),
}


@dataclass
class Stage:
    """Everything the demo touches."""

    clock: VirtualClock
    azure: SimulatedAzure
    host: EmbeddedHost
    vault: Vault

    def seed(self, secret: str, account_name: str, version: str | None = None) -> tuple[StorageAccount, Consumer]:
        """Add an account, a secret that holds its key1 in a connection string, and an application that uses it."""
        account = self.azure.add_storage_account(account_name, created=NOW - timedelta(days=300))
        account.propagation_delay = timedelta(seconds=20)
        tags = {
            "ProviderAddress": account.resource_id,
            "CredentialId": "key1",
            "ValidityPeriodDays": "90",
            "RetireAfter": "P2D",
            "owner": "payments",
            "cost-center": "4711",
        }
        self.vault.set_secret(
            secret,
            account.connection_string("key1"),
            tags=tags,
            content_type="connection string",
            expires_on=EXPIRES,
            version=version,
        )
        consumer = self.azure.add_consumer(
            self.vault, secret, account, every=timedelta(minutes=5), reread=timedelta(hours=24)
        )
        return account, consumer


@contextmanager
def stage() -> Iterator[Stage]:
    """Set everything up in this process, and take it down again."""
    # Python prints warnings that nobody handles, between the lines of the story.
    logging.getLogger("secret_rotation").addHandler(logging.NullHandler())
    clock = VirtualClock(NOW - timedelta(hours=30))
    with SimulatedAzure(clock) as azure, _environment(azure.environment | SETTINGS), _present(clock):
        for operation, delay in _LATENCY.items():
            azure.faults.add(operation, delay=delay, times=None)
        vault = azure.add_vault(VAULT)
        with EmbeddedHost(APP, clock=clock) as host:
            yield Stage(clock, azure, host, vault)


@contextmanager
def _present(clock: VirtualClock) -> Iterator[None]:
    """Let the app's HTTP functions live at the stage's time."""
    before = bootstrap.now
    bootstrap.now = clock.now
    try:
        yield
    finally:
        bootstrap.now = before


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    """Put this process inside, as long as the stage stands."""
    before = dict(os.environ)
    # A developer's own identity must neither be used nor be looked for.
    for name in [name for name in os.environ if name.startswith(("AZURE_", "MSI_", "IDENTITY_"))]:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
