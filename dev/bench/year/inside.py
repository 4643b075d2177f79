"""Puts this process inside a simulated Azure and on its clock, with the app's settings for one vault."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

import bootstrap
from dev.faults.arena import forget_process
from dev.simulators import SimulatedAzure, Vault
from dev.simulators.shortcut import shortcut

_FOREIGN = ("AZURE_", "MSI_", "IDENTITY_")


@contextmanager
def inside(azure: SimulatedAzure, vault: Vault) -> Iterator[None]:
    """Enter a simulation, by the short way; leave the process as it was."""
    outside, real_now = dict(os.environ), bootstrap.now
    settings = {
        "KEY_VAULTS": vault.host,
        "EVENT_HUB_NAME": "keyvault-events",
        "EVENT_HUB_CONSUMER_GROUP": "rotation",
        "EventHubConnection__fullyQualifiedNamespace": "sample.servicebus.windows.net",
        "REGION_NAME": "westeurope",
    }
    with azure, shortcut(azure):
        for name in [name for name in os.environ if name.startswith(_FOREIGN)]:
            del os.environ[name]
        os.environ.update(azure.environment | settings)
        forget_process()
        bootstrap.now = azure.clock.now
        logging.disable()  # what goes wrong is meant to, and is counted
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)
            bootstrap.now = real_now
            forget_process()
            os.environ.clear()
            os.environ.update(outside)
