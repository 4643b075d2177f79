"""The short way to simulated Azure: the same answers and the same failures as over the proxy."""

from collections.abc import Callable
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.keyvault.secrets import SecretClient
from azure.mgmt.storage import StorageManagementClient
from azure.storage.blob import BlobServiceClient
from requests.adapters import HTTPAdapter

from dev.simulators import SimulatedAzure, StorageAccount, Vault
from dev.simulators.faults import When
from dev.simulators.shortcut import shortcut

pytestmark = pytest.mark.contract

Told = tuple[str, object, object]


def told(ask: Callable[[], object]) -> Told:
    """Return what a client's user would see of an answer."""
    try:
        return ("answer", ask(), None)
    except HttpResponseError as error:
        headers: Any = getattr(error.response, "headers", {})
        return (type(error).__name__, error.status_code, headers.get("Retry-After"))
    except (ServiceRequestError, ServiceResponseError):
        # Which of the two a name that leads nowhere gives is a matter of who closes first.
        return ("no answer", None, None)


@pytest.fixture
def questions(
    azure: SimulatedAzure,
    vault: Vault,
    account: StorageAccount,
    secrets: SecretClient,
    manager: StorageManagementClient,
    blobs: Callable[[StorageAccount, str], BlobServiceClient],
) -> dict[str, Callable[[], object]]:
    for number in range(60):
        vault.set_secret(f"s{number:02}", "value", tags={"owner": "payments"})
    faults = azure.faults

    def struck(**fault: object) -> Callable[[], object]:
        def ask() -> object:
            faults.add("keyvault.getSecret", **fault)  # type: ignore[arg-type]
            return secrets.get_secret("s00").value

        return ask

    def unreachable() -> object:
        azure.set_reachable(vault.host, False)
        try:
            return secrets.get_secret("s00").value
        finally:
            azure.set_reachable(vault.host, True)

    def keys() -> object:
        listed = manager.storage_accounts.list_keys(account.resource_group, account.name).keys_property or []
        return [key.value for key in listed]

    def elsewhere() -> object:
        return BlobServiceClient(
            "https://nowhere.blob.core.windows.net", credential="a2V5", retry_total=0
        ).get_account_information()

    return {
        "a value": lambda: secrets.get_secret("s00").value,
        "no such secret": lambda: secrets.get_secret("nothing").value,
        "pages": lambda: [one.name for one in secrets.list_properties_of_secrets()],
        "a write": lambda: secrets.set_secret("s59", "välue", tags={"a": "b"}).value,
        "keys": keys,
        "a signed request": lambda: blobs(account, account.key("key1")).get_account_information()["sku_name"],
        "a wrong key": lambda: blobs(account, "a2V5").get_account_information()["sku_name"],
        "throttled": struck(status=429, retry_after=7),
        "broken": struck(status=500),
        "unreachable": unreachable,
        "nowhere": elsewhere,
    }


def test_both_ways_tell_the_same(azure: SimulatedAzure, questions: dict[str, Callable[[], object]]) -> None:
    long_way = {name: told(ask) for name, ask in questions.items()}
    asked = azure.calls_by_operation()
    with shortcut(azure):
        short_way = {name: told(ask) for name, ask in questions.items()}
    assert short_way == long_way
    # The clients have signed in by then.
    again = {name: many * 2 for name, many in asked.items() if name not in ("keyvault.challenge", "identity.token")}
    assert azure.calls_by_operation().items() >= again.items()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_dropped_connection_broke_before_the_answer_came(
    azure: SimulatedAzure, secrets: SecretClient, vault: Vault, when: When
) -> None:
    vault.set_secret("x", "value")
    with shortcut(azure):
        assert secrets.get_secret("x").value == "value"
        azure.faults.add("keyvault.getSecret", drop=True, when=when)
        with pytest.raises(ServiceResponseError):
            secrets.get_secret("x")
        assert secrets.get_secret("x").value == "value"


def test_the_long_way_is_back_afterwards(azure: SimulatedAzure) -> None:
    long_way = HTTPAdapter.send
    with shortcut(azure):
        assert HTTPAdapter.send is not long_way
    assert HTTPAdapter.send is long_way
