"""Key Vault's certificates and keys, as their renewal uses them: no private part, and no value, is ever asked for.

Asked directly, on azure-core's pipeline: eight calls are worth no two more SDKs in the package. The token's
audience is fixed by the cloud and the host is on the allow-list, so there is no challenge to believe.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from azure_clients.pacing import asking
from azure_clients.pool import Pool
from azure_clients.rest import document_of, new_client
from azure_clients.settings import Settings
from rotation.failures import MissingError, TransientError
from rotation.renewal import CERTIFICATE, Held

if TYPE_CHECKING:
    from azure_clients.rest import Client

# As of secrets: old enough to be served by every cloud. Keys can be rotated since 7.3.
_API_VERSION = "7.4"
_PAGE = 25  # the most that is given
_READ_ONLY = ("id", "attributes")


class VaultObjects:
    """One vault's certificates and keys; every method raises `RotationError`s that name the operation."""

    def __init__(self, host: str, settings: Settings) -> None:
        self._host = host
        cloud = settings.cloud
        self._pool: Pool[Client] = Pool(partial(new_client, cloud, f"https://{host}", cloud.vault_scope))

    def listed(self, kind: str) -> Iterator[tuple[str, Held]]:
        """List the certificates or the keys, by name; keys that belong to certificates are left out.

        What is told as held has the name in the place of a version, which listings do not tell.
        """
        path, identified_by = ("/certificates", "id") if kind == CERTIFICATE else ("/keys", "kid")
        parameters: dict[str, str] | None = {"maxresults": str(_PAGE)}
        while path:
            page = self._send(f"list {path[1:].partition('?')[0]}", "GET", path, parameters=parameters)
            for item in page.get("value") or ():
                if isinstance(item, Mapping) and item.get("managed") is not True:
                    held = Held.from_json(str(item.get(identified_by, "")), item)
                    yield held.version, held
            path, parameters = self._following(page.get("nextLink")), None

    def certificate(self, name: str, version: str = "") -> tuple[Held, Mapping[str, Any]]:
        """Read a certificate's version, the current one unless told otherwise, and its policy."""
        document = self._send("get certificate", "GET", _path("certificates", name, version))
        return Held.from_json(str(document.get("id", "")), document), _object(document.get("policy"))

    def pending(self, name: str) -> Mapping[str, Any] | None:
        """Read what has become of the last request for a version; None if there is none."""
        try:
            return self._send("get certificate operation", "GET", _path("certificates", name, "pending"))
        except MissingError:
            return None

    def request_certificate(self, name: str, policy: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        """Ask for a new version by a policy; answered before it is there.

        Raises:
            TransientError: One is being made already, among other things: look at what is pending.
        """
        given = {field: value for field, value in policy.items() if field not in _READ_ONLY}
        body = {"policy": given, "attributes": {"enabled": True}, "tags": dict(tags)}
        self._send("create certificate", "POST", _path("certificates", name, "create"), body)

    def key(self, name: str, version: str = "") -> tuple[Held, bool]:
        """Read a key's version, the current one unless told otherwise, and whether a certificate manages it."""
        document = self._send("get key", "GET", _path("keys", name, version))
        held = Held.from_json(str(_object(document.get("key")).get("kid", "")), document)
        return held, document.get("managed") is True

    def key_policy(self, name: str) -> Mapping[str, Any]:
        """Read a key's rotation policy."""
        return self._send("get key rotation policy", "GET", _path("keys", name, "rotationpolicy"))

    def rotate_key(self, name: str) -> Held:
        """Have Key Vault make a new version, by the key's rotation policy.

        Raises:
            TransientError: Its effect is unknown: look at the current version before asking again.
        """
        document = self._send("rotate key", "POST", _path("keys", name, "rotate"))
        return Held.from_json(str(_object(document.get("key")).get("kid", "")), document)

    def _following(self, link: object) -> str:
        """Return path and query of a listing's next page, which is on this host or nowhere; empty at its end."""
        where = urlsplit(str(link or ""))
        if not link:
            return ""
        if where.scheme != "https" or where.hostname != self._host:
            raise TransientError("the listing goes on somewhere else than at the vault")
        return f"{where.path}?{where.query}"

    def _send(
        self,
        operation: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        from azure.core.rest import HttpRequest  # noqa: PLC0415 - see identity.py

        # A link to a next page has the version in it already.
        given = {} if "?" in path else {"api-version": _API_VERSION, **(parameters or {})}
        with asking(operation, self._host), self._pool.client() as client:
            request = HttpRequest(method, f"https://{self._host}{path}", params=given, json=body)
            response = client.send_request(request)
            response.raise_for_status()
        return document_of(operation, response)


def _path(collection: str, name: str, part: str) -> str:
    return f"/{collection}/{name}/{part}" if part else f"/{collection}/{name}"


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
