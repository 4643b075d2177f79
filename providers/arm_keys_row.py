"""What has to be known of an Azure service whose resources have keys in pairs, so that `arm_keys` can rotate them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from azure_clients.clouds import Cloud
from providers.key_signing import Sign
from providers.protocol import Verdict
from rotation.arm import ResourceId
from rotation.forms import BARE_KEY, FieldForm

Document = Mapping[str, Any]
Path = tuple[str, ...]
"""Where something is in a document, from the outside in; empty: nowhere."""

Endpoint = Callable[[Document, ResourceId, Cloud], str | None]
"""From a target's description to the URL at which a key of it can be tried, if there is one."""


@dataclass(frozen=True)
class KeySlot:
    """One of a target's keys."""

    name: str
    """What the regenerate call wants to be told, and what the tag `CredentialId` says."""
    key: Path
    """Where it is in the answer of the list call."""
    age: Path = ()
    """Where its creation time is, there or in the target's description; nowhere: such a key is never adopted."""
    key_id: Path = ()
    """Where its id is, for services whose connection strings carry one."""
    family: str = ""
    """Keys of one family can stand in for each other: both may write, or neither."""


@dataclass(frozen=True)
class Switch:
    """The property with which a target says that it takes no keys."""

    name: str
    is_off: Callable[[object], bool]
    """Whether a value of it means that; absent ones are None."""
    words: str = "local authentication disabled"

    def refusal(self, properties: Document) -> str | None:
        """Say that the target takes no keys, in its own words, if it does not."""
        return f"{self.words} ({self.name})" if self.is_off(properties.get(self.name)) else None


@dataclass(frozen=True)
class Probe:
    """A harmless request that shows whether a key is accepted."""

    operation: str
    """What docs/security.md calls it."""
    endpoint: Endpoint
    path: str
    """With the query; `{0}`, `{1}` … are the names in the target's resource id."""
    sign: Sign
    method: str = "GET"
    statuses: Mapping[int, Verdict] = field(default_factory=dict)
    """What a status means, where it is not what it usually means."""
    words: Mapping[str, Verdict] = field(default_factory=dict)
    """What a 401 means by a word in its body, where the service has several; without any of them it says nothing."""


@dataclass(frozen=True)
class Row:
    """One resource type; its line in the registry is its lower-case name."""

    resource_type: str
    """As Resource Manager spells it."""
    service: str
    """What operations are called by in docs/security.md."""
    api_version: str
    slots: tuple[KeySlot, ...]
    switch: Switch
    regenerate: str = "regenerateKey"
    """The action; `{slot}` stands for the slot where there is no body."""
    told_by: str = ""
    """The field of the body that names the slot, or the key's id; empty: there is no body."""
    list_keys: str = "listKeys"
    lists_entries: bool = False
    """Whether the list call answers with a list of entries, each with a name, instead of one object."""
    form: FieldForm = BARE_KEY
    probe: Probe | None = None
    """None where no harmless request exists; the row says why."""
    described_by_parent: bool = False
    """Whether what matters stands at the top-level resource that the target is a part of."""
    tells_ages_in_description: bool = False
    is_long_running: bool = False
    """Whether regenerating is answered before it is done."""

    @property
    def type_key(self) -> str:
        """The type, as `ResourceId` has it."""
        return self.resource_type.casefold()


def found(document: Document, path: Path) -> str | None:
    """Return the text at a path of a document, if there is any."""
    value: Any = document if path else None
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) and value else None


def told(name: str, *kinds: str) -> Endpoint:
    """Return a way to read the endpoint from a property of the target, for some of its kinds or for all."""

    def endpoint(described: Document, resource: ResourceId, cloud: Cloud) -> str | None:
        text = found(described, ("properties", name))
        if text is None or (kinds and described.get("kind") not in kinds):
            return None
        # Signatures are about the URL, and the port that goes without saying is no part of it.
        return f"https://{text.rpartition('://')[2].rstrip('/').removesuffix(':443')}"

    return endpoint


def known_by_cloud(urls: Mapping[str, str], *, hidden: Callable[[Document], bool] = lambda _: False) -> Endpoint:
    """Return a way to know the endpoint beforehand, by azure-core's name of the cloud; `{0}` is the target's name."""

    def endpoint(described: Document, resource: ResourceId, cloud: Cloud) -> str | None:
        url = urls.get(cloud.sdk_name)
        return None if url is None or hidden(described) else url.format(*resource.names)

    return endpoint
