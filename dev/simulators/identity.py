"""Where tokens come from: the managed-identity endpoint of App Service, and Entra's client-credentials flow.

Managed identity: https://learn.microsoft.com/azure/app-service/overview-managed-identity (REST endpoint
reference). Client credentials:
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow, with the two documents
that MSAL reads first.
"""

import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import parse_qs

from .clouds import CLOUDS, Cloud
from .tokens import TokenRegistry, normal_audience
from .wire import Operation, Request, Response, json_response
from .world import APP_ID, TENANT_ID

_CODE = re.compile("AADSTS([0-9]+)")


class ManagedIdentityService:
    """The endpoint that App Service gives to its apps."""

    def __init__(self, tokens: TokenRegistry) -> None:
        self.header = secrets.token_hex(16)
        self._tokens = tokens

    def failure(self, status: int, request: Request) -> Response:
        """Answer as an unwell endpoint does."""
        return _complaint(status, "The managed identity endpoint is unavailable.")

    def route(self, request: Request) -> Operation:
        """Name the operation that a request asks for."""
        target = request.parameter("resource") or ""
        return Operation("identity.token", target, partial(self._token, request, target))

    def _token(self, request: Request, resource: str) -> Response:
        if not hmac.compare_digest(request.headers.get("x-identity-header", "").encode(), self.header.encode()):
            return _complaint(401, "The X-IDENTITY-HEADER header is missing or wrong.")
        if request.method != "GET" or request.parameter("api-version") != "2019-08-01":
            return _complaint(400, "The request must be a GET of api-version 2019-08-01.")
        known = {normal_audience(each) for cloud in CLOUDS.values() for each in cloud.audiences}
        if normal_audience(resource) not in known:
            return _complaint(400, "The resource is unknown to the directory.")
        value, token = self._tokens.issue(resource)
        document = {
            "access_token": value,
            "client_id": APP_ID,
            "expires_on": str(int(token.expires_on.timestamp())),
            "not_before": str(int((token.expires_on - self._tokens.lifetime).timestamp())),
            "resource": resource,
            "token_type": "Bearer",
        }
        return json_response(200, document)


class EntraService:
    """The sign-in service, for apps that hold a client secret."""

    def __init__(self, cloud: Cloud, tokens: TokenRegistry, applications: Mapping[str, Callable[[str], bool]]) -> None:
        self._cloud = cloud
        self._tokens = tokens
        self._applications = applications

    def failure(self, status: int, request: Request) -> Response:
        """Answer as an unwell sign-in service does."""
        return _oauth_error(status, "temporarily_unavailable", "AADSTS90033: A transient error has occurred.")

    def route(self, request: Request) -> Operation:
        """Name the operation that a request asks for."""
        tenant = request.segments[0] if request.segments else ""
        path = "/".join(request.segments[1:]).lower()
        if path == "v2.0/.well-known/openid-configuration":
            return Operation("entra.openidConfiguration", tenant, partial(self._openid, request.host, tenant))
        if path == "discovery/instance":
            return Operation("entra.instanceDiscovery", tenant, partial(self._instances, request))
        if path == "oauth2/v2.0/token" and request.method == "POST":
            return Operation("identity.token", tenant, partial(self._token, request, tenant))
        return Operation("entra.unsupported", tenant, partial(_oauth_error, 404, "not_found", "Not found."))

    def _openid(self, host: str, tenant: str) -> Response:
        base = f"https://{host}/{tenant}"
        document = {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "issuer": f"{base}/v2.0",
            "response_types_supported": ["code", "id_token", "token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return json_response(200, document)

    def _instances(self, request: Request) -> Response:
        asked = (request.parameter("authorization_endpoint") or "").partition("/oauth2")[0]
        hosts = list(self._cloud.login_hosts)
        entry = {"preferred_network": hosts[0], "preferred_cache": hosts[0], "aliases": hosts}
        document = {
            "tenant_discovery_endpoint": f"{asked}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [entry],
        }
        return json_response(200, document)

    def _token(self, request: Request, tenant: str) -> Response:
        form = {name: values[0] for name, values in parse_qs(request.body.decode(errors="replace")).items()}
        if form.get("grant_type") != "client_credentials":
            return _oauth_error(400, "unsupported_grant_type", "AADSTS70003: The grant type is not supported.")
        if tenant.lower() != TENANT_ID:
            return _oauth_error(400, "invalid_request", f"AADSTS90002: Tenant '{tenant}' not found.")
        known = self._applications.get(form.get("client_id", ""))
        if known is None:
            message = f"AADSTS700016: Application with identifier '{form.get('client_id')}' was not found."
            return _oauth_error(400, "unauthorized_client", message)
        if not known(form.get("client_secret", "")):
            return _oauth_error(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")
        value, _ = self._tokens.issue(form.get("scope", ""))
        seconds = int(self._tokens.lifetime.total_seconds())
        document = {
            "token_type": "Bearer",
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "access_token": value,
        }
        return json_response(200, document)


def _complaint(status: int, message: str) -> Response:
    return json_response(status, {"statusCode": status, "message": message})


def _oauth_error(status: int, code: str, message: str) -> Response:
    codes = [int(number) for number in _CODE.findall(message)]
    plain = json_response(status, {"error": code, "error_description": message, "error_codes": codes})
    return Response(status, plain.headers, plain.body, code)
