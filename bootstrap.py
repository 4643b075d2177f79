"""Puts the real parts together: the one place where deployed code reads the environment and the clock."""

import os
from datetime import UTC, datetime
from functools import cache

from azure_clients.consumers import Consumers
from azure_clients.inventory import Inventory
from azure_clients.key_vault import KeyVault
from azure_clients.resource_manager import ResourceManager
from azure_clients.settings import Settings, load_settings
from azure_clients.vault_objects import VaultObjects
from providers.escrow import Escrow
from providers.protocol import Provider
from providers.registry import KINDS, PROVIDERS
from rotation.address import parse_address
from rotation.failures import RefusedError
from rotation.model import Subject, Surroundings
from rotation.replication import targets
from rotation.request import shape
from rotation.tags import CONSUMERS, Tags


@cache
def settings() -> Settings:
    """Return the app's settings, read and checked once."""
    return load_settings(os.environ)


def now() -> datetime:
    """Return the present, aware, in UTC; orchestrations and what they call have it from their context instead."""
    return datetime.now(UTC)


@cache
def surroundings() -> Surroundings:
    """Return what planning needs to know of the app."""
    return Surroundings(settings().vaults, KINDS, settings().own_storage)


@cache
def key_vault(host: str) -> KeyVault:
    """Return the client of an allow-listed vault.

    Raises:
        RefusedError: The vault is not in KEY_VAULTS. Every way to a vault leads through here.
    """
    if host not in settings().vaults:
        raise RefusedError(f"vault {host} is not in KEY_VAULTS")
    return KeyVault(host, settings())


@cache
def vault_objects(host: str) -> VaultObjects:
    """Return the client of an allow-listed vault's certificates and keys; raises as `key_vault`."""
    if host not in settings().vaults:
        raise RefusedError(f"vault {host} is not in KEY_VAULTS")
    return VaultObjects(host, settings())


@cache
def resource_manager() -> ResourceManager:
    """Return the client of Resource Manager, for what no provider does."""
    return ResourceManager(settings().cloud)


@cache
def replica_vault(host: str) -> KeyVault:
    """Return the client of a vault that may be copied to.

    Raises:
        RefusedError: The vault is not in REPLICA_VAULTS. Every way to a copy leads through here.
    """
    if host not in settings().replica_vaults:
        raise RefusedError(f"vault {host} is not in REPLICA_VAULTS")
    return KeyVault(host, settings())


@cache
def inventory() -> Inventory:
    """Return the inventory of all allow-listed vaults."""
    return Inventory({host: key_vault(host) for host in settings().vaults}, KINDS)


@cache
def consumers() -> Consumers:
    """Return what is known of those who use secrets."""
    return Consumers(resource_manager(), settings().consumer_scopes)


@cache
def copies() -> Inventory:
    """Return the inventory of all vaults that may be copied to."""
    return Inventory({host: replica_vault(host) for host in settings().replica_vaults}, KINDS)


def is_followed(tags: Tags) -> bool:
    """Return whether anything is to be started for each new version of a secret (activities/announce_version.py)."""
    known = settings()
    return bool(known.consumer_scopes or tags.get(CONSUMERS) or targets(tags, known.replica_vaults))


def provider(address: str, subject: Subject) -> Provider:
    """Return the provider of a target, for the secret that is being rotated."""
    target = parse_address(address)
    if target is None or target.kind not in PROVIDERS:
        raise RefusedError(f"the provider address is {shape(address)}, expected one of a known kind")
    if not isinstance(target, PROVIDERS[target.kind].takes):
        raise RefusedError(f"the provider address is {shape(address)}, expected it as the plan has it")
    return PROVIDERS[target.kind].make(target, Escrow(key_vault(subject.vault), subject), settings())
