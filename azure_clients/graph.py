"""Microsoft Graph, as far as the secrets of an application need it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from azure_clients.clouds import Cloud
from azure_clients.pacing import asking
from azure_clients.pool import Pool
from azure_clients.rest import document_of, new_client

if TYPE_CHECKING:
    from azure_clients.rest import Client

Document = Mapping[str, Any]


class Graph:
    """One cloud's Graph; every method raises `RotationError`s that name the operation.

    Shapes: learn.microsoft.com/graph/api, "application: addPassword", "removePassword", "Get application".
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def application(self, object_id: str) -> Document:
        """Read an application's client id and what is told of its secrets, which is never their text."""
        return self._send("get application", "GET", f"{object_id}?$select=appId,passwordCredentials")

    def add_password(self, object_id: str, display_name: str, ends: datetime) -> Document:
        """Make a secret; its text is in this answer, and never again."""
        wanted = {"displayName": display_name, "endDateTime": ends.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
        return self._send("add password", "POST", f"{object_id}/addPassword", {"passwordCredential": wanted})

    def remove_password(self, object_id: str, key_id: str) -> None:
        """Let a secret die."""
        self._send("remove password", "POST", f"{object_id}/removePassword", {"keyId": key_id})

    def _send(self, operation: str, method: str, path: str, body: Document | None = None) -> Document:
        from azure.core.rest import HttpRequest  # noqa: PLC0415 - see identity.py

        with asking(operation, self._cloud.graph), _clients(self._cloud).client() as client:
            response = client.send_request(
                HttpRequest(method, client.format_url(f"/v1.0/applications/{path}"), json=body)
            )
            response.raise_for_status()
        return document_of(operation, response)


@cache
def _clients(cloud: Cloud) -> "Pool[Client]":
    host = f"https://{cloud.graph}"
    return Pool(partial(new_client, cloud, host, f"{host}/.default"))
