"""`az storage account …`: an account's policy, firewall and keys."""

import argparse
import os
from typing import Any

from dev.az.arguments import command, group
from dev.az.resource_manager import call

_API_VERSION = "2023-05-01"


def add_commands(groups: Any) -> None:
    """Add the group `storage`."""
    account = group(group(groups, "storage"), "account")
    command(account, "show", _show, "ids")
    choices = {"choices": ["true", "false"]}
    command(account, "update", _update, "ids", allow_shared_key_access=choices, default_action={})
    keys = group(account, "keys")
    command(keys, "list", _keys, "account-name", "resource-group")
    command(keys, "renew", _renew, "account-name", "resource-group", "key")


def _show(options: argparse.Namespace) -> Any:
    return _flat(call("GET", options.ids, _API_VERSION))


def _update(options: argparse.Namespace) -> Any:
    properties: dict[str, Any] = {}
    if options.allow_shared_key_access:
        properties["allowSharedKeyAccess"] = options.allow_shared_key_access == "true"
    if options.default_action:
        properties["networkAcls"] = {"defaultAction": options.default_action}
    return _flat(call("PATCH", options.ids, _API_VERSION, {"properties": properties}))


def _keys(options: argparse.Namespace) -> Any:
    return call("POST", f"{_account(options)}/listKeys", _API_VERSION)["keys"]


def _renew(options: argparse.Namespace) -> Any:
    return call("POST", f"{_account(options)}/regenerateKey", _API_VERSION, {"keyName": options.key})["keys"]


def _account(options: argparse.Namespace) -> str:
    group_id = f"subscriptions/{os.environ['AZURE_SUBSCRIPTION_ID']}/resourceGroups/{options.resource_group}"
    return f"{group_id}/providers/Microsoft.Storage/storageAccounts/{options.account_name}"


def _flat(account: dict[str, Any]) -> dict[str, Any]:
    return {**account["properties"], "networkRuleSet": account["properties"]["networkAcls"], "id": account["id"]}
