"""Which provider serves which ARM resource type: one line each; Azure's services with two keys are a table of lines."""

from collections.abc import Callable, Mapping
from functools import partial

from azure_clients.settings import Settings
from providers.arm_keys import ArmKeys
from providers.arm_keys_table import ROWS
from providers.protocol import Provider
from providers.storage_account import StorageAccount
from rotation.arm import ResourceId

PROVIDERS: Mapping[str, Callable[[ResourceId, Settings], Provider]] = {
    "microsoft.storage/storageaccounts": StorageAccount,
    **{kind: partial(ArmKeys, row) for kind, row in ROWS.items()},
}


def provider_for(resource: ResourceId, settings: Settings) -> Provider:
    """Return the provider of a target whose type is in the registry."""
    return PROVIDERS[resource.resource_type](resource, settings)
