"""What operators change through Resource Manager when they mend something: networks, policies, roles.

A role is what this simulation knows by it: the rights that a `deny` took away come back. Ids of built-in roles:
https://learn.microsoft.com/azure/role-based-access-control/built-in-roles.
"""

from collections.abc import Mapping
from typing import Any

from .storage_account import StorageAccount
from .vault import Vault

_VAULT_RIGHTS: dict[str, tuple[str, ...]] = {
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": (),  # Key Vault Secrets Officer: everything
    "4633458b-17de-408a-b874-0445c86b69e6": ("getSecret", "listSecrets"),  # Key Vault Secrets User
}
_ACCOUNT_RIGHTS: dict[str, tuple[str, ...]] = {
    "81a9662b-bebf-436f-a333-f67b29880f12": ("listKeys", "regenerateKey"),  # Storage Account Key Operator Service Role
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": ("read",),  # Reader
}


def update_account(account: StorageAccount, document: Mapping[str, Any]) -> None:
    """Change what a PATCH of the account names."""
    properties = _object(document, "properties")
    if isinstance(allowed := properties.get("allowSharedKeyAccess"), bool):
        account.allow_shared_key_access = allowed
    account.firewall_closed = _closed(properties, closed=account.firewall_closed)


def update_vault(vault: Vault, document: Mapping[str, Any]) -> None:
    """Change what a PATCH of the vault names."""
    vault.firewall_closed = _closed(_object(document, "properties"), closed=vault.firewall_closed)


def describe_vault(vault: Vault, resource_id: str) -> dict[str, Any]:
    """Describe a vault as Resource Manager does."""
    action = "Deny" if vault.firewall_closed else "Allow"
    return {
        "id": resource_id,
        "name": vault.name,
        "type": "Microsoft.KeyVault/vaults",
        "properties": {"vaultUri": vault.uri, "networkAcls": {"bypass": "AzureServices", "defaultAction": action}},
    }


def grant(resource: StorageAccount | Vault, document: Mapping[str, Any]) -> bool:
    """Give the app the rights of a role assignment; false for a role that is none of these."""
    role = str(_object(document, "properties").get("roleDefinitionId", "")).rpartition("/")[2].lower()
    rights = (_VAULT_RIGHTS if isinstance(resource, Vault) else _ACCOUNT_RIGHTS).get(role)
    if rights is None:
        return False
    resource.allow(*rights)
    return True


def _closed(properties: Mapping[str, Any], *, closed: bool) -> bool:
    action = _object(properties, "networkAcls").get("defaultAction")
    return closed if action is None else str(action).lower() == "deny"


def _object(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}
