"""What Key Vault's secrets look like on the wire: documents out, properties in, and its limits.

Shapes: https://learn.microsoft.com/rest/api/keyvault/secrets. Limits: 15 tags of 256 characters, 25 KB of
value, names of 1–127 letters, digits and hyphens
(https://learn.microsoft.com/azure/key-vault/secrets/about-secrets).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .vault import DeletedSecret, SecretVersion

NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
MAX_TAGS = 15
MAX_TAG_LENGTH = 256
MAX_CONTENT_TYPE = 255
MAX_VALUE_BYTES = 25 * 1024


class BadParameterError(ValueError):
    """A request that Key Vault answers with 400 BadParameter; the message is the answer's."""


@dataclass(frozen=True)
class Properties:
    """The part of a version that a caller may set; None means not mentioned."""

    tags: Mapping[str, str] | None
    content_type: str | None
    enabled: bool | None
    not_before: datetime | None
    expires_on: datetime | None


def read_properties(document: Mapping[str, Any]) -> Properties:
    """Read and judge the properties in a request's body.

    Raises:
        BadParameterError: One of them breaks a limit.
    """
    attributes = document.get("attributes")
    attributes = {} if attributes is None else attributes
    tags = document.get("tags")
    content_type = document.get("contentType")
    if not isinstance(attributes, dict):
        raise BadParameterError("Property attributes must be an object")
    if tags is not None:
        _check_tags(tags)
    if content_type is not None and (not isinstance(content_type, str) or len(content_type) > MAX_CONTENT_TYPE):
        raise BadParameterError(f"Property contentType must be at most {MAX_CONTENT_TYPE} characters")
    not_before, expires = _instant(attributes.get("nbf")), _instant(attributes.get("exp"))
    if not_before and expires and expires < not_before:
        raise BadParameterError("Property exp must not be earlier than nbf")
    return Properties(tags, content_type, attributes.get("enabled"), not_before, expires)


def read_value(document: Mapping[str, Any]) -> str:
    """Read and judge the value in the body of a set.

    Raises:
        BadParameterError: There is none, or it is too long.
    """
    value = document.get("value")
    if not isinstance(value, str):
        raise BadParameterError("Property value is required")
    if len(value.encode()) > MAX_VALUE_BYTES:
        raise BadParameterError(f"Property value is longer than {MAX_VALUE_BYTES} bytes")
    return value


def _check_tags(tags: Any) -> None:
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise BadParameterError("Property tags must map names to strings")
    if len(tags) > MAX_TAGS:
        raise BadParameterError(f"Property tags has more than {MAX_TAGS} entries")
    if any(len(text) > MAX_TAG_LENGTH for pair in tags.items() for text in pair):
        raise BadParameterError(f"A name or value in property tags is longer than {MAX_TAG_LENGTH} characters")


def _instant(seconds: Any) -> datetime | None:
    if seconds is None:
        return None
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise BadParameterError("Property exp and nbf are whole seconds since 1970")
    return datetime.fromtimestamp(seconds, UTC)


def attributes(version: SecretVersion) -> dict[str, Any]:
    """Describe a version's attributes; absent ones are left out, as the service does."""
    optional = {"nbf": version.not_before, "exp": version.expires_on}
    return {
        "enabled": version.enabled,
        **{name: _seconds(when) for name, when in optional.items() if when},
        "created": _seconds(version.created),
        "updated": _seconds(version.updated),
        "recoveryLevel": "Recoverable+Purgeable",
        "recoverableDays": 90,
    }


def bundle(version: SecretVersion) -> dict[str, Any]:
    """Describe a version with its value, as get and set answer."""
    return {"value": version.value.reveal(), **properties(version)}


def properties(version: SecretVersion) -> dict[str, Any]:
    """Describe a version without its value, as update and the list of versions answer."""
    return {**_common(version), "id": version.id}


def item(version: SecretVersion) -> dict[str, Any]:
    """Describe a secret by its current version, as the list of secrets does: the id names no version."""
    return {**_common(version), "id": version.id.rpartition("/")[0]}


def deleted_item(deleted: DeletedSecret) -> dict[str, Any]:
    """Describe a soft-deleted secret, as the list of deleted secrets does."""
    current = deleted.versions[-1]
    return {
        "recoveryId": f"https://{current.vault_host}/deletedsecrets/{current.name}",
        "deletedDate": _seconds(deleted.deleted),
        "scheduledPurgeDate": _seconds(deleted.purge_on),
        **item(current),
    }


def deleted_bundle(deleted: DeletedSecret) -> dict[str, Any]:
    """Describe a soft-deleted secret in full, as delete and get deleted answer: with the version, without the value."""
    return {**deleted_item(deleted), "id": deleted.versions[-1].id}


def _common(version: SecretVersion) -> dict[str, Any]:
    document: dict[str, Any] = {}
    if version.content_type is not None:
        document["contentType"] = version.content_type
    document["attributes"] = attributes(version)
    if version.tags:
        document["tags"] = dict(version.tags)
    return document


def _seconds(when: datetime) -> int:
    return int(when.timestamp())
