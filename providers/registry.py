"""Which provider serves which ARM resource type: one line each."""

from azure_clients.settings import Settings
from providers.protocol import Provider
from providers.storage_account import StorageAccount
from rotation.arm import ResourceId

PROVIDERS: dict[str, type[StorageAccount]] = {
    "microsoft.storage/storageaccounts": StorageAccount,
}


def provider_for(resource: ResourceId, settings: Settings) -> Provider:
    """Return the provider of a target whose type is in the registry."""
    return PROVIDERS[resource.resource_type](resource, settings)
