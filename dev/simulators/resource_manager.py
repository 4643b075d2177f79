"""Resource Manager: read and change storage accounts and vaults, list and regenerate keys, assign roles.

The other services with keys have a module of their own, `two_key_manager`.

Ids are matched without regard to case, as Resource Manager does. Paths and fields:
https://learn.microsoft.com/rest/api/storagerp/storage-accounts.
"""

from functools import partial
from typing import Any

from . import arm_errors as errors
from .clouds import Cloud
from .consumer_manager import ConsumerManager
from .login_server import LoginServer
from .operator_changes import describe_vault, grant, update_account, update_vault
from .server_administrator import ServerAdministrator
from .storage_account import StorageAccount
from .tokens import TokenRegistry
from .two_key_manager import TwoKeyManager
from .vault import Vault
from .wire import Operation, Request, Response, json_response
from .world import timestamp

_OPERATIONS = {
    ("GET", ""): "read",
    ("PATCH", ""): "update",
    ("POST", "listkeys"): "listKeys",
    ("POST", "regeneratekey"): "regenerateKey",
}
_NAMES = {
    "read": "storage.getAccount",
    "update": "storage.updateAccount",
    "listKeys": "storage.listKeys",
    "regenerateKey": "storage.regenerateKey",
}


_DESCRIBING = frozenset({"read", "update"})
_ASSIGNMENT = "/providers/microsoft.authorization/roleassignments/"


