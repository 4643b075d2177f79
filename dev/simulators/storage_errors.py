"""The storage data plane's refusals, in its own words: XML, a code in a header, the message as reason phrase.

Codes: https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes. Shapes from answers
quoted in public, for instance https://github.com/Azure/azure-sdk-for-net/issues/4078 (a wrong signature) and
https://github.com/Azure/AI-Landing-Zones/issues/64 (shared key disallowed).
"""

from uuid import uuid4

from .wire import Request, Response, xml_response, xml_text
from .world import TENANT_ID, machine_time, timestamp

_BAD_SIGNATURE = (
    "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "
    "including the signature."
)


def storage_error(status: int, code: str, message: str, request: Request, detail: str | None = None) -> Response:
    """Answer as the storage services report errors."""
    request_id = str(uuid4())
    extra = f"<AuthenticationErrorDetail>{xml_text(detail)}</AuthenticationErrorDetail>" if detail else ""
    text = f"{message}\nRequestId:{request_id}\nTime:{timestamp(machine_time())}"
    answer = xml_response(
        status,
        f"<Error><Code>{code}</Code><Message>{xml_text(text)}</Message>{extra}</Error>",
        {"x-ms-error-code": code, "x-ms-request-id": request_id},
    )
    body = b"" if request.method == "HEAD" else answer.body
    return Response(status, answer.headers, body, code, reason=message)


def bad_signature(request: Request, given: str, text: str) -> Response:
    """The signature fits none of the account's keys."""
    detail = (
        f"The MAC signature found in the HTTP request '{given}' is not the same as any computed signature. "
        f"Server used following string to sign: '{text}'."
    )
    return storage_error(403, "AuthenticationFailed", _BAD_SIGNATURE, request, detail)


def bad_date(request: Request, given: str) -> Response:
    """The request is dated more than 15 minutes off, or not at all."""
    detail = f"Request date header too old: '{given}'" if given else "No x-ms-date or Date header was given."
    return storage_error(403, "AuthenticationFailed", _BAD_SIGNATURE, request, detail)


def bad_shared_access(request: Request, detail: str) -> Response:
    """A shared access signature fits none of the account's keys, or is not of this time."""
    return storage_error(403, "AuthenticationFailed", _BAD_SIGNATURE, request, detail)


def beyond_shared_access(request: Request, what: str) -> Response:
    """A good shared access signature that does not cover what is asked: `Service`, `ResourceType` or `Permission`."""
    words = {
        "Service": "this service",
        "ResourceType": "this resource type",
        "Permission": "this permission",
    }
    message = f"This request is not authorized to perform this operation using {words[what]}."
    return storage_error(403, f"Authorization{what}Mismatch", message, request)


def unsupported_authorization(request: Request) -> Response:
    """The Authorization header is of no known form."""
    message = "Authentication information is not given in the correct format. Check the value of Authorization header."
    return storage_error(400, "InvalidAuthenticationInfo", message, request)


def no_authorization(request: Request) -> Response:
    """The request is anonymous."""
    answer = storage_error(
        401,
        "NoAuthenticationInformation",
        "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
        request,
    )
    challenge = (
        f"Bearer authorization_uri=https://login.microsoftonline.com/{TENANT_ID}/oauth2/authorize "
        "resource_id=https://storage.azure.com"
    )
    headers = {**answer.headers, "WWW-Authenticate": challenge}
    return Response(401, headers, answer.body, answer.code, answer.reason)


def no_role(request: Request) -> Response:
    """A token was given, but its holder has no role on the account's data."""
    message = "This request is not authorized to perform this operation using this permission."
    return storage_error(403, "AuthorizationPermissionMismatch", message, request)


def firewall(request: Request) -> Response:
    """The account's network rules refuse the caller; the key was not looked at."""
    message = "This request is not authorized to perform this operation."
    return storage_error(403, "AuthorizationFailure", message, request)


def shared_key_disallowed(request: Request) -> Response:
    """The account's policy refuses all account keys."""
    message = "Key based authentication is not permitted on this storage account."
    return storage_error(403, "KeyBasedAuthenticationNotPermitted", message, request)


def unsupported(request: Request) -> Response:
    """A properly signed request for something that the simulation doesn't have."""
    message = "Value for one of the query parameters specified in the request URI is invalid."
    return storage_error(400, "InvalidQueryParameterValue", message, request)


def unwell(status: int, request: Request) -> Response:
    """What a storage service says when it is overloaded or broken."""
    known = {
        500: ("InternalError", "Server encountered an internal error. Please try again after some time."),
        503: ("ServerBusy", "The server is busy."),
    }
    code, message = known.get(
        status, ("OperationTimedOut", "Operation could not be completed within the permitted time.")
    )
    return storage_error(status, code, message, request)
