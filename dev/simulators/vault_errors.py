"""Key Vault's refusals, in its own words.

Wording from the service's answers as callers have quoted them in public, for instance
https://github.com/Azure/azure-sdk-for-js/issues/24756 (disabled),
https://github.com/Azure/azure-sdk-for-java/issues/17991 (the spelling `innererror`) and
https://learn.microsoft.com/azure/key-vault/general/troubleshooting-access-issues.
"""

from .tokens import Complaint
from .vault import Vault
from .wire import Response, json_error
from .world import APP_ID, OBJECT_ID, TENANT_ID

_ACTIONS = {
    "getSecret": "getSecret/action",
    "getSecretVersion": "getSecret/action",
    "setSecret": "setSecret/action",
    "updateSecret": "update/action",
    "deleteSecret": "delete",
    "purgeDeletedSecret": "purge/action",
    "recoverDeletedSecret": "recover/action",
}


def not_found(name: str) -> Response:
    """There is no such secret or version."""
    return json_error(
        404,
        "SecretNotFound",
        f"A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may "
        "be able to recover it using the correct recovery command. For help resolving this issue, please see "
        "https://go.microsoft.com/fwlink/?linkid=2125182",
    )


def disabled() -> Response:
    """The version asked for is disabled."""
    message = "Operation get is not allowed on a disabled secret."
    return json_error(403, "Forbidden", message, inner="SecretDisabled")


def deleted_but_recoverable(name: str) -> Response:
    """The name belongs to a soft-deleted secret."""
    return json_error(
        409,
        "Conflict",
        f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, "
        "the secret can only be recovered or purged.",
        inner="ObjectIsDeletedButRecoverable",
    )


def forbidden_by_role(vault: Vault, operation: str, secret: str) -> Response:
    """The caller has no role that allows the operation."""
    scope = f"/secrets/{secret}" if secret else ""
    return json_error(
        403,
        "Forbidden",
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role "
        "definitions were changed recently, please observe propagation time.\r\n"
        f"Caller: appid={APP_ID};oid={OBJECT_ID};iss=https://sts.windows.net/{TENANT_ID}/\r\n"
        f"Action: 'Microsoft.KeyVault/vaults/secrets/{_ACTIONS.get(operation, 'readMetadata/action')}'\r\n"
        f"Resource: '/subscriptions/{TENANT_ID}/resourcegroups/vaults/providers/microsoft.keyvault/vaults/"
        f"{vault.name.lower()}{scope}'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\n"
        f"DecisionReason: 'DeniedWithNoValidRBAC' \r\nVault: {vault.name};location=westeurope\r\n",
        inner="ForbiddenByRbac",
    )


def forbidden_by_firewall(vault: Vault) -> Response:
    """The caller's network address is not allowed."""
    return json_error(
        403,
        "Forbidden",
        "Client address is not authorized and caller is not a trusted service.\r\nClient address: 203.0.113.7\r\n"
        f"Caller: appid={APP_ID};oid={OBJECT_ID};iss=https://sts.windows.net/{TENANT_ID}/\r\n"
        f"Vault: {vault.name};location=westeurope",
        inner="ForbiddenByFirewall",
    )


def bad_parameter(message: str) -> Response:
    """Something in the request breaks the rules."""
    return json_error(400, "BadParameter", message)


def method_not_allowed(method: str) -> Response:
    """The path has no such method."""
    return json_error(405, "MethodNotAllowed", f"The method {method} is not supported on this resource")


def unauthorized(vault: Vault, complaint: Complaint, claims: str | None) -> Response:
    """The 401 that carries the challenge: where to get a token, and for what."""
    challenge = (
        f'Bearer authorization="https://{vault.cloud.login_host}/{TENANT_ID}", resource="{vault.cloud.vault_audience}"'
    )
    if claims is not None:
        challenge += f', error="insufficient_claims", claims="{claims}"'
    messages = {
        "missing": "AKV10000: Request is missing a Bearer or PoP token.",
        "audience": f"AKV10022: Invalid audience. Expected {vault.cloud.vault_audience}, found another.",
        "expired": "[TokenExpired] Error validating token: 'S2S12086'.",
    }
    message = messages.get(complaint, "[BearerReadAccessTokenFailed] Error validating token: 'S2S12005'.")
    return json_error(401, "Unauthorized", message, headers={"WWW-Authenticate": challenge})


def unwell(status: int) -> Response:
    """What the service says when it is overloaded or broken."""
    known = {
        429: (
            "Throttled",
            "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached",
        ),
        500: (
            "InternalServerError",
            "The server encountered an unexpected error and cannot process the request.",
        ),
        503: ("ServiceUnavailable", "The service is temporarily unavailable."),
    }
    code, message = known.get(status, ("InternalServerError", "The request could not be processed."))
    return json_error(status, code, message)
