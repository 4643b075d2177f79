"""One process's simulated Azure and clock, used for one case after the other."""

import logging
import os
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import bootstrap
from azure_clients import graph, identity, key_vault, pacing, resource_manager
from dev.clock import VirtualClock
from dev.simulators import SimulatedAzure
from dev.simulators.postgresql_driver import postgresql_driver
from dev.simulators.sql_driver import sql_driver
from providers import storage_account

APP = Path(__file__).parents[2]
VAULTS = ("sample-kv", "second-kv")
SETTINGS = {
    "KEY_VAULTS": ",".join(f"{name}.vault.azure.net" for name in VAULTS),
    "REPLICA_VAULTS": f"{VAULTS[1]}.vault.azure.net",
    "EVENT_HUB_NAME": "keyvault-events",
    "EVENT_HUB_CONSUMER_GROUP": "rotation",
    "EventHubConnection__fullyQualifiedNamespace": "sample.servicebus.windows.net",
    "SQL_SERVERS": "db1.contoso.com,db2.contoso.com:14330",
    "REGION_NAME": "westeurope",
    # A case is about one rotation: nothing else may come in between. The platform's own switch.
    "AzureWebJobs.sweep.Disabled": "true",
    "AzureWebJobs.purge_history.Disabled": "true",
}
_FOREIGN = ("AZURE_", "MSI_", "IDENTITY_")


def forget_process() -> None:
    """Let the app read its settings and sign in anew, as a fresh process would."""
    for cached in (
        bootstrap.settings,
        bootstrap.surroundings,
        bootstrap.key_vault,
        bootstrap.replica_vault,
        bootstrap.vault_objects,
        bootstrap.resource_manager,
        bootstrap.inventory,
        bootstrap.consumers,
        bootstrap.copies,
        identity.credential,
        pacing.ways,
        storage_account._management_clients,
        resource_manager._clients,
        graph._clients,
    ):
        cached.cache_clear()
    key_vault.forget_documents()


class Arena:
    """Where cases are tried out; enter it once for each process."""

    def __init__(self, seed: int | None = None) -> None:
        self.clock = VirtualClock(datetime(2026, 7, 25, 1, 8, tzinfo=UTC))
        self.azure = SimulatedAzure(self.clock, seed=seed)
        self.listener: Callable[[str], None] = lambda change: None
        """Told of every change of state; each case puts its own here."""
        self.azure.on_change(self._tell)
        self._outside: dict[str, str] = {}
        self._drivers = ExitStack()

    def __enter__(self) -> Self:
        # Python prints warnings that nobody handles, and here rotations fail by the thousand.
        logging.getLogger("secret_rotation").addHandler(logging.NullHandler())
        self.azure.__enter__()
        self._outside = dict(os.environ)
        for name in [name for name in os.environ if name.startswith(_FOREIGN)]:
            del os.environ[name]
        os.environ.update(self.azure.environment | SETTINGS)
        forget_process()
        self._drivers.enter_context(postgresql_driver(self.azure))
        self._drivers.enter_context(sql_driver(self.azure))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._drivers.close()
        forget_process()
        os.environ.clear()
        os.environ.update(self._outside)
        self.azure.__exit__(kind, error, trace)

    def _tell(self, change: str) -> None:
        self.listener(change)

    def clear(self, *, cold: bool) -> None:
        """Make room for the next case; `cold` also lets the app sign in anew."""
        self.listener = lambda change: None
        self.azure.reset(keep_tokens=not cold)
        if cold:
            forget_process()
        else:
            key_vault.forget_documents()
            bootstrap.inventory.cache_clear()
            bootstrap.consumers.cache_clear()
            bootstrap.copies.cache_clear()
            pacing.ways.cache_clear()
