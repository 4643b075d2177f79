"""Storage accounts: two keys, listed and regenerated through ARM, tried out on the account's own data plane."""

from collections.abc import Mapping
from functools import cache, partial
from typing import TYPE_CHECKING

from azure_clients.clouds import Cloud
from azure_clients.identity import credential
from azure_clients.pacing import asking, reads, writes
from azure_clients.pool import Pool
from azure_clients.settings import Settings
from azure_clients.transport import CLIENT_OPTIONS
from providers.protocol import Trial
from providers.storage_trial import is_file_service, try_key
from rotation.arm import ResourceId
from rotation.credential import Credential
from rotation.failures import TransientError
from rotation.forms import ACCOUNT_KEY
from rotation.model import Slot, Target
from rotation.under_way import UnderWay
from rotation.words import Words

if TYPE_CHECKING:
    from azure.mgmt.storage import StorageManagementClient

# The Kerberos keys of Azure Files (kerb1, kerb2) are listed beside them and are no credential of an application.
SLOTS = ("key1", "key2")


class StorageAccount:
    """One storage account, of any kind, in any subscription that the app's identity can see."""

    form = ACCOUNT_KEY

    def __init__(self, resource: ResourceId, settings: Settings) -> None:
        self._resource = resource
        self._settings = settings

    def describe(self) -> Target:
        """Read whether keys are allowed, and where one can be tried."""
        with asking("get storage account", reads(str(self._resource))), self._clients.client() as client:
            account = client.storage_accounts.get_properties(self._resource.resource_group, self._resource.name)
        properties = account.properties
        if properties is None:
            raise TransientError("get storage account: the answer has no properties")
        endpoints = properties.primary_endpoints
        # FileStorage accounts have no blob endpoint; every other kind has.
        probe = (endpoints.blob or endpoints.file) if endpoints else None
        # Absent means allowed: learn.microsoft.com, "Prevent Shared Key authorization for an Azure Storage account".
        refused = "shared key access disabled" if properties.allow_shared_key_access is False else None
        return Target(keys_refused=refused, probe_endpoint=probe)

    def slots(self) -> Mapping[str, Slot]:
        """Read both keys."""
        with asking("list storage keys", reads(str(self._resource))), self._clients.client() as client:
            listed = client.storage_accounts.list_keys(self._resource.resource_group, self._resource.name)
        return {
            key.key_name: Slot(key.key_name, Credential(key.value), key.creation_time)
            for key in listed.keys_property or []
            if key.key_name in SLOTS and key.value
        }

    def regenerate(self, slot: Slot) -> bool:
        """Replace one key; its answer is not used, because a lost answer must not matter."""
        from azure.mgmt.storage.models import StorageAccountRegenerateKeyParameters  # noqa: PLC0415

        with asking("regenerate storage key", writes(str(self._resource))), self._clients.client() as client:
            client.storage_accounts.regenerate_key(
                self._resource.resource_group,
                self._resource.name,
                StorageAccountRegenerateKeyParameters(key_name=slot.name),
            )
        return True

    def activate(self, slot: Slot, under_way: UnderWay | None) -> bool:
        """The service takes a key as soon as it has made it."""
        return False

    def retire(self, slot: Slot) -> bool:
        """Replace the key, so that the old one dies and the slot is a fresh standby."""
        return self.regenerate(slot)

    def published(self) -> None:
        """The service itself keeps its keys."""

    def try_key(self, slot: Slot, endpoint: str | None) -> Trial:
        """Sign a request for the account's own properties."""
        return try_key(self._resource.name, slot.key, endpoint)

    def words(self, endpoint: str | None) -> Words:
        """Name the calls."""
        trial = "file.getServiceProperties" if is_file_service(endpoint) else "blob.getAccountInformation"
        return Words("storage.getAccount", "storage.listKeys", "storage.regenerateKey", trial)

    @property
    def _clients(self) -> "Pool[StorageManagementClient]":
        return _management_clients(self._settings.cloud, self._resource.subscription)


@cache
def _management_clients(cloud: Cloud, subscription: str) -> "Pool[StorageManagementClient]":
    return Pool(partial(_new_management_client, cloud, subscription))


def _new_management_client(cloud: Cloud, subscription: str) -> "StorageManagementClient":
    # Imported here, so that a broken driver costs this kind only, and a cold start nothing.
    from azure.core import AzureClouds  # noqa: PLC0415
    from azure.mgmt.storage import StorageManagementClient  # noqa: PLC0415

    return StorageManagementClient(
        credential(cloud), subscription, cloud_setting=AzureClouds[cloud.sdk_name], **CLIENT_OPTIONS
    )
