"""Roles: named, never written as ids; known to the table; assigned under names that each deployment makes again."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tree_sitter import Node

from dev.bicep_checks.syntax import (
    Declaration,
    Finding,
    Source,
    arguments,
    called,
    items,
    member,
    pairs,
    string_value,
    text,
    walk,
)

ROLES: dict[str, str] = json.loads((Path(__file__).parent / "role-ids.json").read_text(encoding="utf-8"))["roles"]
"""Ids of Azure's built-in roles, by name."""

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def check(source: Source) -> Iterator[Finding]:
    """Yield roles that do not exist, ids in the wrong place, and assignments whose name is not their own."""
    for declaration in source.of("resource"):
        if declaration.type.startswith("Microsoft.Authorization/roleAssignments@"):
            yield from _assignment(source, declaration)
    yield from _roles(source)


def _assignment(source: Source, declaration: Declaration) -> Iterator[Finding]:
    """Names of role assignments: the same at every deployment, and different for every scope, principal and role."""
    body = declaration.body
    name, scope = member(body, "name"), member(body, "scope")
    parts = [text(argument) for argument in arguments(name)] if name is not None and called(name) == "guid" else []
    wanted = f"{text(scope)}.id" if scope is not None else f"{source.scope}().id"
    principal = member(body, "properties", "principalId")
    if len(parts) < 3 or parts[0] != wanted or principal is None or parts[1] != text(principal):
        yield source.finding(name or declaration.node, f"name {declaration.name} guid({wanted}, principal, role)")


def _roles(source: Source) -> Iterator[Finding]:
    """Roles are named, never written as ids, and known to the table."""
    in_table = source.name.endswith("role-ids.bicep")
    for node in walk(source.root):
        value = string_value(node)
        if value is not None and _GUID.fullmatch(value) and not in_table:
            yield source.finding(node, "an id: name the role, and keep its id in role-ids.bicep")
        if node.type == "subscript_expression" and text(node).startswith("roleIds["):
            index = items(node)[-1]
            if string_value(index) is not None:
                yield from _role_name(source, index)
    for declaration in source.of("var"):
        if declaration.name == "appRoles" and declaration.value is not None:
            for name in items(declaration.value):
                yield from _role_name(source, name)
    for declaration in source.of("module"):
        roles = member(declaration.body, "params", "appRoles")
        for name in items(roles) if roles is not None and roles.type == "array" else ():
            yield from _role_name(source, name)


def _role_name(source: Source, node: Node) -> Iterator[Finding]:
    if string_value(node) not in ROLES:
        yield source.finding(node, f"no role is called {text(node)}")


def check_role_ids(source: Source) -> Iterator[Finding]:
    """Compare role-ids.bicep with the table of built-in roles."""
    table = source.by_name["roleIds"].value
    for name, value in pairs(table) if table is not None else ():
        if string_value(value) != ROLES.get(name or ""):
            yield source.finding(value, f"the id of {name} is {ROLES.get(name or '', 'not in the table')}")
