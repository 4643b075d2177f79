"""Simulated Resource Manager, as the real `StorageManagementClient` meets it over TLS."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import requests
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential
from azure.mgmt.storage import StorageManagementClient
from azure.mgmt.storage.models import StorageAccountKey

from dev.clock import VirtualClock
from dev.simulators import SimulatedAzure, StorageAccount

pytestmark = pytest.mark.contract


def _keys(manager: StorageManagementClient, account: StorageAccount) -> dict[str, StorageAccountKey]:
    result = manager.storage_accounts.list_keys(account.resource_group, account.name)
    return {str(key.key_name): key for key in result.keys_property or []}


def _code(error: HttpResponseError) -> str | None:
    assert error.error is not None
    return error.error.code


def test_an_account_is_described(
    manager: StorageManagementClient, account: StorageAccount, clock: VirtualClock
) -> None:
    found = manager.storage_accounts.get_properties("sample-rg", "demostore")
    assert found.id == account.resource_id
    assert (found.kind, found.location, found.sku and found.sku.name) == ("StorageV2", "westeurope", "Standard_LRS")
    assert found.primary_endpoints is not None
    assert found.primary_endpoints.blob == "https://demostore.blob.core.windows.net/"
    assert found.creation_time == clock.now()
    assert found.key_creation_time is not None
    assert found.key_creation_time.key1 == clock.now()


@pytest.mark.parametrize("allowed", [None, True, False])
def test_shared_key_access_can_be_unset(azure: SimulatedAzure, allowed: bool | None) -> None:
    account = azure.add_storage_account("demostore", allow_shared_key_access=allowed)
    manager = StorageManagementClient(DefaultAzureCredential(), account.subscription)
    assert manager.storage_accounts.get_properties("sample-rg", "demostore").allow_shared_key_access is allowed


@pytest.mark.parametrize(
    ("kind", "services"),
    [
        ("StorageV2", {"blob", "dfs", "file", "queue", "table", "web"}),
        ("Storage", {"blob", "file", "queue", "table"}),
        ("BlobStorage", {"blob", "dfs", "table"}),
        ("BlockBlobStorage", {"blob", "dfs", "web"}),
        ("FileStorage", {"file"}),
    ],
)
def test_endpoints_depend_on_the_kind(azure: SimulatedAzure, kind: str, services: set[str]) -> None:
    account = azure.add_storage_account("demostore", kind=kind)
    manager = StorageManagementClient(DefaultAzureCredential(), account.subscription)
    endpoints = manager.storage_accounts.get_properties("sample-rg", "demostore").primary_endpoints
    assert endpoints is not None
    assert {name for name in ("blob", "dfs", "file", "queue", "table", "web") if getattr(endpoints, name)} == services


def test_keys_are_64_random_bytes_with_their_age(manager: StorageManagementClient, account: StorageAccount) -> None:
    keys = _keys(manager, account)
    assert set(keys) == {"key1", "key2"}
    assert {len(base64.b64decode(key.value or "")) for key in keys.values()} == {64}
    assert keys["key1"].value == account.key("key1") != keys["key2"].value
    assert {str(key.permissions).upper() for key in keys.values()} == {"FULL"}


def test_the_age_of_a_key_may_be_unknown(manager: StorageManagementClient, account: StorageAccount) -> None:
    account.set_key_created("key2", None)
    keys = _keys(manager, account)
    assert keys["key1"].creation_time is not None
    assert keys["key2"].creation_time is None
    described = manager.storage_accounts.get_properties("sample-rg", "demostore").key_creation_time
    assert described is not None
    assert described.key2 is None


def test_accounts_can_be_older_than_the_clock(azure: SimulatedAzure) -> None:
    created = datetime(2021, 3, 4, 5, 6, 7, 890000, tzinfo=UTC)
    account = azure.add_storage_account("demostore", created=created)
    manager = StorageManagementClient(DefaultAzureCredential(), account.subscription)
    assert {key.creation_time for key in _keys(manager, account).values()} == {created}


def test_regenerating_answers_with_all_keys_and_changes_one(
    manager: StorageManagementClient, account: StorageAccount, clock: VirtualClock
) -> None:
    before = {slot: account.key(slot) for slot in ("key1", "key2")}
    clock.advance(timedelta(days=3))
    result = manager.storage_accounts.regenerate_key("sample-rg", "demostore", {"keyName": "key2"})
    after = {str(key.key_name): key for key in result.keys_property or []}
    assert after["key1"].value == before["key1"]
    assert after["key2"].value == account.key("key2") != before["key2"]
    assert after["key2"].creation_time == clock.now()
    history = account.key_history("key2")
    assert [each.value.reveal() for each in history] == [before["key2"], account.key("key2")]
    assert [each.retired_at for each in history] == [clock.now(), None]


def test_kerberos_keys_are_listed_where_an_account_has_them(azure: SimulatedAzure) -> None:
    account = azure.add_storage_account("demostore", kerberos=True)
    manager = StorageManagementClient(DefaultAzureCredential(), account.subscription)
    assert set(_keys(manager, account)) == {"key1", "key2", "kerb1", "kerb2"}
    before = account.key("kerb1")
    manager.storage_accounts.regenerate_key("sample-rg", "demostore", {"keyName": "kerb1"})
    assert account.key("kerb1") != before


@pytest.mark.parametrize("slot", ["key3", "kerb1", ""])
def test_only_the_keys_that_exist_can_be_regenerated(manager: StorageManagementClient, slot: str) -> None:
    with pytest.raises(HttpResponseError) as caught:
        manager.storage_accounts.regenerate_key("sample-rg", "demostore", {"keyName": slot})
    assert caught.value.status_code == 400


def test_ids_are_case_insensitive(manager: StorageManagementClient, account: StorageAccount) -> None:
    assert manager.storage_accounts.get_properties("SAMPLE-RG", "DemoStore").id == account.resource_id


def test_each_missing_part_has_its_own_error(manager: StorageManagementClient) -> None:
    for group, name, code in (
        ("sample-rg", "other", "ResourceNotFound"),
        ("other", "demostore", "ResourceGroupNotFound"),
    ):
        with pytest.raises(ResourceNotFoundError) as caught:
            manager.storage_accounts.get_properties(group, name)
        assert _code(caught.value) == code
    elsewhere = StorageManagementClient(DefaultAzureCredential(), "22222222-2222-4222-8222-222222222222")
    with pytest.raises(ResourceNotFoundError) as caught:
        elsewhere.storage_accounts.list_keys("sample-rg", "demostore")
    assert _code(caught.value) == "SubscriptionNotFound"


def test_a_removed_account_is_found_no_more(
    azure: SimulatedAzure, manager: StorageManagementClient, account: StorageAccount
) -> None:
    azure.remove_storage_account(account)
    with pytest.raises(ResourceNotFoundError) as caught:
        manager.storage_accounts.list_keys("sample-rg", "demostore")
    assert _code(caught.value) == "ResourceNotFound"


@pytest.mark.parametrize("action", ["read", "listKeys", "regenerateKey"])
def test_rights_can_be_taken_one_by_one(manager: StorageManagementClient, account: StorageAccount, action: str) -> None:
    account.deny(action)
    key = account.key("key1")
    accounts = manager.storage_accounts
    calls: dict[str, Callable[[], object]] = {
        "read": lambda: accounts.get_properties("sample-rg", "demostore"),
        "listKeys": lambda: accounts.list_keys("sample-rg", "demostore"),
        "regenerateKey": lambda: accounts.regenerate_key("sample-rg", "demostore", {"keyName": "key1"}),
    }
    with pytest.raises(HttpResponseError) as caught:
        calls.pop(action)()
    assert (caught.value.status_code, _code(caught.value)) == (403, "AuthorizationFailed")
    assert f"Microsoft.Storage/storageAccounts/{action}" in str(caught.value)
    assert account.key("key1") == key
    for allowed in calls.values():
        allowed()


def test_a_read_only_lock_stops_listing_and_regenerating(
    manager: StorageManagementClient, account: StorageAccount
) -> None:
    account.read_only_lock = True
    assert manager.storage_accounts.get_properties("sample-rg", "demostore").name == "demostore"
    with pytest.raises(HttpResponseError) as caught:
        manager.storage_accounts.list_keys("sample-rg", "demostore")
    assert (caught.value.status_code, _code(caught.value)) == (409, "ScopeLocked")
    with pytest.raises(HttpResponseError) as caught:
        manager.storage_accounts.regenerate_key("sample-rg", "demostore", {"keyName": "key1"})
    assert _code(caught.value) == "ScopeLocked"


@pytest.mark.parametrize(
    ("cloud", "host"),
    [("AzureChinaCloud", "management.chinacloudapi.cn"), ("AzureUSGovernment", "management.usgovcloudapi.net")],
)
def test_sovereign_clouds_know_their_own_accounts_only(azure: SimulatedAzure, cloud: str, host: str) -> None:
    account = azure.add_storage_account("demostore", cloud=cloud)
    inside = StorageManagementClient(
        DefaultAzureCredential(),
        account.subscription,
        base_url=f"https://{host}",
        credential_scopes=[f"https://{host}/.default"],
    )
    described = inside.storage_accounts.get_properties("sample-rg", "demostore")
    assert described.primary_endpoints is not None
    assert described.primary_endpoints.blob == account.endpoint("blob")
    outside = StorageManagementClient(DefaultAzureCredential(), account.subscription)
    with pytest.raises(ResourceNotFoundError):
        outside.storage_accounts.get_properties("sample-rg", "demostore")


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("{id}?api-version=2023-01-01", {}, 401, "AuthenticationFailed"),
        ("{id}?api-version=2023-01-01", {"Authorization": "Bearer nonsense"}, 401, "InvalidAuthenticationToken"),
        ("{id}", None, 400, "MissingApiVersionParameter"),
        ("/subscriptions/x/providers/Microsoft.Compute/disks?api-version=1", None, 404, "InvalidResourceType"),
        ("{id}/blobServices?api-version=1", None, 404, "InvalidResourceType"),
    ],
)
def test_other_refusals(
    account: StorageAccount, path: str, headers: dict[str, str] | None, status: int, code: str
) -> None:
    if headers is None:
        token = ManagedIdentityCredential().get_token("https://management.azure.com/.default").token
        headers = {"Authorization": f"Bearer {token}"}
    url = "https://management.azure.com" + path.format(id=account.resource_id)
    answer = requests.get(url, headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


def test_nothing_printed_shows_a_key(azure: SimulatedAzure, account: StorageAccount) -> None:
    account.regenerate("key1")
    shown = repr((account, vars(account), account.key_history(), azure.calls))
    assert not any(each.value.reveal() in shown for each in account.key_history())
