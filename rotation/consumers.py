"""Who uses a secret, and which version each of them holds: what the platforms tell, and what follows from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from rotation.arm import ResourceId
from rotation.references import SecretReference
from rotation.request import shape

SITES = frozenset({"microsoft.web/sites", "microsoft.web/sites/slots"})
CONTAINER_APP = "microsoft.app/containerapps"
KINDS = SITES | {CONTAINER_APP}

# Container Apps fetch a new version within 30 minutes and restart the revisions that use it (learn.microsoft.com,
# "Manage secrets in Azure Container Apps"); no API tells which one they hold. A quarter of an hour for the restart.
CONTAINER_APPS_TAKE = timedelta(minutes=45)

# A slot that a consumer still holds is looked at again so late, three times (rotate_secret): the last time when a day
# has passed, which is as long as App Service may cache a reference.
LOOK_AGAIN = timedelta(hours=8)

_RESOLVED = "Resolved"
# With these, App Service has no value at all; with any other it may go on with the last one.
_WITHOUT_VALUE = frozenset(
    {"InvalidSyntax", "MSINotEnabled", "VaultNotFound", "SecretNotFound", "SecretVersionNotFound"}
)


class State(StrEnum):
    """How a consumer stands to a version, the worst first."""

    PINNED = "pinned"
    """It names another version, and stays there until somebody changes that."""
    BEHIND = "behind"
    """It follows the secret, and has not got the version yet."""
    UNKNOWN = "unknown"
    """The platform does not tell what it holds."""
    UNRESOLVED = "unresolved"
    """Its reference leads to nothing: it holds no version."""
    CURRENT = "current"


@dataclass(frozen=True)
class Current:
    """The version that consumers should have."""

    version: str
    created_on: datetime


@dataclass(frozen=True)
class Use:
    """One setting of a consumer that refers to a secret."""

    place: str
    """`appsettings`, `connectionstrings`, or `secrets` of a container app."""
    setting: str
    reference: SecretReference
    resolved: str = ""
    """The version that the platform says it has; empty where it does not say."""
    status: str = _RESOLVED
    """The platform's word: learn.microsoft.com, REST API of App Service, `ResolveStatus`."""

    def stands(self, current: Current, now: datetime) -> tuple[State, str]:
        """Return how it stands to the current version, and which version it holds; empty where that is not known."""
        pinned = self.reference.version
        if self.status in _WITHOUT_VALUE:
            return State.UNRESOLVED, ""
        if pinned and pinned != current.version:
            return State.PINNED, pinned
        if self.status != _RESOLVED:
            return State.UNKNOWN, self.resolved
        held = pinned or self.resolved
        if self.place == "secrets" and not held:
            has_it = now >= current.created_on + CONTAINER_APPS_TAKE
            return (State.CURRENT, current.version) if has_it else (State.BEHIND, "")
        if not held:
            return State.UNKNOWN, ""
        return (State.CURRENT if held == current.version else State.BEHIND), held


@dataclass(frozen=True)
class Consumer:
    """A site, a slot or a container app, and its references to secrets."""

    id: str
    """ARM resource id."""
    uses: tuple[Use, ...]

    @property
    def name(self) -> str:
        """What people call it."""
        resource = ResourceId.parse(self.id)
        return resource.label if resource else self.id

    def of(self, vault: str, secret: str) -> "Consumer":
        """Return it with what it uses of one secret only."""
        return Consumer(self.id, tuple(use for use in self.uses if use.reference.is_to(vault, secret)))


@dataclass(frozen=True)
class Standing:
    """How one consumer stands to a version, as the status shows it."""

    id: str
    state: str
    """One of `STATES`."""
    version: str = ""
    """What it holds: of several, what is furthest behind; empty where that is not known."""
    settings: tuple[str, ...] = ()
    """Names of the settings that are not where they should be."""
    reason: str = ""

    @property
    def movable(self) -> bool:
        """Whether it names another version in a setting that can be changed."""
        # To write one secret of a container app back takes the values of all its others.
        resource = ResourceId.parse(self.id)
        return self.state == State.PINNED and resource is not None and resource.resource_type in SITES

    @property
    def is_current(self) -> bool:
        """Whether it has the version for sure."""
        return self.state == State.CURRENT

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        shown = {**vars(self), "settings": list(self.settings)}
        return {name: value for name, value in shown.items() if value}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Standing":
        """Read the wire form."""
        return cls(**{**data, "settings": tuple(data.get("settings", ()))})


UNSEEN = "unseen"
"""It could not be looked at."""
ABSENT = "absent"
"""It does not refer to the secret, or not any more."""
STATES = (*State, UNSEEN, ABSENT)


def standing(consumer: Consumer, current: Current, now: datetime) -> Standing | None:
    """Say how a consumer stands to the current version; None if it does not use the secret any more."""
    if not consumer.uses:
        return None
    found = [(*use.stands(current, now), use.setting) for use in consumer.uses]
    order = list(State)
    state, held, _ = min(found, key=lambda each: order.index(each[0]))
    settings = () if state is State.CURRENT else tuple(name for other, _, name in found if other is state)
    return Standing(consumer.id, str(state), held, settings)


def read_ids(text: str) -> tuple[list[str], list[str]]:
    """Read the tag `Consumers`: resource ids separated by commas, and a complaint about each that is none."""
    ids, complaints = [], []
    for number, entry in enumerate((part.strip() for part in text.split(",") if part.strip()), start=1):
        resource = ResourceId.parse(entry)
        if resource is None or resource.resource_type not in KINDS:
            expected = "the ARM resource id of a site, a slot or a container app"
            complaints.append(f"entry {number} is {shape(entry)}, expected {expected}")
        else:
            ids.append(str(resource))
    return ids, complaints


def labels(consumers: Iterable[Consumer | Standing]) -> str:
    """Name consumers for people."""
    return ", ".join(sorted(Consumer(each.id, ()).name for each in consumers))
