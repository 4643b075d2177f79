"""Resource Manager, asked directly: for kinds of target that are a row in a table and need no SDK of their own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from azure_clients.clouds import Cloud
from azure_clients.errors import wait_asked
from azure_clients.identity import credential
from azure_clients.pacing import asking, reads, writes
from azure_clients.pool import Pool
from azure_clients.rest import document_of
from azure_clients.transport import CLIENT_OPTIONS
from rotation.failures import TransientError

if TYPE_CHECKING:
    from azure.core.rest import HttpRequest, HttpResponse
    from azure.mgmt.core import ARMPipelineClient

    Client = ARMPipelineClient[HttpRequest, HttpResponse]


@dataclass(frozen=True)
class Answer:
    """What Resource Manager answered with success."""

    document: Mapping[str, Any]
    is_accepted: bool
    """Whether it has only taken the request in (202): the operation goes on."""
    retry_after: float | None
    """Seconds after which it asks us to look again."""
    etag: str | None = None
    """Which state of the resource it is about, where the provider says."""
    operation: str = ""
    """The path at which the operation tells how far it is, where it goes on and says so."""


class ResourceManager:
    """One cloud's Resource Manager; every method raises `RotationError`s that name `operation`."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def get(self, operation: str, path: str, api_version: str) -> Mapping[str, Any]:
        """Read what is at a path, e.g. a resource id."""
        return self._send(operation, "GET", path, api_version, None).document

    def post(self, operation: str, path: str, api_version: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Do what a path says, e.g. a resource id and an action; never twice."""
        return self._send(operation, "POST", path, api_version, body)

    def put(self, operation: str, path: str, api_version: str, body: Mapping[str, Any], etag: str | None) -> Answer:
        """Replace what is at a path; with an ETag only if it is still in that state, where the provider heeds it."""
        return self._send(operation, "PUT", path, api_version, body, {"If-Match": etag} if etag else None)

    def patch(self, operation: str, path: str, api_version: str, body: Mapping[str, Any]) -> Answer:
        """Change a part of what is at a path; never twice."""
        return self._send(operation, "PATCH", path, api_version, body)

    def pages(self, operation: str, path: str, api_version: str) -> Iterator[Mapping[str, Any]]:
        """Yield the resources of a list, page by page."""
        query: dict[str, str] = {}
        while True:
            document = self._send(operation, "GET", path, api_version, None, query=query).document
            found = document.get("value")
            if not isinstance(found, list):
                raise TransientError(f"{operation}: an answer that is no list")
            yield from (each for each in found if isinstance(each, Mapping))
            if not document.get("nextLink"):
                return
            # Only its path and query count: the token must go nowhere but to Resource Manager.
            link = urlsplit(str(document["nextLink"]))
            path, query = link.path, dict(parse_qsl(link.query))

    def _send(
        self,
        operation: str,
        method: str,
        path: str,
        api_version: str,
        body: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        from azure.core.rest import HttpRequest  # noqa: PLC0415 - see identity.py

        way = reads(path) if method == "GET" or "list" in path.rpartition("/")[2].casefold() else writes(path)
        with asking(operation, way), _clients(self._cloud).client() as client:
            url = client.format_url(path)
            params = {"api-version": api_version, **(query or {})}
            request = HttpRequest(method, url, params=params, headers=dict(headers or {}), json=body)
            response = client.send_request(request)
            response.raise_for_status()
        document = document_of(operation, response)
        asked = wait_asked(response.headers)
        # As with pages; and what else is in the query may be a signature, which has no business in the task hub.
        told = urlsplit(response.headers.get("Azure-AsyncOperation") or "").path
        told = told if told.startswith("/subscriptions/") else ""
        return Answer(document, response.status_code == 202, asked, response.headers.get("ETag"), told)


@cache
def _clients(cloud: Cloud) -> "Pool[Client]":
    return Pool(partial(_new_client, cloud))


def _new_client(cloud: Cloud) -> "Client":
    from azure.core import AzureClouds  # noqa: PLC0415
    from azure.core.pipeline.policies import RequestIdPolicy, UserAgentPolicy  # noqa: PLC0415
    from azure.mgmt.core import ARMPipelineClient  # noqa: PLC0415
    from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy  # noqa: PLC0415
    from azure.mgmt.core.tools import get_arm_endpoints  # noqa: PLC0415

    arm = get_arm_endpoints(AzureClouds[cloud.sdk_name])
    # Listed by hand, because the usual set repeats calls and registers resource providers by itself.
    policies = [
        RequestIdPolicy(),
        UserAgentPolicy("secret-rotation"),
        ARMChallengeAuthenticationPolicy(credential(cloud), *arm["credential_scopes"]),
    ]
    return ARMPipelineClient(arm["resource_manager"], policies=policies, **CLIENT_OPTIONS)
