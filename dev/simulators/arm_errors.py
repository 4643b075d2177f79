"""Resource Manager's refusals, in its own words.

Wording from https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
and answers quoted in public, for instance https://github.com/Azure/azure-sdk-for-java/issues/2560 (locks stop
even listing keys).
"""

from .clouds import Cloud
from .storage_account import StorageAccount
from .tokens import Complaint
from .wire import Response, json_error
from .world import APP_ID, OBJECT_ID, TENANT_ID

_ACTIONS = {"read": "read", "listKeys": "listKeys/action", "regenerateKey": "regenerateKey/action"}


def subscription_not_found(subscription: str) -> Response:
    """The directory has no such subscription."""
    return json_error(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")


def group_not_found(group: str) -> Response:
    """The subscription has no such resource group."""
    return json_error(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def account_not_found(name: str, group: str) -> Response:
    """The resource group has no such storage account."""
    return json_error(
        404,
        "ResourceNotFound",
        f"The Resource 'Microsoft.Storage/storageAccounts/{name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def unsupported(kind: str) -> Response:
    """The resource type is not one that this simulation has."""
    return json_error(
        404, "InvalidResourceType", f"The resource type '{kind}' could not be found in the namespace given."
    )


def missing_api_version() -> Response:
    """The query has no api-version."""
    return json_error(
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )


def bad_key_name(name: object) -> Response:
    """The account has no key of that name."""
    return json_error(
        400,
        "InvalidValuesForRequestParameters",
        f"Values for request parameters are invalid: keyName (was {name!r}).",
    )


def authorization_failed(account: StorageAccount, action: str) -> Response:
    """The caller has no role that allows the action."""
    return denied(f"Microsoft.Storage/storageAccounts/{_ACTIONS[action]}", account.resource_id)


def denied(action: str, scope: str) -> Response:
    """The caller has no role that allows an action on something."""
    return json_error(
        403,
        "AuthorizationFailed",
        f"The client '{APP_ID}' with object id '{OBJECT_ID}' does not have authorization to perform action "
        f"'{action}' over scope '{scope}' or the scope is "
        "invalid. If access was recently granted, please refresh your credentials.",
    )


def scope_locked(account: StorageAccount) -> Response:
    """A read-only lock stops every POST, listing keys included."""
    return json_error(
        409,
        "ScopeLocked",
        f"The scope '{account.resource_id}' cannot perform write operation because following scope(s) are locked: "
        f"'{account.resource_id}'. Please remove the lock and try again.",
    )


def unauthorized(cloud: Cloud, complaint: Complaint, claims: str | None) -> Response:
    """The token is missing, stale or meant for somebody else."""
    known = {
        "missing": ("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."),
        "audience": (
            "InvalidAuthenticationTokenAudience",
            "The access token has been obtained for wrong audience or resource. It should exactly match with one of "
            f"the allowed audiences '{','.join(f'{audience}/' for audience in cloud.arm_audiences)}'.",
        ),
        "expired": (
            "ExpiredAuthenticationToken",
            "The access token expiry UTC time is earlier than current UTC time.",
        ),
    }
    code, message = known.get(complaint, ("InvalidAuthenticationToken", "The access token is invalid."))
    detail = "insufficient_claims" if claims else "invalid_token"
    challenge = (
        f'Bearer authorization_uri="https://{cloud.login_host}/{TENANT_ID}", error="{detail}", '
        f'error_description="{message.replace(",", "")}"'
    )
    if claims:
        challenge += f', claims="{claims}"'
    return json_error(401, code, message, headers={"WWW-Authenticate": challenge})


def unwell(status: int) -> Response:
    """What Resource Manager says when it or the storage provider is overloaded or broken."""
    known = {
        429: (
            "TooManyRequests",
            "The request is being throttled as the limit has been reached for operation type - Read_ObservationWindow. "
            "For more information, see - https://aka.ms/srpthrottlinglimits",
        ),
        500: ("InternalServerError", "The server encountered an internal error. Please retry the request."),
        503: ("ServerBusy", "The server is busy. Please retry the request."),
        504: (
            "GatewayTimeout",
            "The gateway did not receive a response from 'Microsoft.Storage' within the time.",
        ),
    }
    code, message = known.get(status, ("InternalServerError", "The request could not be processed."))
    return json_error(status, code, message)
