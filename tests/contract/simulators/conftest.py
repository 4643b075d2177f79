"""A simulated Azure around each test: fresh, on a virtual clock, reached by the real SDK clients over the proxy."""

from collections.abc import Callable, Iterator

import pytest
from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient
from azure.mgmt.storage import StorageManagementClient
from azure.storage.blob import BlobServiceClient
from azure.storage.fileshare import ShareServiceClient

from dev.clock import VirtualClock
from dev.simulators import SimulatedAzure, StorageAccount, Vault


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def azure(clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedAzure]:
    """A running simulated Azure, with this process inside it."""
    with SimulatedAzure(clock, seed=7) as azure:
        for name in ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID"):
            monkeypatch.delenv(name, raising=False)
        for name, value in azure.environment.items():
            monkeypatch.setenv(name, value)
        yield azure


@pytest.fixture
def vault(azure: SimulatedAzure) -> Vault:
    return azure.add_vault("sample-kv")


@pytest.fixture
def account(azure: SimulatedAzure) -> StorageAccount:
    return azure.add_storage_account("demostore")


@pytest.fixture
def secrets(vault: Vault) -> SecretClient:
    """A client of the vault that doesn't retry, so that every answer is seen."""
    return SecretClient(vault.uri, ManagedIdentityCredential(), retry_total=0)


@pytest.fixture
def manager(account: StorageAccount) -> StorageManagementClient:
    """A Resource Manager client that doesn't retry, so that every answer is seen."""
    return StorageManagementClient(ManagedIdentityCredential(), account.subscription, retry_total=0)


@pytest.fixture
def blobs() -> Callable[[StorageAccount, str], BlobServiceClient]:
    """Makes a blob client for an account and a key that doesn't retry."""

    def make(account: StorageAccount, key: str) -> BlobServiceClient:
        return BlobServiceClient(account.endpoint("blob"), credential=key, retry_total=0)

    return make


@pytest.fixture
def shares() -> Callable[[StorageAccount, str], ShareServiceClient]:
    """Makes a file client for an account and a key that doesn't retry."""

    def make(account: StorageAccount, key: str) -> ShareServiceClient:
        return ShareServiceClient(account.endpoint("file"), credential=key, retry_total=0)

    return make
