"""Key Vault's certificates and keys, as their renewal uses them: no private part, and no value, is ever asked for.

Asked directly, on azure-core's pipeline: half a dozen calls are worth no two more SDKs in the package. The token's
audience is fixed by the cloud and the host is on the allow-list, so there is no challenge to believe.
"""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from azure_clients.pacing import asking
from azure_clients.pool import Pool
from azure_clients.rest import document_of, new_client
from azure_clients.settings import Settings
from rotation.failures import MissingError
from rotation.renewal import Held

if TYPE_CHECKING:
    from azure_clients.rest import Client

# As of secrets: old enough to be served by every cloud. Keys can be rotated since 7.3.
_API_VERSION = "7.4"
_READ_ONLY = ("id", "attributes")


class VaultObjects:
    """One vault's certificates and keys; every method raises `RotationError`s that name the operation."""

    def __init__(self, host: str, settings: Settings) -> None:
        self._host = host
        cloud = settings.cloud
        scope = f"https://{cloud.vault_suffix[1:]}/.default"
        self._pool: Pool[Client] = Pool(partial(new_client, cloud, f"https://{host}", scope))

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

    def _send(self, operation: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        from azure.core.rest import HttpRequest  # noqa: PLC0415 - see identity.py

        with asking(operation, self._host), self._pool.client() as client:
            request = HttpRequest(
                method, f"https://{self._host}{path}", params={"api-version": _API_VERSION}, json=body
            )
            response = client.send_request(request)
            response.raise_for_status()
        return document_of(operation, response)


def _path(collection: str, name: str, part: str) -> str:
    return f"/{collection}/{name}/{part}" if part else f"/{collection}/{name}"


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