class ResourceManagerService:
    """One cloud's Resource Manager."""

    def __init__(self, cloud: Cloud, tokens: TokenRegistry) -> None:
        self._cloud = cloud
        self._tokens = tokens
        self._accounts: dict[str, StorageAccount] = {}
        self._groups: set[tuple[str, str]] = set()
        self._vaults: dict[str, Vault] = {}
        self._servers: dict[str, LoginServer] = {}
        self.administrators: list[ServerAdministrator] = []
        self.two_keys = TwoKeyManager(self._refusal)
        self.consumers = ConsumerManager(self._refusal)

    def add_vault(self, vault: Vault, resource_id: str) -> None:
        """Make a vault known."""
        self._vaults[resource_id.lower()] = vault

    def add(self, account: StorageAccount) -> None:
        """Make an account known."""
        self._accounts[account.resource_id.lower()] = account
        self._groups.add((account.subscription.lower(), account.resource_group.lower()))

    def add_server(self, server: LoginServer) -> None:
        """Make a database server known."""
        self._servers[server.resource_id.lower()] = server

    def remove(self, account: StorageAccount) -> None:
        """Forget an account; its resource group remains."""
        self._accounts.pop(account.resource_id.lower(), None)

    def failure(self, status: int, request: Request) -> Response:
        """Answer as an unwell Resource Manager does."""
        return errors.unwell(status)

    def route(self, request: Request) -> Operation:
        """Name the operation that a request asks for."""
        parts = request.segments
        action = None
        if len(parts) >= 8 and [parts[i].lower() for i in (0, 2, 4, 5, 6)] == [
            "subscriptions",
            "resourcegroups",
            "providers",
            "microsoft.storage",
            "storageaccounts",
        ]:
            action = _OPERATIONS.get((request.method, "/".join(parts[8:]).lower()))
        if action is None:
            changed = (
                self._operator_change(request)
                or self._server(request)
                or self.consumers.route(request)
                or self.two_keys.route(request)
            )
            if changed is not None:
                return changed
            kind = "/".join(parts[5:7]) or request.path
            return Operation("arm.unsupported", kind, partial(self._unsupported, request, kind))
        target = parts[7]
        if action == "regenerateKey" and isinstance(slot := _key_name(request), str):
            target = f"{parts[7]}/{slot}"
        return Operation(_NAMES[action], target, partial(self._do, request, action, parts))

    def _operator_change(self, request: Request) -> Operation | None:
        """Name what only operators ask for: reading or changing a vault, assigning a role."""
        scope, _, assignment = request.path.lower().partition(_ASSIGNMENT)
        listed = scope.removesuffix("/providers/microsoft.storage/storageaccounts")
        if listed != scope and request.method == "GET":
            return Operation("storage.listAccounts", listed.rpartition("/")[2], partial(self._list, request, listed))
        vault = self._vaults.get(scope.rstrip("/"))
        resource = vault or self._accounts.get(scope)
        if resource is None:
            return None
        if assignment and request.method == "PUT":
            return Operation("arm.assignRole", resource.name, partial(self._assign, request, resource))
        if vault is None or request.method not in ("GET", "PATCH"):
            return None
        name = "keyvault.getVault" if request.method == "GET" else "keyvault.updateVault"
        return Operation(name, vault.name, partial(self._vault, request, vault))

    def _server(self, request: Request) -> Operation | None:
        asked = (administrator.operation(request) for administrator in self.administrators)
        found = next((operation for operation in asked if operation is not None), None)
        if found is not None:
            return Operation(found.name, found.target, lambda: self._refusal(request) or found.run())
        server = self._servers.get(request.path.lower())
        if server is None or request.method != "GET":
            return None
        name = f"{server.service}.getServer"
        return Operation(name, server.name, lambda: self._refusal(request) or server.answer(request))

    def _list(self, request: Request, scope: str) -> Response:
        """List the accounts below a subscription or a resource group, two at a time."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        found = [account for key, account in sorted(self._accounts.items()) if key.startswith(f"{scope}/")]
        first = int(request.parameter("$skiptoken") or 0)
        page = {"value": [describe(account) for account in found[first : first + 2]]}
        if first + 2 < len(found):
            version = request.parameter("api-version")
            link = f"https://{self._cloud.arm_host}{request.path}?api-version={version}&%24skiptoken={first + 2}"
            return json_response(200, page | {"nextLink": link})
        return json_response(200, page)

    def _assign(self, request: Request, resource: StorageAccount | Vault) -> Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        if not grant(resource, request.json()):
            return errors.unsupported("Microsoft.Authorization/roleDefinitions")
        return json_response(201, {"id": request.path, "type": "Microsoft.Authorization/roleAssignments"})

    def _vault(self, request: Request, vault: Vault) -> Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        if request.method == "PATCH":
            update_vault(vault, request.json())
        return json_response(200, describe_vault(vault, request.path))

    def _refusal(self, request: Request) -> Response | None:
        complaint = self._tokens.complaint(request, self._cloud.arm_audiences)
        if complaint is not None:
            return errors.unauthorized(self._cloud, complaint, self._tokens.claims_wanted(complaint))
        return None if request.parameter("api-version") else errors.missing_api_version()

    def _unsupported(self, request: Request, kind: str) -> Response:
        return self._refusal(request) or errors.unsupported(kind)

    def _do(self, request: Request, action: str, parts: list[str]) -> Response:
        refusal = self._refusal(request)
        account = self._find(parts) if refusal is None else refusal
        if isinstance(account, Response):
            return account
        if request.caller == "app" and account.denies(action):
            return errors.authorization_failed(account, action)
        if action == "update":
            update_account(account, request.json())
        return json_response(200, describe(account)) if action in _DESCRIBING else _act(request, action, account)

    def _find(self, parts: list[str]) -> StorageAccount | Response:
        subscription, group, name = parts[1], parts[3], parts[7]
        if not any(known == subscription.lower() for known, _ in self._groups):
            return errors.subscription_not_found(subscription)
        if (subscription.lower(), group.lower()) not in self._groups:
            return errors.group_not_found(group)
        found = self._accounts.get("/" + "/".join(parts[:8]).lower())
        return found or errors.account_not_found(name, group)


def _act(request: Request, action: str, account: StorageAccount) -> Response:
    if account.read_only_lock:
        return errors.scope_locked(account)
    if action == "regenerateKey":
        slot = _key_name(request)
        if not isinstance(slot, str) or slot.lower() not in account.keys.slots:
            return errors.bad_key_name(slot)
        account.regenerate(slot.lower())
    return json_response(200, {"keys": _keys(account, kerberos=_wants_kerberos(request, action))})


def _key_name(request: Request) -> object:
    try:
        return request.json().get("keyName")
    except ValueError:
        return None


def _wants_kerberos(request: Request, action: str) -> bool:
    return action == "regenerateKey" or (request.parameter("$expand") or "").lower() == "kerb"


def _keys(account: StorageAccount, *, kerberos: bool) -> list[dict[str, Any]]:
    shown = [slot for slot in account.keys.slots if kerberos or slot.startswith("key")]
    return [
        {
            "creationTime": timestamp(key.created) if key.created else None,
            "keyName": key.slot,
            "value": key.value.reveal(),
            "permissions": "FULL",
        }
        for key in map(account.keys.current, shown)
    ]


def describe(account: StorageAccount) -> dict[str, Any]:
    """Describe an account as Resource Manager does; a property that was never set is absent."""
    ages = {slot: account.keys.current(slot).created for slot in ("key1", "key2")}
    properties: dict[str, Any] = {
        "keyCreationTime": {slot: timestamp(when) if when else None for slot, when in ages.items()},
        "minimumTlsVersion": "TLS1_2",
        "allowBlobPublicAccess": False,
        "networkAcls": {
            "bypass": "AzureServices",
            "virtualNetworkRules": [],
            "ipRules": [],
            "defaultAction": "Deny" if account.firewall_closed else "Allow",
        },
        "supportsHttpsTrafficOnly": True,
        "encryption": {
            "keySource": "Microsoft.Keyvault" if account.customer_key else "Microsoft.Storage",
            **({"keyvaultproperties": account.customer_key} if account.customer_key else {}),
        },
        "provisioningState": "Succeeded",
        "primaryEndpoints": {service: account.endpoint(service) for service in account.services},
        "primaryLocation": account.location,
        "statusOfPrimary": "available",
    }
    if account.created is not None:
        properties["creationTime"] = timestamp(account.created)
    if account.allow_shared_key_access is not None:
        properties["allowSharedKeyAccess"] = account.allow_shared_key_access
    return {
        "sku": {"name": account.sku, "tier": account.sku.partition("_")[0]},
        "kind": account.kind,
        "id": account.resource_id,
        "name": account.name,
        "type": "Microsoft.Storage/storageAccounts",
        "location": account.location,
        "tags": {},
        "properties": properties,
    }
