"""Replicas: copies of a secret in other vaults, which follow it and are never rotated themselves.

A replica carries everything that its primary does but the tag `ReplicateTo`; in its place it has `ReplicaOf`, which
names the version that it is a copy of and when that was made. So a copy has as many tags as its primary, and what two
listings tell is enough to see that one has fallen behind.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from rotation.listing import ListedSecret
from rotation.model import SecretVersion
from rotation.request import SECRET_NAME, VAULT_HOST, VERSION, shape
from rotation.tags import REPLICA_OF, REPLICATE_TO, Tags

_SEPARATORS = re.compile(r"[,\s]+")
_ORIGIN = re.compile(
    rf"https://(?P<vault>{VAULT_HOST.pattern.replace('?P<name>', '').replace('?P<suffix>', '')})"
    rf"/secrets/(?P<secret>{SECRET_NAME.pattern})/(?P<version>{VERSION.pattern})"
    r" (?P<created>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)",
    re.ASCII,
)


@dataclass(frozen=True)
class Origin:
    """What a replica is a copy of: one version of its primary."""

    vault: str
    """Host name."""
    secret: str
    version: str
    created_on: datetime

    @classmethod
    def of(cls, vault: str, secret: str, version: SecretVersion) -> "Origin":
        """Return what a copy of this version says."""
        return cls(vault, secret.casefold(), version.version, version.created_on)

    @classmethod
    def told_by(cls, tags: Tags) -> "Origin | None":
        """Return what a secret says that it is a copy of; None where it says nothing that could be one."""
        match = _ORIGIN.fullmatch(tags.get(REPLICA_OF, ""))
        if match is None:
            return None
        try:
            created = datetime.fromisoformat(match["created"])
        except ValueError:
            return None
        return cls(match["vault"], match["secret"], match["version"], created)

    def __str__(self) -> str:
        created = self.created_on.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"https://{self.vault}/secrets/{self.secret}/{self.version} {created}"

    def is_of(self, vault: str, secret: str) -> bool:
        """Tell whether this names a version of the given secret."""
        return (self.vault, self.secret.casefold()) == (vault, secret.casefold())


def is_replica(tags: Tags) -> bool:
    """Tell whether a secret is somebody's copy, whatever exactly its tag says."""
    return REPLICA_OF in tags


def read_targets(text: str, allowed: Collection[str]) -> tuple[tuple[str, ...], str]:
    """Read a list of vaults by name or host name; return the hosts, and what is wrong with it or nothing.

    Args:
        text: What the tag `ReplicateTo` says.
        allowed: Host names in REPLICA_VAULTS.
    """
    words = [word.casefold() for word in _SEPARATORS.split(text) if word]
    by_name = {host.partition(".")[0]: host for host in allowed} | {host: host for host in allowed}
    unknown = [number for number, word in enumerate(words, 1) if word not in by_name]
    if not words or unknown:
        which = f", entry {unknown[0]} is none of them" if unknown else ""
        known = ", ".join(sorted(host.partition(".")[0] for host in allowed)) or "none so far"
        return (), f"{REPLICATE_TO} is {shape(text)}{which}, expected names of vaults in REPLICA_VAULTS ({known})"
    hosts = tuple(dict.fromkeys(by_name[word] for word in words))
    return hosts, ""


def targets(tags: Tags, allowed: Collection[str]) -> tuple[str, ...]:
    """Return the hosts that a secret is copied to; none for a replica, nor where its tag is wrong."""
    if is_replica(tags) or REPLICATE_TO not in tags:
        return ()
    return read_targets(tags[REPLICATE_TO], allowed)[0]


def copied_tags(tags: Tags, origin: Origin) -> dict[str, str]:
    """Return the tags of a copy."""
    kept = {name: text for name, text in tags.updated({}).items() if not _is_about_copies(name)}
    return kept | {REPLICA_OF: str(origin)}


def is_equal(replica: SecretVersion, primary: SecretVersion, origin: Origin) -> bool:
    """Tell whether a copy is all that it should be."""
    return (
        replica.value == primary.value
        and replica.tags.updated({}) == copied_tags(primary.tags, origin)
        and replica.content_type == primary.content_type
        and replica.expires_on == primary.expires_on
    )


def differences(vault: str, primary: ListedSecret, replica: ListedSecret | None) -> list[str]:
    """Name what a replica's listing shows to differ from its primary's; a value is in neither."""
    if replica is None:
        return ["it is missing, or has lost its tags"]
    origin = Origin.told_by(replica.tags)
    if origin is None or not origin.is_of(vault, primary.name):
        return ["another secret of that name is there"]
    told = {
        "version": (origin.created_on, primary.created_on),
        "enabled": (replica.enabled, primary.enabled),
        "expiry": (replica.expires_on, primary.expires_on),
        "content type": (replica.content_type, primary.content_type),
        "tags": (_others(replica.tags), _others(primary.tags)),
    }
    # A disabled primary cannot be read: its copies are disabled, and stay as they are in all else.
    looked_at = told if primary.enabled else ("enabled",)
    return [what for what in looked_at if told[what][0] != told[what][1]]


def _others(tags: Tags) -> Mapping[str, str]:
    return {name: text for name, text in tags.updated({}).items() if not _is_about_copies(name)}


def _is_about_copies(name: str) -> bool:
    return name.strip().casefold() in (REPLICATE_TO.casefold(), REPLICA_OF.casefold())
