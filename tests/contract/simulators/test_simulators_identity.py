"""Where tokens come from, as azure-identity and MSAL meet it, and what happens when they are no longer good."""

import os
import time
from datetime import timedelta

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential, DefaultAzureCredential, ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient
from azure.mgmt.storage import StorageManagementClient

from dev.simulators import SimulatedAzure, StorageAccount, Vault
from dev.simulators.world import TENANT_ID

pytestmark = pytest.mark.contract

VAULT_SCOPE = "https://vault.azure.net/.default"


def test_the_default_credential_finds_the_managed_identity(azure: SimulatedAzure) -> None:
    token = DefaultAzureCredential().get_token(VAULT_SCOPE)
    assert 23 * 3600 < token.expires_on - time.time() <= 24 * 3600
    assert azure.calls_by_operation() == {"identity.token": 1}


def test_a_user_assigned_identity_is_answered_too(azure: SimulatedAzure) -> None:
    ManagedIdentityCredential(client_id="33333333-3333-4333-8333-333333333333").get_token(VAULT_SCOPE)
    assert azure.calls_by_operation() == {"identity.token": 1}


def test_one_credential_asks_once_until_its_token_is_old(azure: SimulatedAzure, vault: Vault) -> None:
    vault.set_secret("store-key", "x")
    client = SecretClient(vault.uri, ManagedIdentityCredential())
    for _ in range(3):
        client.get_secret("store-key")
    assert azure.calls_by_operation()["identity.token"] == 1
    azure.tokens.lifetime = timedelta(seconds=100)  # the SDK takes less than five minutes for none
    other = SecretClient(vault.uri, ManagedIdentityCredential())
    for _ in range(3):
        other.get_secret("store-key")
    assert azure.calls_by_operation()["identity.token"] == 4


def test_an_expired_token_is_refused(azure: SimulatedAzure, vault: Vault, account: StorageAccount) -> None:
    azure.tokens.lifetime = timedelta(seconds=-1)
    credential = ManagedIdentityCredential()
    with pytest.raises(ClientAuthenticationError, match="TokenExpired"):
        SecretClient(vault.uri, credential).get_secret("x")
    with pytest.raises(ClientAuthenticationError) as caught:
        StorageManagementClient(credential, account.subscription).storage_accounts.list_keys("sample-rg", "demostore")
    assert caught.value.error is not None
    assert caught.value.error.code == "ExpiredAuthenticationToken"


def test_expired_tokens_are_refused_until_a_new_credential_comes(azure: SimulatedAzure, vault: Vault) -> None:
    vault.set_secret("store-key", "x")
    client = SecretClient(vault.uri, ManagedIdentityCredential())
    client.get_secret("store-key")
    azure.expire_tokens()
    with pytest.raises(ClientAuthenticationError):
        client.get_secret("store-key")
    assert SecretClient(vault.uri, ManagedIdentityCredential()).get_secret("store-key").value == "x"


def test_a_challenge_with_claims_makes_the_sdk_fetch_a_new_token(
    azure: SimulatedAzure, vault: Vault, account: StorageAccount
) -> None:
    vault.set_secret("store-key", "x")
    credential = ManagedIdentityCredential()
    client = SecretClient(vault.uri, credential)
    manager = StorageManagementClient(credential, account.subscription)
    client.get_secret("store-key")
    manager.storage_accounts.list_keys("sample-rg", "demostore")
    azure.expire_tokens(ask_for_claims=True)
    assert client.get_secret("store-key").value == "x"
    assert manager.storage_accounts.list_keys("sample-rg", "demostore").keys_property
    assert azure.calls_by_operation()["identity.token"] == 4


@pytest.mark.parametrize(
    ("query", "header", "status"),
    [
        ("resource=https://vault.azure.net&api-version=2019-08-01", "wrong", 401),
        ("resource=https://vault.azure.net&api-version=2019-08-01", None, 401),
        ("resource=https://vault.azure.net&api-version=2017-09-01", "right", 400),
        ("resource=https://vault.azure.net.evil.example&api-version=2019-08-01", "right", 400),
        ("api-version=2019-08-01", "right", 400),
    ],
)
def test_the_endpoint_is_strict(azure: SimulatedAzure, query: str, header: str | None, status: int) -> None:
    right = azure.environment["IDENTITY_HEADER"]
    headers = {} if header is None else {"X-IDENTITY-HEADER": right if header == "right" else header}
    answer = requests.get(f"{os.environ['IDENTITY_ENDPOINT']}?{query}", headers=headers, timeout=5)
    assert answer.status_code == status
    assert "access_token" not in answer.text


@pytest.mark.parametrize("host", ["login.microsoftonline.com", "login.microsoftonline.us", "login.chinacloudapi.cn"])
def test_a_client_secret_signs_in_at_entra(azure: SimulatedAzure, vault: Vault, host: str) -> None:
    vault.set_secret("store-key", "x")
    azure.add_application("44444444-4444-4444-8444-444444444444", "client-secret")
    credential = ClientSecretCredential(
        TENANT_ID, "44444444-4444-4444-8444-444444444444", "client-secret", authority=host
    )
    assert SecretClient(vault.uri, credential).get_secret("store-key").value == "x"


def test_the_default_credential_prefers_a_client_secret_in_the_environment(
    azure: SimulatedAzure, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.set_secret("store-key", "x")
    azure.add_application("app", "client-secret")
    for name, value in (("TENANT_ID", TENANT_ID), ("CLIENT_ID", "app"), ("CLIENT_SECRET", "client-secret")):
        monkeypatch.setenv(f"AZURE_{name}", value)
    assert SecretClient(vault.uri, DefaultAzureCredential()).get_secret("store-key").value == "x"
    assert "entra.openidConfiguration" in azure.calls_by_operation()


@pytest.mark.parametrize(
    ("client", "secret", "message"), [("app", "wrong", "AADSTS7000215"), ("other", "client-secret", "AADSTS700016")]
)
def test_entra_refuses_strangers(azure: SimulatedAzure, client: str, secret: str, message: str) -> None:
    azure.add_application("app", "client-secret")
    with pytest.raises(ClientAuthenticationError, match=message):
        ClientSecretCredential(TENANT_ID, client, secret).get_token(VAULT_SCOPE)
