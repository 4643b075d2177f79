"""`az keyvault …`: secrets of a vault, and the vault's firewall."""

import argparse
import os
from datetime import datetime
from typing import Any

from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient, SecretProperties

from dev.az.arguments import command, group
from dev.az.resource_manager import USER_AGENT, call

_API_VERSION = "2023-07-01"


def add_commands(groups: Any) -> None:
    """Add the group `keyvault`."""
    keyvault = group(groups, "keyvault")
    command(keyvault, "update", _update, "name", resource_group={"required": True}, default_action={"required": True})
    secret = group(keyvault, "secret")
    command(secret, "show", _show, "vault-name", "name", version={})
    command(secret, "list", _list, "vault-name")
    command(secret, "list-versions", _list_versions, "vault-name", "name")
    command(secret, "recover", _recover, "vault-name", "name")
    command(
        secret,
        "set-attributes",
        _set_attributes,
        "vault-name",
        "name",
        version={},
        tags={"nargs": "*"},
        enabled={"choices": ["true", "false"]},
        expires={},
    )


def _client(options: argparse.Namespace) -> SecretClient:
    url = f"https://{options.vault_name}.vault.azure.net"
    return SecretClient(
        url, DefaultAzureCredential(), api_version="7.4", user_agent=USER_AGENT, user_agent_overwrite=True
    )


def _show(options: argparse.Namespace) -> dict[str, Any]:
    found = _client(options).get_secret(options.name, options.version)
    return {"value": found.value} | _described(found.properties)


def _list(options: argparse.Namespace) -> list[dict[str, Any]]:
    return [_described(each) for each in _client(options).list_properties_of_secrets()]


def _list_versions(options: argparse.Namespace) -> list[dict[str, Any]]:
    return [_described(each) for each in _client(options).list_properties_of_secret_versions(options.name)]


def _recover(options: argparse.Namespace) -> dict[str, Any]:
    return _described(_client(options).begin_recover_deleted_secret(options.name, _polling_interval=0).result())


def _set_attributes(options: argparse.Namespace) -> dict[str, Any]:
    """As the real one does, `--tags` takes the place of all tags that were there."""
    tags = None if options.tags is None else dict(pair.partition("=")[::2] for pair in options.tags if pair)
    changed = _client(options).update_secret_properties(
        options.name,
        options.version,
        tags=tags,
        enabled=None if options.enabled is None else options.enabled == "true",
        expires_on=datetime.fromisoformat(options.expires) if options.expires else None,
    )
    return _described(changed)


def _update(options: argparse.Namespace) -> Any:
    subscription = os.environ["AZURE_SUBSCRIPTION_ID"]
    vault = f"subscriptions/{subscription}/resourceGroups/{options.resource_group}/providers/Microsoft.KeyVault/vaults"
    body = {"properties": {"networkAcls": {"bypass": "AzureServices", "defaultAction": options.default_action}}}
    return call("PATCH", f"{vault}/{options.name}", _API_VERSION, body)


def _described(properties: SecretProperties) -> dict[str, Any]:
    times = {"created": properties.created_on, "updated": properties.updated_on, "expires": properties.expires_on}
    return {
        "id": properties.id,
        "name": properties.name,
        "contentType": properties.content_type,
        "tags": properties.tags,
        "attributes": {"enabled": properties.enabled}
        | {name: when.isoformat() if when else None for name, when in times.items()},
    }
