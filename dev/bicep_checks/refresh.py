"""Fetches `schemas/` anew: `python -m dev.bicep_checks.refresh`. Needs npm; the tool itself works offline.

Run it when a Bicep file uses a new resource type, or to move to newer versions.
"""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dev.bicep_checks import schemas
from dev.bicep_checks.run import ROOT, read_sources

# The last version of the tool that carries every type used here: from 1.0 on, those of Azure Monitor and private DNS
# are missing from the package.
_PACKAGE = "@azure/mcp-linux-x64"
_VERSION = "0.5.13"

_LITERAL = re.compile(r" \| ")


def main() -> None:
    """Write one file for each resource type, except those that were transcribed by hand."""
    by_hand = {name for name, schema in schemas.load().items() if "by hand" in schema.source}
    with tempfile.TemporaryDirectory() as folder:
        tool = _install(Path(folder))
        for resource in sorted(_used()):
            if resource.casefold() not in by_hand:
                print(resource)  # noqa: T201 - a command line
                _write(resource.split("@")[0], tool)


def _used() -> set[str]:
    return {item.type for source in read_sources(ROOT).values() for item in source.of("resource")}


def _install(folder: Path) -> Path:
    # Install scripts are of no use to a single binary.
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(folder)]
    subprocess.run([*command, f"{_PACKAGE}@{_VERSION}"], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    tool = folder / "node_modules" / _PACKAGE / "dist" / "azmcp"
    tool.chmod(0o755)
    return tool


def _write(resource_type: str, tool: Path) -> None:
    answer = subprocess.run(  # noqa: S603
        [str(tool), "bicepschema", "get", "--resource-type", resource_type],
        check=True,
        capture_output=True,
        env={**os.environ, "AZURE_MCP_COLLECT_TELEMETRY": "false"},
    )
    reduced = reduce(json.loads(answer.stdout)["results"]["BicepSchemaResult"])
    path = schemas.FOLDER / f"{resource_type.replace('/', '_')}.json"
    path.write_text(layout(reduced), encoding="utf-8")


def layout(schema: Mapping[str, Any]) -> str:
    """Return a schema as JSON with one line for each type, so that a change reads well."""
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in schema.items() if name != "types"]
    types = [f"    {json.dumps(name)}: {json.dumps(value)}" for name, value in sorted(schema["types"].items())]
    body = ",\n".join(types)
    return "{\n" + ",\n".join(lines) + ',\n  "types": {\n' + body + ("\n" if body else "") + "  }\n}\n"


def reduce(answer: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Keep what can be written, and the types that it leads to."""
    entries = list(answer)
    resource = next(entry for entry in entries if entry["$type"] == "Resource")
    types = {entry["name"]: entry for entry in entries if entry["$type"] in ("Object", "DiscriminatedObject")}
    kept: dict[str, Any] = {}
    body = _object(resource["bodyType"])
    waiting = _types(body)
    while waiting:
        name = waiting.pop()
        if name in types and name not in kept:
            kept[name] = _object(types[name])
            waiting |= _types(kept[name])
    scopes = [scope.strip() for scope in resource["writableScopes"].split(",")]
    return {
        "resource": resource["name"],
        "source": f"azmcp {_VERSION}, bicepschema get",
        "scopes": [scope for scope in scopes if scope in ("ResourceGroup", "Subscription")],
        "body": body,
        "types": kept,
    }


def _object(entry: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "properties": {
            item["name"]: _property(item)
            for item in [*(entry.get("properties") or []), *(entry.get("baseProperties") or [])]
        }
    }
    if entry.get("additionalPropertiesType"):
        found["additional"] = entry["additionalPropertiesType"]
    if entry.get("discriminator"):
        key = found["discriminator"] = entry["discriminator"]
        found["variants"] = {}
        for element in entry["elements"]:
            variant = _object(element)
            found["variants"][variant["properties"][key]["type"]] = variant
    return found


def _property(item: Mapping[str, Any]) -> dict[str, Any]:
    flags = item.get("flags", "")
    found: dict[str, Any] = {"type": item["type"]}
    if "Required" in flags:
        found["required"] = True
    if "ReadOnly" in flags:
        found |= {"type": "any", "read_only": True}
    if item.get("modifiers"):
        found["limits"] = item["modifiers"]
    return found


def _types(entry: Mapping[str, Any]) -> set[str]:
    named = [item["type"] for item in entry["properties"].values()]
    named += [entry["additional"]] if "additional" in entry else []
    found = {part.removesuffix("[]") for name in named for part in _LITERAL.split(name)}
    for variant in entry.get("variants", {}).values():
        found |= _types(variant)
    return found


if __name__ == "__main__":
    main()
