"""The blob and file services of a storage account: who may come in, and a few harmless questions.

The order of the checks is the real one as far as callers can see it: the network, the policy, the signature.
A blocked network or a forbidding policy therefore says nothing about the key.
"""

from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from uuid import uuid4

from . import shared_access
from . import storage_errors as errors
from .shared_key import same_signature, signature, string_to_sign
from .storage_account import StorageAccount
from .tokens import TokenRegistry
from .wire import Operation, Request, Response, xml_response
from .world import machine_time

SKEW = timedelta(minutes=15)

_RETENTION = "<RetentionPolicy><Enabled>false</Enabled></RetentionPolicy>"
_METRICS = f"<Version>1.0</Version><Enabled>false</Enabled>{_RETENTION}"
_PROPERTIES = {
    "blob": "<Logging><Version>1.0</Version><Read>false</Read><Write>false</Write><Delete>false</Delete>"
    f"{_RETENTION}</Logging><HourMetrics>{_METRICS}</HourMetrics><MinuteMetrics>{_METRICS}</MinuteMetrics><Cors />"
    "<DeleteRetentionPolicy><Enabled>false</Enabled></DeleteRetentionPolicy>"
    "<StaticWebsite><Enabled>false</Enabled></StaticWebsite>",
    "file": f"<HourMetrics>{_METRICS}</HourMetrics><MinuteMetrics>{_METRICS}</MinuteMetrics><Cors />",
}
_COLLECTIONS = {"blob": "Containers", "file": "Shares"}

# Which resource types and permissions of a shared access signature let an operation pass; any of each will do.
_ANY = ("sco", "rwdxyltfmeopaciu")


class DataPlaneService:
    """One account's blob or file service."""

    def __init__(self, account: StorageAccount, service: str, tokens: TokenRegistry) -> None:
        self._account = account
        self._service = service
        self._tokens = tokens

    def failure(self, status: int, request: Request) -> Response:
        """Answer as an unwell storage service does."""
        return errors.unwell(status, request)

    def route(self, request: Request) -> Operation:
        """Name the operation that a request asks for."""
        asked = (request.method, request.parameter("restype"), request.parameter("comp"))
        name, answer = "unsupported", partial(errors.unsupported, request)
        access = _ANY
        if request.path in ("", "/"):
            if asked in (("GET", "account", "properties"), ("HEAD", "account", "properties")):
                name, answer = "getAccountInformation", partial(self._account_information, request)
            elif asked == ("GET", "service", "properties"):
                name, answer = "getServiceProperties", partial(self._service_properties, request)
                access = ("s", "r")
            elif asked == ("GET", None, "list"):
                name, answer = f"list{_COLLECTIONS[self._service]}", partial(self._list, request)
                access = ("s", "l")
        run = partial(self._admitted, request, answer, access)
        return Operation(f"{self._service}.{name}", self._account.name, run)

    def _admitted(self, request: Request, answer: partial[Response], access: tuple[str, str]) -> Response:
        refusal = self._refusal(request, access)
        return refusal if refusal is not None else answer()

    def _refusal(self, request: Request, access: tuple[str, str]) -> Response | None:
        if self._account.busy:
            return errors.unwell(503, request)
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if not scheme and shared_access.is_shared_access(request):
            return self._shared_access_refusal(request, access)
        if not scheme:
            return errors.no_authorization(request)
        if self._account.firewall_closed:
            return errors.firewall(request)
        if scheme == "SharedKey":
            return self._key_refusal(request, credentials)
        return self._token_refusal(request) if scheme == "Bearer" else errors.unsupported_authorization(request)

    def _shared_access_refusal(self, request: Request, access: tuple[str, str]) -> Response | None:
        if self._account.firewall_closed:
            return errors.firewall(request)
        if self._account.allow_shared_key_access is False:
            return errors.shared_key_disallowed(request)
        return shared_access.refusal(request, self._account.name, self._service, self._keys(), *access)

    def _keys(self) -> list[str]:
        return [key.value.reveal() for key in self._account.keys.accepted()]

    def _token_refusal(self, request: Request) -> Response:
        complaint = self._tokens.complaint(request, ("https://storage.azure.com",))
        return errors.no_role(request) if complaint is None else errors.no_authorization(request)

    def _key_refusal(self, request: Request, credentials: str) -> Response | None:
        if self._account.allow_shared_key_access is False:
            return errors.shared_key_disallowed(request)
        name, _, given = credentials.strip().partition(":")
        text = string_to_sign(request, self._account.name)
        known = (same_signature(signature(text, key), given) for key in self._keys())
        if name != self._account.name or not any(known):
            return errors.bad_signature(request, given, text)
        dated = request.headers.get("x-ms-date") or request.headers.get("date", "")
        return None if _is_recent(dated) else errors.bad_date(request, dated)

    def _account_information(self, request: Request) -> Response:
        headers = {
            "x-ms-sku-name": self._account.sku,
            "x-ms-account-kind": self._account.kind,
            "x-ms-is-hns-enabled": "false",
        }
        return Response(200, {**_common_headers(request), **headers})

    def _service_properties(self, request: Request) -> Response:
        body = f"<StorageServiceProperties>{_PROPERTIES[self._service]}</StorageServiceProperties>"
        return xml_response(200, body, _common_headers(request))

    def _list(self, request: Request) -> Response:
        collection = _COLLECTIONS[self._service]
        body = (
            f'<EnumerationResults ServiceEndpoint="{self._account.endpoint(self._service)}">'
            f"<{collection} /><NextMarker /></EnumerationResults>"
        )
        return xml_response(200, body, _common_headers(request))


def _common_headers(request: Request) -> dict[str, str]:
    names = ("x-ms-version", "x-ms-client-request-id")
    echoed = {name: request.headers[name] for name in names if name in request.headers}
    return {"x-ms-request-id": str(uuid4()), **echoed}


def _is_recent(dated: str) -> bool:
    try:
        when = parsedate_to_datetime(dated)
    except ValueError:
        return False
    return abs(machine_time() - when) <= SKEW
