"""The stored type definitions: one for each resource type in use, each with its origin."""

import json
from pathlib import Path
from typing import Any

import pytest

from dev.bicep_checks import schemas
from dev.bicep_checks.refresh import layout, reduce
from dev.bicep_checks.run import ROOT, read_sources

pytestmark = pytest.mark.unit


def test_there_is_one_for_each_resource_type_in_use_and_no_other() -> None:
    used = {item.type.casefold() for source in read_sources(ROOT).values() for item in source.of("resource")}
    assert set(schemas.load()) == used


def test_each_says_where_it_comes_from() -> None:
    for schema in schemas.load().values():
        assert schema.source.startswith(("azmcp 0.5.13", "transcribed by hand from https://learn.microsoft.com/"))


@pytest.mark.parametrize("path", sorted(schemas.FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_each_is_stored_as_the_refresh_would_store_it(path: Path) -> None:
    stored = path.read_text(encoding="utf-8")
    assert layout(json.loads(stored)) == stored


def test_an_answer_is_reduced_to_what_can_be_written() -> None:
    answer: list[dict[str, Any]] = [
        {
            "$type": "Resource",
            "name": "Contoso.Cloud/things@2025-01-01",
            "writableScopes": "ResourceGroup",
            "bodyType": {
                "properties": [
                    {"name": "id", "type": "string", "flags": "ReadOnly"},
                    {"name": "name", "type": "string", "flags": "Required", "modifiers": "maxLength: 3"},
                    {"name": "kind", "type": "Kind"},
                ]
            },
        },
        {
            "$type": "DiscriminatedObject",
            "name": "Kind",
            "discriminator": "sort",
            "baseProperties": [],
            "elements": [{"properties": [{"name": "sort", "type": "Big", "flags": "Required"}]}],
        },
        {"$type": "Object", "name": "Unused", "properties": []},
        {"$type": "ResourceInstanceFunction", "name": "listKeys"},
    ]
    reduced = reduce(answer)
    assert reduced["body"]["properties"] == {
        "id": {"type": "any", "read_only": True},
        "name": {"type": "string", "required": True, "limits": "maxLength: 3"},
        "kind": {"type": "Kind"},
    }
    assert reduced["scopes"] == ["ResourceGroup"]
    assert set(reduced["types"]) == {"Kind"}
    assert set(reduced["types"]["Kind"]["variants"]) == {"Big"}
