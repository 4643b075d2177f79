"""Rate limits, as the SDK clients feel them."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from azure.core.exceptions import HttpResponseError
from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient
from azure.mgmt.storage import StorageManagementClient

from dev.clock import VirtualClock
from dev.simulators import SimulatedAzure, StorageAccount, Vault
from dev.simulators.limits import Limit

pytestmark = pytest.mark.contract

READS = Limit(("storage.getAccount", "storage.listKeys"), 2, timedelta(minutes=5))


def read(manager: StorageManagementClient, account: StorageAccount) -> int | None:
    """List the keys; return the seconds that a refusal asks to wait."""
    try:
        manager.storage_accounts.list_keys(account.resource_group, account.name)
    except HttpResponseError as refusal:
        assert refusal.status_code == 429  # noqa: PT017 - what the refusal says is the test's subject
        headers: Mapping[str, str] = getattr(refusal.response, "headers")  # noqa: B009 - azure-core's types leave them out
        return int(headers["Retry-After"])
    return None


def test_calls_beyond_the_limit_are_refused_until_the_window_ends(
    azure: SimulatedAzure, clock: VirtualClock, manager: StorageManagementClient, account: StorageAccount
) -> None:
    azure.limits.set([READS])
    manager.storage_accounts.get_properties(account.resource_group, account.name)
    clock.advance(timedelta(minutes=1))
    assert read(manager, account) is None
    assert read(manager, account) == 240
    clock.advance(timedelta(seconds=239))
    assert read(manager, account) == 1
    clock.advance(timedelta(seconds=1))
    assert [read(manager, account) for _ in range(3)] == [None, None, 300]


def test_a_refused_call_has_no_effect_and_what_is_not_named_has_no_limit(
    azure: SimulatedAzure, manager: StorageManagementClient, account: StorageAccount
) -> None:
    azure.limits.set([Limit(("storage.regenerateKey",), 1, timedelta(seconds=1))])
    manager.storage_accounts.regenerate_key(account.resource_group, account.name, {"keyName": "key2"})
    key = account.key("key2")
    with pytest.raises(HttpResponseError):
        manager.storage_accounts.regenerate_key(account.resource_group, account.name, {"keyName": "key2"})
    assert account.key("key2") == key
    assert [read(manager, account) for _ in range(5)] == [None] * 5


def test_subscriptions_and_vaults_are_counted_by_themselves(
    azure: SimulatedAzure, manager: StorageManagementClient, account: StorageAccount, vault: Vault
) -> None:
    azure.limits.set([READS, Limit(("keyvault.get*",), 1, timedelta(seconds=10))])
    other = azure.add_storage_account("otherstore", subscription="22222222-2222-4222-8222-222222222222")
    elsewhere = StorageManagementClient(ManagedIdentityCredential(), other.subscription, retry_total=0)
    assert [read(manager, account) is None for _ in range(3)] == [True, True, False]
    assert read(elsewhere, other) is None
    vaults = [vault, azure.add_vault("second-kv")]
    clients = [SecretClient(one.uri, ManagedIdentityCredential(), retry_total=0) for one in vaults]
    for client in clients:
        client.set_secret("name", "value")
    for client in clients:
        client.get_secret("name")
        with pytest.raises(HttpResponseError):
            client.get_secret("name")


def test_limits_end_with_the_simulation(azure: SimulatedAzure, manager: StorageManagementClient) -> None:
    azure.limits.set([Limit(("*",), 1, timedelta(days=1))])
    azure.reset()
    account = azure.add_storage_account("demostore")
    fresh = StorageManagementClient(ManagedIdentityCredential(), account.subscription, retry_total=0)
    assert [read(fresh, account) for _ in range(3)] == [None] * 3
