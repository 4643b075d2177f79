"""The app without the SDKs: its adapters read and write the simulators' state, so that only its own code costs time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from azure_clients.key_vault import KeyVault
from dev.bench.fleet import Fleet
from providers.protocol import Trial, Verdict
from providers.storage_account import StorageAccount
from rotation.credential import Credential
from rotation.listing import ListedSecret
from rotation.model import SecretVersion, Slot, Target
from rotation.tags import Tags


@contextmanager
def offline(fleet: Fleet) -> Iterator[None]:
    """Replace the methods of the adapters that a plain rotation uses."""
    accounts = {account.resource_id.casefold(): account for account in fleet.accounts}
    vault = fleet.vault

    def read(self: KeyVault, name: str, version: str | None = None) -> SecretVersion:
        found = vault.current(name)
        value, tags = Credential(found.value.reveal()), Tags(found.tags)
        return SecretVersion(found.version, value, found.created, found.expires_on, found.content_type, tags)

    def write(self: KeyVault, name: str, value: Credential, *, tags: dict[str, str], **properties: Any) -> str:
        return vault.set_secret(name, value.reveal(), tags=tags, **properties).version

    def listed(self: KeyVault) -> list[ListedSecret]:
        return [read(self, name).as_listed(name) for name in (vault.names() if self._host == vault.host else ())]

    def describe(self: StorageAccount) -> Target:
        account = accounts[str(self._resource).casefold()]
        return Target(keys_refused=None, probe_endpoint=account.endpoint("blob"))

    def slots(self: StorageAccount) -> dict[str, Slot]:
        keys = accounts[str(self._resource).casefold()].keys
        found = {name: keys.current(name) for name in ("key1", "key2")}
        return {name: Slot(name, Credential(key.value.reveal()), key.created) for name, key in found.items()}

    def regenerate(self: StorageAccount, slot: Slot) -> bool:
        accounts[str(self._resource).casefold()].regenerate(slot.name)
        return True

    def try_key(self: StorageAccount, slot: Slot, endpoint: str | None) -> Trial:
        return Trial(Verdict.ACCEPTED)

    with (
        patch.multiple(KeyVault, read=read, write=write, listed=listed),
        patch.multiple(StorageAccount, describe=describe, slots=slots, regenerate=regenerate, try_key=try_key),
    ):
        yield
