"""The state of a simulated storage account, and the knobs and questions that tests put to it."""

import re
from datetime import datetime, timedelta

from .account_keys import KeyGeneration, KeyRing
from .clouds import PUBLIC, Cloud
from .world import World

_ENDPOINTS = {
    "StorageV2": ("dfs", "web", "blob", "queue", "table", "file"),
    "Storage": ("blob", "queue", "table", "file"),
    "BlobStorage": ("dfs", "blob", "table"),
    "BlockBlobStorage": ("dfs", "web", "blob"),
    "FileStorage": ("file",),
}
"""Which services an account has, by its kind: https://learn.microsoft.com/azure/storage/common/storage-account-overview."""


class StorageAccount:
    """A storage account: its description, its keys, and how it treats callers."""

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
        self.name = name
        self.resource_group = resource_group
        self.subscription = subscription
        self.kind = kind
        self.created = created
        self.location = location
        self.sku = sku
        self.cloud = cloud
        self.allow_shared_key_access = allow_shared_key_access
        self.firewall_closed = False
        self.busy = False
        self.read_only_lock = False
        slots = ("key1", "key2", "kerb1", "kerb2") if kerberos else ("key1", "key2")
        self.keys = KeyRing(world, slots, created)
        self._world = world
        self._denied: set[str] = set()

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

    def host(self, service: str) -> str:
        """The name of one of its services, such as `blob`."""
        zone = "z6." if service == "web" else ""
        return f"{self.name}.{zone}{service}.{self.cloud.storage_domain}"

    def endpoint(self, service: str) -> str:
        """The URL of one of its services."""
        return f"https://{self.host(service)}/"

    # --- knobs ------------------------------------------------------------------------------------------

    @property
    def propagation_delay(self) -> timedelta:
        """How long a regenerated key takes to be accepted."""
        return self.keys.propagation_delay

    @propagation_delay.setter
    def propagation_delay(self, delay: timedelta) -> None:
        self.keys.propagation_delay = delay

    @property
    def old_key_lingers(self) -> bool:
        """Whether a replaced key lives on until the new one is accepted."""
        return self.keys.old_key_lingers

    @old_key_lingers.setter
    def old_key_lingers(self, lingers: bool) -> None:
        self.keys.old_key_lingers = lingers

    def set_key_created(self, slot: str, created: datetime | None) -> None:
        """Change what Resource Manager tells of a key's age; None as on old accounts."""
        with self._world.lock:
            self.keys.set_created(slot, created)

    def deny(self, *actions: str) -> None:
        """Take the app's right to `read`, `listKeys` or `regenerateKey`, or to all when none is named."""
        with self._world.lock:
            self._denied.update(_known(actions))

    def allow(self, *actions: str) -> None:
        """Give rights back: to some actions, or to all when none is named."""
        with self._world.lock:
            self._denied.difference_update(_known(actions))

    def denies(self, action: str) -> bool:
        """Tell whether an action is refused for want of a role."""
        return action in self._denied

    # --- questions and effects --------------------------------------------------------------------------

    def key(self, slot: str) -> str:
        """Return the key in a slot, as Resource Manager shows it."""
        with self._world.lock:
            return self.keys.current(slot).value.reveal()

    def key_history(self, slot: str | None = None) -> list[KeyGeneration]:
        """Return every key of one slot, or of all, oldest first in each."""
        with self._world.lock:
            return self.keys.history(slot)

    def slot_of(self, key: str) -> str | None:
        """Return the slot that holds a key now, if any does."""
        with self._world.lock:
            return next((slot for slot in self.keys.slots if self.key(slot) == key), None)

    def accepts(self, key: str) -> bool:
        """Tell whether the data plane takes a key right now, leaving firewalls and policies aside."""
        with self._world.lock:
            return any(each.value.reveal() == key for each in self.keys.accepted())

    def regenerate(self, slot: str) -> str:
        """Regenerate a slot by hand, as somebody in the portal would, and return its new key."""
        with self._world.lock:
            made = self.keys.regenerate(slot)
            self._world.changed(f"{self.name}/{slot}: regenerated")
        for death in {each.retired_at for each in self.key_history(slot)} - {None}:
            if death is not None and death > self._world.now():
                # A lingering key dies by the passing of time alone; that is a change of state too.
                self._world.clock.call_at(death, self._key_died)
        return made.value.reveal()

    def _key_died(self) -> None:
        with self._world.lock:
            self._world.changed(f"{self.name}: a lingering key died")

    def connection_string(self, slot: str) -> str:
        """Return the connection string for a slot, as the portal shows it."""
        return (
            f"DefaultEndpointsProtocol=https;AccountName={self.name};AccountKey={self.key(slot)};"
            f"EndpointSuffix={self.cloud.storage_domain}"
        )


def _known(actions: tuple[str, ...]) -> set[str]:
    every = {"read", "listKeys", "regenerateKey"}
    if not set(actions) <= every:
        raise ValueError(f"actions are {', '.join(sorted(every))}, not {', '.join(actions)}")
    return set(actions) or every
