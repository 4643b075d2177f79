"""Faults of each kind, as the SDK clients feel them, and what is true in Azure afterwards."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient
from azure.mgmt.storage import StorageManagementClient
from azure.storage.blob import BlobServiceClient

from dev.clock import VirtualClock
from dev.simulators import SimulatedAzure, StorageAccount, Vault

pytestmark = pytest.mark.contract


def _regenerate(manager: StorageManagementClient) -> None:
    manager.storage_accounts.regenerate_key("sample-rg", "demostore", {"keyName": "key2"})


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_error_before_the_effect_leaves_no_trace(
    azure: SimulatedAzure, manager: StorageManagementClient, account: StorageAccount, status: int
) -> None:
    key = account.key("key2")
    azure.faults.add("storage.regenerateKey", status=status, retry_after=17)
    with pytest.raises(HttpResponseError) as caught:
        _regenerate(manager)
    assert caught.value.status_code == status
    headers: Mapping[str, str] = getattr(caught.value.response, "headers")  # noqa: B009 - azure-core's types leave them out
    assert headers["Retry-After"] == "17"
    assert caught.value.error is not None
    assert caught.value.error.code
    assert account.key("key2") == key
    _regenerate(manager)
    assert account.key("key2") != key


def test_an_error_after_the_effect_hides_it(
    azure: SimulatedAzure, manager: StorageManagementClient, account: StorageAccount
) -> None:
    key = account.key("key2")
    azure.faults.add("storage.regenerateKey", when="after", status=500)
    with pytest.raises(HttpResponseError):
        _regenerate(manager)
    assert account.key("key2") != key
    assert [call.fault for call in azure.calls if call.operation == "storage.regenerateKey"] == [True]


@pytest.mark.parametrize(("when", "effect"), [("before", 0), ("after", 1)])
def test_a_dropped_connection(
    azure: SimulatedAzure, vault: Vault, secrets: SecretClient, when: str, effect: int
) -> None:
    azure.faults.add("keyvault.setSecret", when=when, drop=True)  # type: ignore[arg-type]
    with pytest.raises((ServiceRequestError, ServiceResponseError)):
        secrets.set_secret("store-key", "x")
    assert len(vault.versions("store-key")) == effect
    assert azure.calls[-1].status is None
    secrets.set_secret("store-key", "x")
    assert len(vault.versions("store-key")) == effect + 1


def test_a_retrying_client_makes_two_versions_of_one_lost_reply(azure: SimulatedAzure, vault: Vault) -> None:
    azure.faults.add("keyvault.setSecret", when="after", status=503, retry_after=0)
    SecretClient(vault.uri, ManagedIdentityCredential()).set_secret("store-key", "x")
    assert len(vault.versions("store-key")) == 2


def test_rules_choose_the_nth_call_how_often_and_of_whom(
    azure: SimulatedAzure, vault: Vault, secrets: SecretClient
) -> None:
    for name in ("one", "two"):
        vault.set_secret(name, name)
    rule = azure.faults.add("keyvault.get*", nth=2, times=2, target="one", status=500)

    def statuses(name: str, count: int) -> list[int]:
        result = []
        for _ in range(count):
            try:
                secrets.get_secret(name)
                result.append(200)
            except HttpResponseError as error:
                result.append(error.status_code or 0)
        return result

    assert statuses("two", 3) == [200, 200, 200]
    assert statuses("one", 4) == [200, 500, 500, 200]
    assert (rule.seen, rule.fired) == (4, 2)


@pytest.mark.parametrize("target", ["sample-kv", "SAMPLE-KV/one", "o*"])
def test_targets_are_vaults_secrets_or_both(
    azure: SimulatedAzure, vault: Vault, secrets: SecretClient, target: str
) -> None:
    vault.set_secret("one", "x")
    azure.faults.add("keyvault.getSecret", target=target, times=None, status=500)
    for _ in range(2):
        with pytest.raises(HttpResponseError):
            secrets.get_secret("one")


def test_slots_are_targets_too(
    azure: SimulatedAzure, manager: StorageManagementClient, account: StorageAccount
) -> None:
    azure.faults.add("storage.regenerateKey", target="key1", status=500)
    _regenerate(manager)
    with pytest.raises(HttpResponseError):
        manager.storage_accounts.regenerate_key("sample-rg", "demostore", {"keyName": "key1"})
    assert len(account.key_history("key1")) == 1


def test_a_rule_can_be_taken_back(azure: SimulatedAzure, vault: Vault, secrets: SecretClient) -> None:
    vault.set_secret("one", "x")
    azure.faults.add("*", times=None, status=500).remove()
    assert secrets.get_secret("one").value == "x"


def test_a_callback_edits_the_vault_between_two_calls(
    azure: SimulatedAzure, vault: Vault, secrets: SecretClient
) -> None:
    vault.set_secret("one", "old")
    azure.faults.add("keyvault.getSecret", callback=lambda: vault.set_secret("one", "by somebody else"))
    azure.faults.add("keyvault.getSecret", when="after", callback=lambda: vault.set_secret("one", "still newer"))
    assert secrets.get_secret("one").value == "by somebody else"
    assert vault.value("one") == "still newer"


def test_a_failing_callback_is_not_swallowed(clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise LookupError("a mistake in a test")

    azure = SimulatedAzure(clock)
    azure.__enter__()
    for name, value in azure.environment.items():
        monkeypatch.setenv(name, value)
    azure.faults.add("keyvault.getSecret", callback=fail)
    client = SecretClient(azure.add_vault("sample-kv").uri, ManagedIdentityCredential(), retry_total=0)
    with pytest.raises((ServiceRequestError, ServiceResponseError)):
        client.get_secret("one")
    assert len(azure.failures) == 1
    with pytest.raises(RuntimeError, match="simulated service failed") as caught:
        azure.__exit__(None, None, None)
    assert isinstance(caught.value.__cause__, LookupError)


def test_a_slow_reply_outlasts_the_clients_patience(azure: SimulatedAzure, vault: Vault) -> None:
    client = SecretClient(vault.uri, ManagedIdentityCredential(), retry_total=0, read_timeout=0.2)
    azure.faults.add("keyvault.setSecret", when="after", delay=timedelta(seconds=30))
    with pytest.raises((ServiceRequestError, ServiceResponseError)):
        client.set_secret("one", "x")
    assert vault.value("one") == "x"


def test_the_data_plane_and_the_identity_fail_in_their_own_words(
    azure: SimulatedAzure, vault: Vault, account: StorageAccount
) -> None:
    azure.faults.add("blob.getAccountInformation", status=503)
    client = BlobServiceClient(account.endpoint("blob"), credential=account.key("key1"), retry_total=0)
    with pytest.raises(HttpResponseError, match="ServerBusy"):
        client.get_account_information()
    azure.faults.add("identity.token", status=400)
    with pytest.raises(Exception, match="unavailable"):
        ManagedIdentityCredential().get_token("https://vault.azure.net/.default")


def test_challenges_are_not_counted_as_calls(azure: SimulatedAzure) -> None:
    vault = azure.add_vault("never-seen-before-kv")
    vault.set_secret("one", "x")
    azure.faults.add("keyvault.getSecret", nth=2, status=500)
    client = SecretClient(vault.uri, ManagedIdentityCredential(), retry_total=0)
    assert client.get_secret("one").value == "x"
    with pytest.raises(HttpResponseError):
        client.get_secret("one")
    assert azure.calls_by_operation()["keyvault.challenge"] == 1


@pytest.mark.parametrize("nonsense", [{}, {"status": 500, "nth": 0}, {"status": 500, "times": 0}])
def test_rules_that_make_no_sense_are_refused(azure: SimulatedAzure, nonsense: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"fault needs|count from 1"):
        azure.faults.add("*", **nonsense)  # type: ignore[arg-type]
