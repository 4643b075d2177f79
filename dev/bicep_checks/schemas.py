"""Microsoft's type definitions of the resources that are used, kept as data in `schemas/`.

Each file says where it comes from. Most are what Microsoft's own tool prints (see `refresh`), without descriptions and
without what can only be read; the few whose version the tool does not have are transcribed from the reference.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "schemas"


@dataclass(frozen=True)
class Property:
    """One property of an object."""

    type: str
    """A name in the schema, a primitive, `T[]`, or literals joined by ` | `."""
    required: bool = False
    read_only: bool = False
    limits: str = ""
    """Such as `minLength: 3, pattern: ^[a-z]+$`."""


@dataclass(frozen=True)
class ObjectType:
    """An object; with a discriminator, one of several."""

    properties: Mapping[str, Property]
    additional: str | None = None
    discriminator: str | None = None
    variants: "Mapping[str, ObjectType]" = field(default_factory=dict)
    """By the discriminator's value."""


@dataclass(frozen=True)
class Schema:
    """One resource type in one version."""

    resource: str
    """`Microsoft.Storage/storageAccounts@2025-01-01`."""
    source: str
    scopes: tuple[str, ...]
    """Where it can be deployed: ResourceGroup, Subscription; empty means onto any resource or scope."""
    body: ObjectType
    types: Mapping[str, ObjectType]


def load(folder: Path = FOLDER) -> dict[str, Schema]:
    """Return every schema, by `type@version`."""
    schemas = [_schema(json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.json"))]
    return {schema.resource.casefold(): schema for schema in schemas}


def _schema(data: dict[str, Any]) -> Schema:
    types = {name: object_type(item) for name, item in data["types"].items()}
    return Schema(data["resource"], data["source"], tuple(data["scopes"]), object_type(data["body"]), types)


def object_type(data: dict[str, Any]) -> ObjectType:
    """Read the stored form of an object type."""
    return ObjectType(
        {name: Property(**item) for name, item in data.get("properties", {}).items()},
        data.get("additional"),
        data.get("discriminator"),
        {name: object_type(item) for name, item in data.get("variants", {}).items()},
    )
