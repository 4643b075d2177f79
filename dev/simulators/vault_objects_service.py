"""Key Vault's data plane for certificates and keys, as far as a renewal goes."""

from collections.abc import Callable
from functools import partial
from typing import Any

from .vault_objects import ObjectVersion, SimulatedCertificate, SimulatedKey, VaultObjects
from .vault_pages import page_of
from .wire import Request, Response, json_error, json_response

Action = Callable[[Request, list[str]], Response]


def find(objects: VaultObjects, host: str, method: str, segments: list[str]) -> tuple[str, list[str], Action] | None:
    """Name the operation that a request asks for, with the object's name; None if it is about something else."""
    collection, name, *rest = [*segments, "", ""][:3] if len(segments) < 3 else segments[:3]
    kind = (collection.lower(), method, rest[0].lower() if rest and rest[0] else "")
    service = _Service(objects, host)
    match kind:
        case ("certificates", "GET", "pending"):
            return "getCertificateOperation", [name], service.pending
        case ("certificates", "POST", "create"):
            return "createCertificate", [name], service.create
        case ("certificates" | "keys" as listed, "GET", "") if not name:
            return (
                ("listCertificates" if listed == "certificates" else "listKeys"),
                [],
                partial(service.listing, listed),
            )
        case ("certificates", "GET", version) if name:
            return "getCertificate", [name], partial(service.certificate, version)
        case ("keys", "GET", "rotationpolicy"):
            return "getKeyRotationPolicy", [name], service.policy
        case ("keys", "POST", "rotate"):
            return "rotateKey", [name], service.rotate
        case ("keys", "GET", version) if name:
            return "getKey", [name], partial(service.key, version)
    return None


class _Service:
    def __init__(self, objects: VaultObjects, host: str) -> None:
        self._objects = objects
        self._host = host

    def listing(self, collection: str, request: Request, parts: list[str]) -> Response:
        found = self._objects.certificates if collection == "certificates" else self._objects.keys

        def describe(name: str) -> dict[str, Any]:
            thing = found[name]
            identifier = f"https://{self._host}/{collection}/{thing.name}"
            managed = {"managed": True} if isinstance(thing, SimulatedKey) and thing.managed else {}
            named_by = "id" if collection == "certificates" else "kid"
            return {named_by: identifier, **managed, **_common(thing.versions[-1])}

        return page_of(self._host, request, sorted(found), describe)

    def certificate(self, version: str, request: Request, parts: list[str]) -> Response:
        found = self._objects.certificates.get(parts[0].lower())
        if found is not None:
            self._objects.settle(found)
        shown = _version(found, version)
        if found is None or shown is None:
            return _missing("CertificateNotFound", parts[0])
        identifier = f"https://{self._host}/certificates/{found.name}/{shown.version}"
        return json_response(200, {"id": identifier, "policy": found.policy, **_common(shown)})

    def pending(self, request: Request, parts: list[str]) -> Response:
        found = self._objects.certificates.get(parts[0].lower())
        if found is None or found.request is None:
            return _missing("PendingCertificateNotFound", parts[0])
        self._objects.settle(found)
        return json_response(200, self._operation(found))

    def create(self, request: Request, parts: list[str]) -> Response:
        found, asked = self._objects.certificates.get(parts[0].lower()), request.json()
        if found is None:
            return _missing("CertificateNotFound", parts[0])
        if asked.get("policy", {}).get("issuer") != {"name": found.issuer}:
            return json_error(400, "BadParameter", "The policy names no issuer, or another")
        if not self._objects.request(found, asked.get("tags") or {}):
            message = "A new key vault certificate can not be created or imported while another is in progress."
            return json_error(409, "Conflict", message)
        return json_response(202, self._operation(found))

    def key(self, version: str, request: Request, parts: list[str]) -> Response:
        found = self._objects.keys.get(parts[0].lower())
        shown = _version(found, version)
        if found is None or shown is None:
            return _missing("KeyNotFound", parts[0])
        return json_response(200, self._key(found, shown))

    def policy(self, request: Request, parts: list[str]) -> Response:
        found = self._objects.keys.get(parts[0].lower())
        return json_response(200, found.policy) if found else _missing("KeyNotFound", parts[0])

    def rotate(self, request: Request, parts: list[str]) -> Response:
        found = self._objects.keys.get(parts[0].lower())
        if found is None:
            return _missing("KeyNotFound", parts[0])
        return json_response(200, self._key(found, self._objects.rotate(found)))

    def _key(self, key: SimulatedKey, version: ObjectVersion) -> dict[str, Any]:
        identifier = f"https://{self._host}/keys/{key.name}/{version.version}"
        managed = {"managed": True} if key.managed else {}
        return {"key": {"kid": identifier, "kty": "RSA"}, **managed, **_common(version)}

    def _operation(self, certificate: SimulatedCertificate) -> dict[str, Any]:
        request = certificate.request
        identifier = f"https://{self._host}/certificates/{certificate.name}"
        document: dict[str, Any] = {
            "id": f"{identifier}/pending",
            "issuer": {"name": certificate.issuer},
            "cancellation_requested": False,
            "status": request.status if request else "",
            "request_id": request.request_id if request else "",
        }
        if request and request.status == "completed":
            document["target"] = identifier
        if request and request.status == "failed":
            document["error"] = {"code": "IssuerRejected", "message": "what an issuer has to say"}
        return document


def _version(thing: SimulatedCertificate | SimulatedKey | None, version: str) -> ObjectVersion | None:
    versions = thing.versions if thing else []
    if not version:
        return versions[-1] if versions else None
    return next((each for each in versions if each.version == version.lower()), None)


def _common(version: ObjectVersion) -> dict[str, Any]:
    attributes: dict[str, Any] = {"enabled": version.enabled, "created": int(version.created.timestamp())}
    if version.expires_on is not None:
        attributes["exp"] = int(version.expires_on.timestamp())
    return {"attributes": attributes, **({"tags": dict(version.tags)} if version.tags else {})}


def _missing(code: str, name: str) -> Response:
    return json_error(404, code, f"{name} was not found in this key vault")
