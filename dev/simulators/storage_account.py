"""The state of a simulated storage account, and the knobs and questions that tests put to it."""

import re
from datetime import datetime

from .clouds import PUBLIC, Cloud
from .key_holder import KeyHolder
from .world import World

_ENDPOINTS = {
    "StorageV2": ("dfs", "web", "blob", "queue", "table", "file"),
    "Storage": ("blob", "queue", "table", "file"),
    "BlobStorage": ("dfs", "blob", "table"),
    "BlockBlobStorage": ("dfs", "web", "blob"),
    "FileStorage": ("file",),
}
"""Which services an account has, by its kind: https://learn.microsoft.com/azure/storage/common/storage-account-overview."""


class StorageAccount(KeyHolder):
    """A storage account: its description, its keys, and how it treats callers."""

    key_fields = ("accountkey",)

    def __init__(
        self,
        world: World,
        name: str,
        *,
        resource_group: str,
        subscription: str,
        kind: str,
        created: datetime | None,
        allow_shared_key_access: bool | None,
        location: str,
        sku: str,
        kerberos: bool,
        cloud: Cloud = PUBLIC,
    ) -> None:
        if not re.fullmatch("[a-z0-9]{3,24}", name):
            raise ValueError(f"{name!r} can't be a storage account's name: 3-24 lower-case letters and digits")
        if kind not in _ENDPOINTS:
            raise ValueError(f"kind must be one of {', '.join(_ENDPOINTS)}, not {kind!r}")
        slots = ("key1", "key2", "kerb1", "kerb2") if kerberos else ("key1", "key2")
        super().__init__(world, name, cloud, slots, created)
        self.resource_group = resource_group
        self.subscription = subscription
        self.kind = kind
        self.created = created
        self.location = location
        self.sku = sku
        self.allow_shared_key_access = allow_shared_key_access
        self.busy = False
        self.customer_key: dict[str, str] | None = None
        """What it is encrypted with, as `keyvaultproperties`; None is a key of Microsoft's."""

    @property
    def resource_id(self) -> str:
        """The Resource Manager id."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.Storage/storageAccounts/{self.name}"
        )

    @property
    def services(self) -> tuple[str, ...]:
        """The services that an account of this kind has."""
        return _ENDPOINTS[self.kind]

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names at which a key of it can be used."""
        return tuple(self.host(service) for service in self.services)

    def host(self, service: str) -> str:
        """The name of one of its services, such as `blob`."""
        zone = "z6." if service == "web" else ""
        return f"{self.name}.{zone}{service}.{self.cloud.storage_domain}"

    def endpoint(self, service: str) -> str:
        """The URL of one of its services."""
        return f"https://{self.host(service)}/"

    def connection_string(self, slot: str) -> str:
        """Return the connection string for a slot, as the portal shows it."""
        return (
            f"DefaultEndpointsProtocol=https;AccountName={self.name};AccountKey={self.key(slot)};"
            f"EndpointSuffix={self.cloud.storage_domain}"
        )
