"""`az role assignment create`: give the app a role by its name."""

import argparse
from typing import Any
from uuid import uuid4

from dev.az.arguments import command, group
from dev.az.resource_manager import ResourceManagerError, call

_API_VERSION = "2022-04-01"
# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
_ROLES = {
    "Key Vault Secrets Officer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "Storage Account Key Operator Service Role": "81a9662b-bebf-436f-a333-f67b29880f12",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
}


def add_commands(groups: Any) -> None:
    """Add the group `role`."""
    command(group(group(groups, "role"), "assignment"), "create", _create, "assignee", "role", "scope")


def _create(options: argparse.Namespace) -> Any:
    role = _ROLES.get(options.role)
    if role is None:
        raise ResourceManagerError(f"no role {options.role} here, only {', '.join(_ROLES)}")
    properties = {"roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{role}"}
    body = {"properties": properties | {"principalId": options.assignee}}
    return call(
        "PUT", f"{options.scope}/providers/Microsoft.Authorization/roleAssignments/{uuid4()}", _API_VERSION, body
    )
