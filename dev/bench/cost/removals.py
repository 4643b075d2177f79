"""What a rotation would do without one of its reads: the read is answered from what the process read before.

Keys may not pass between activities through the task hub, so the only place that such an answer could come from is the
worker's own memory, which dies with the worker; without it, the read is made after all. Nothing of this is in the app:
the adapters are replaced for the length of a trial.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

from azure.mgmt.storage.models import StorageAccountListKeysResult
from azure.mgmt.storage.operations import StorageAccountsOperations

from activities import shell
from azure_clients.key_vault import KeyVault
from providers.storage_account import StorageAccount
from rotation.credential import Credential
from rotation.model import SecretVersion, Slot
from rotation.tags import Tags

SLOTS, SECRET = "listKeys", "getSecret"


@dataclass(frozen=True)
class Removal:
    """One read of one activity; `nth` counts its reads of that kind from 1."""

    activity: str
    read: str
    nth: int = 1
    told: str = ""
    """How to name it in a table, beside the activity."""

    def __str__(self) -> str:
        return f"{self.activity}: {self.told or self.read}"


REMOVALS = (
    Removal("regenerate_key", SLOTS),
    Removal("regenerate_key", SECRET),
    Removal("verify_key", SLOTS),
    Removal("write_version", SLOTS),
    Removal("write_version", SECRET, told="getSecret before the write"),
    Removal("write_version", SECRET, 2, told="getSecret after the write"),
)
"""Every read but those of read_metadata, which knows nothing yet."""


@dataclass
class Memory:
    """What the worker has seen last, by account and by vault and secret."""

    slots: dict[str, dict[str, Slot]] = field(default_factory=dict)
    secrets: dict[tuple[str, str], SecretVersion] = field(default_factory=dict)

    def forget(self) -> None:
        """Die with the worker."""
        self.slots.clear()
        self.secrets.clear()


class _Turn(threading.local):
    """The activity that runs on this thread, and how often it has read."""

    def __init__(self) -> None:
        self.activity = ""
        self.payload: dict[str, Any] = {}
        self.reads = {SLOTS: 0, SECRET: 0}
        self.answer: dict[str, Slot] = {}
        """The keys that the last regeneration answered with."""


class Watcher:
    """Told of each effect right before it is asked for, and of what is left out; this one does not care."""

    def regenerating(self, payload: dict[str, Any], slot: str) -> None:
        """Hear that a slot is about to be regenerated, by an activity with this payload."""

    def writing(self, payload: dict[str, Any], value: str) -> None:
        """Hear that a value is about to be written."""

    def written(self, version: str) -> None:
        """Hear that an activity reports this version as the current one."""

    def leaving_out(self) -> None:
        """Hear that a read is about to be answered from memory."""


@contextmanager
def without(removal: Removal | None, memory: Memory, watcher: Watcher) -> Iterator[None]:
    """Leave one read out of every rotation; none for comparison."""
    turn = _Turn()
    run, slots, regenerate = shell.run, StorageAccount.slots, StorageAccount.regenerate
    read, write, post = KeyVault.read, KeyVault.write, StorageAccountsOperations.regenerate_key

    def is_left_out(kind: str, *, known: bool) -> bool:
        turn.reads[kind] += 1
        if removal is None or not known:
            return False
        found = (turn.activity, kind, turn.reads[kind]) == (removal.activity, removal.read, removal.nth)
        if found:
            watcher.leaving_out()
        return found

    def run_noted(name: str, body: shell.Body, payload: dict[str, Any]) -> dict[str, Any]:
        turn.activity, turn.payload, turn.reads = name, payload, {SLOTS: 0, SECRET: 0}
        answer = run(name, body, payload)
        if name == "write_version" and "version" in answer.get("value", {}):
            watcher.written(answer["value"]["version"])
        return answer

    def slots_or_memory(account: StorageAccount) -> Mapping[str, Slot]:
        key = str(account._resource)
        if is_left_out(SLOTS, known=key in memory.slots):
            return memory.slots[key]
        memory.slots[key] = dict(slots(account))
        return memory.slots[key]

    def regenerate_and_read_answer(account: StorageAccount, slot: Slot) -> bool:
        watcher.regenerating(turn.payload, slot.name)
        done = regenerate(account, slot)
        memory.slots[str(account._resource)] = turn.answer
        return done

    def post_and_keep(operations: StorageAccountsOperations, *arguments: Any) -> StorageAccountListKeysResult:
        answer: StorageAccountListKeysResult = post(operations, *arguments)
        turn.answer = {
            key.key_name: Slot(key.key_name, Credential(key.value), key.creation_time)
            for key in answer.keys_property or []
            if key.key_name and key.value
        }
        return answer

    def read_or_memory(vault: KeyVault, name: str, version: str | None = None) -> SecretVersion:
        key = (vault._host, name)
        if version is None and is_left_out(SECRET, known=key in memory.secrets):
            return memory.secrets[key]
        found = read(vault, name, version)
        if version is None:
            memory.secrets[key] = found
        return found

    def write_noted(vault: KeyVault, name: str, value: Credential, **properties: Any) -> str:
        watcher.writing(turn.payload, value.reveal())
        version = write(vault, name, value, **properties)
        known = memory.secrets.get((vault._host, name))
        if known is not None:
            written = {**properties, "tags": Tags(properties["tags"])}
            memory.secrets[vault._host, name] = replace(known, version=version, value=value, **written)
        return version

    with (
        patch.object(shell, "run", run_noted),
        patch.object(StorageAccount, "slots", slots_or_memory),
        patch.object(StorageAccount, "regenerate", regenerate_and_read_answer),
        patch.object(StorageAccountsOperations, "regenerate_key", post_and_keep),
        patch.object(KeyVault, "read", read_or_memory),
        patch.object(KeyVault, "write", write_noted),
    ):
        yield
