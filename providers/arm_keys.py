"""Targets with keys in pairs, listed and regenerated through Resource Manager as a row of the table says."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from azure_clients.resource_manager import ResourceManager
from azure_clients.settings import Settings
from providers import key_trial
from providers.arm_keys_row import Document, KeySlot, Row, found
from providers.protocol import Trial
from rotation.arm import ResourceId
from rotation.credential import Credential
from rotation.failures import TransientError
from rotation.forms import KeyForm
from rotation.model import Slot, Target
from rotation.under_way import UnderWay
from rotation.words import Words

_AT_REST = frozenset({"succeeded", "failed", "canceled", ""})


class ArmKeys:
    """One target of the kind that a row describes."""

    def __init__(self, row: Row, resource: ResourceId, settings: Settings) -> None:
        self._row = row
        self._resource = resource
        self._cloud = settings.cloud
        self._manager = ResourceManager(settings.cloud)

    @property
    def form(self) -> KeyForm:
        """How values carry a key of this target."""
        return self._row.form

    def describe(self) -> Target:
        """Read whether keys are taken, and where one can be tried."""
        described = self._description()
        probe = self._row.probe
        return Target(
            keys_refused=self._row.switch.refusal(_properties(described)),
            probe_endpoint=probe.endpoint(described, self._resource, self._cloud) if probe else None,
        )

    def slots(self) -> Mapping[str, Slot]:
        """Read all keys, once none of them is about to change, and their ages, which Cosmos DB tells elsewhere."""
        row = self._row
        described = self._description() if row.is_long_running or row.tells_ages_in_description else {}
        if row.is_long_running:
            _check_rest(row.service, described)
        listed = self._list()
        ages = described if row.tells_ages_in_description else listed
        slots = (_slot(slot, listed, ages) for slot in row.slots)
        return {slot.name: slot for slot in slots if slot is not None}

    def regenerate(self, slot: Slot) -> bool:
        """Replace one key; its answer is not used, because a lost answer must not matter."""
        row = self._row
        answer = self._manager.post(
            f"regenerate {row.service} key",
            f"{self._resource}/{row.regenerate.format(slot=slot.name)}",
            row.api_version,
            {row.told_by: slot.key_id or slot.name} if row.told_by else None,
        )
        return not answer.is_accepted

    def activate(self, slot: Slot, under_way: UnderWay | None) -> bool:
        """The service takes a key as soon as it has made it."""
        return False

    def retire(self, slot: Slot) -> bool:
        """Replace the key, so that the old one dies and the slot is a fresh standby."""
        return self.regenerate(slot)

    def published(self) -> None:
        """The service itself keeps its keys."""

    def try_key(self, slot: Slot, endpoint: str | None) -> Trial:
        """Send the row's harmless request."""
        return key_trial.try_key(self._row.probe, self._resource.names, slot, endpoint)

    def words(self, endpoint: str | None) -> Words:
        """Name the calls."""
        service, probe = self._row.service, self._row.probe
        trial = probe.operation if probe and endpoint else None
        return Words(f"{service}.get", f"{service}.listKeys", f"{service}.regenerateKey", trial)

    def _description(self) -> Document:
        resource = self._resource.root if self._row.described_by_parent else self._resource
        return self._manager.get(f"get {self._row.service}", str(resource), self._row.api_version)

    def _list(self) -> Document:
        row = self._row
        path = f"{self._resource}/{row.list_keys}"
        document = self._manager.post(f"list {row.service} keys", path, row.api_version).document
        if not row.lists_entries:
            return document
        return {entry["name"]: entry for entry in document.get("value", []) if "name" in entry}


def _check_rest(service: str, described: Document) -> None:
    """Raise while an operation is under way: a regeneration, perhaps, whose answer was lost, or somebody else's.

    A key that is about to be replaced must be neither published nor counted as replaced.
    """
    state = str(_properties(described).get("provisioningState") or "").casefold()
    if state not in _AT_REST:
        raise TransientError(f"{service} is {state[:20]}: an operation is under way")


def _properties(described: Document) -> Mapping[str, Any]:
    properties = described.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def _slot(slot: KeySlot, listed: Document, ages: Document) -> Slot | None:
    key = found(listed, slot.key)
    if key is None:
        return None
    return Slot(slot.name, Credential(key), _time(found(ages, slot.age)), found(listed, slot.key_id), slot.family)


def _time(text: str | None) -> datetime | None:
    """Read a time; one that cannot be read is not known, which costs a key its adoption and nothing else."""
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
