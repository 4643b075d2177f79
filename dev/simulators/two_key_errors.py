"""Refusals of the services with two keys, and of Resource Manager about them, in their own words."""

from typing import TYPE_CHECKING

from .two_key_facts import DataPlane
from .wire import Response, json_error, xml_response, xml_text
from .world import APP_ID, OBJECT_ID

if TYPE_CHECKING:
    from .two_key_services import TwoKeyTarget


def not_found(type_: str, name: str, group: str) -> Response:
    """The resource group has no such resource."""
    return json_error(
        404,
        "ResourceNotFound",
        f"The Resource '{type_}/{name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def authorization_failed(target: "TwoKeyTarget", action: str) -> Response:
    """The caller has no role that allows the action."""
    return json_error(
        403,
        "AuthorizationFailed",
        f"The client '{APP_ID}' with object id '{OBJECT_ID}' does not have authorization to perform action "
        f"'{target.facts.type}/{action}' over scope '{target.resource_id}' or the scope is invalid. If access was "
        "recently granted, please refresh your credentials.",
    )


def scope_locked(target: "TwoKeyTarget") -> Response:
    """A read-only lock stops every POST, listing keys included."""
    return json_error(
        409,
        "ScopeLocked",
        f"The scope '{target.resource_id}' cannot perform write operation because following scope(s) are locked: "
        f"'{target.resource_id}'. Please remove the lock and try again.",
    )


def bad_key_name() -> Response:
    """The target has no key of that name."""
    return json_error(400, "BadRequest", "The key name is not one of those that the resource has.")


def busy(target: "TwoKeyTarget") -> Response:
    """Another operation has not ended yet."""
    status, code = target.facts.busy
    return json_error(
        status,
        code,
        f"There is already an operation in progress which requires exclusive lock on this resource {target.name}. "
        "Please retry the operation after sometime.",
    )


def refused(plane: DataPlane, status: int, code: str, message: str) -> Response:
    """The data plane does not let the caller in; the gateways of namespaces say so in XML."""
    if not plane.rights_matter:
        return json_error(status, code, message)
    body = f"<Error><Code>{code}</Code><Detail>{xml_text(message)} TrackingId:0_G1</Detail></Error>"
    answer = xml_response(status, body)
    return Response(status, answer.headers, answer.body, code)


def local_auth_disabled(plane: DataPlane) -> Response:
    """The data plane takes no key at all, by policy."""
    if plane.rights_matter:
        message = "LocalAuthDisabled: Authorization failed because SAS authentication has been disabled."
        return refused(plane, 401, "401", message)
    if plane.operation.startswith("ai."):
        return json_error(403, "AuthenticationTypeDisabled", "Key based authentication is disabled for this resource.")
    return refused(plane, plane.refused, plane.code, "Local authentication is disabled.")


def no_such_path() -> Response:
    """The data plane has nothing there."""
    return json_error(404, "NotFound", "The resource does not exist.")


def unwell(status: int) -> Response:
    """What a data plane says when it is overloaded or broken."""
    codes = {429: "TooManyRequests", 500: "InternalServerError", 503: "ServiceUnavailable"}
    return json_error(status, codes.get(status, "InternalServerError"), "Please retry the request.")
