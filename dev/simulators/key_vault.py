"""Key Vault's data plane for secrets: from path and method to an operation on a vault.

A request without a token is answered with the challenge and counts as its own operation,
`keyvault.challenge`: the SDK sends one per process and vault, and a fault on "the first getSecret" must not
be spent on it.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from . import vault_errors as errors
from . import vault_objects_service
from . import vault_wire as wire_format
from .tokens import Complaint, TokenRegistry
from .vault import Vault
from .vault_pages import page_of
from .vault_wire import BadParameterError
from .wire import Operation, Request, Response, json_response

Action = Callable[[Request, list[str]], Response]


class KeyVaultService:
    """One vault, as HTTP."""

    def __init__(self, vault: Vault, tokens: TokenRegistry) -> None:
        self._vault = vault
        self._tokens = tokens

    def failure(self, status: int, request: Request) -> Response:
        """Answer as an unwell vault does."""
        return errors.unwell(status)

    def route(self, request: Request) -> Operation:
        """Name the operation that a request asks for."""
        name, parts, action = self._match(request.method, request.segments)
        secret = parts[0] if parts else ""
        target = f"{self._vault.name}/{secret}" if secret else self._vault.name
        if "authorization" not in request.headers:
            return Operation("keyvault.challenge", target, partial(self._challenge, "missing"))
        return Operation(f"keyvault.{name}", target, partial(self._checked, request, name, parts, action))

    def _match(self, method: str, segments: list[str]) -> tuple[str, list[str], Action]:
        routes: dict[tuple[str, str, int, str], tuple[str, Action]] = {
            ("GET", "secrets", 0, ""): ("listSecrets", self._list_secrets),
            ("GET", "secrets", 1, ""): ("getSecret", self._get),
            ("GET", "secrets", 2, ""): ("getSecretVersion", self._get),
            ("GET", "secrets", 1, "versions"): ("listSecretVersions", self._list_versions),
            ("PUT", "secrets", 1, ""): ("setSecret", self._set),
            ("PATCH", "secrets", 1, ""): ("updateSecret", self._update),
            ("PATCH", "secrets", 2, ""): ("updateSecret", self._update),
            ("DELETE", "secrets", 1, ""): ("deleteSecret", self._delete),
            ("GET", "deletedsecrets", 0, ""): ("listDeletedSecrets", self._list_deleted),
            ("GET", "deletedsecrets", 1, ""): ("getDeletedSecret", self._get_deleted),
            ("DELETE", "deletedsecrets", 1, ""): ("purgeDeletedSecret", self._purge),
            ("POST", "deletedsecrets", 1, "recover"): ("recoverDeletedSecret", self._recover),
        }
        other = vault_objects_service.find(self._vault.objects, self._vault.host, method, segments)
        if other is not None:
            return other
        collection, *parts = segments or [""]
        verb = parts[1] if len(parts) == 2 and parts[1].lower() in ("versions", "recover") else ""
        parts = parts[:1] if verb else parts
        found = routes.get((method, collection.lower(), len(parts), verb.lower()))
        name, action = found or ("unsupported", self._unsupported)
        return name, parts, action

    def _checked(self, request: Request, operation: str, parts: list[str], action: Action) -> Response:
        refusal = self._refusal(request, operation, parts)
        if refusal is not None:
            return refusal
        try:
            return action(request, parts)
        except BadParameterError as complaint:
            return errors.bad_parameter(str(complaint))

    def _refusal(self, request: Request, operation: str, parts: list[str]) -> Response | None:
        secret = parts[0] if parts else ""
        complaint = self._tokens.complaint(request, (self._vault.cloud.vault_audience,))
        if complaint is not None:
            return self._challenge(complaint)
        if self._vault.firewall_closed:
            return errors.forbidden_by_firewall(self._vault)
        if request.caller == "app" and self._vault.denies(operation):
            return errors.forbidden_by_role(self._vault, operation, secret)
        if request.parameter("api-version") is None:
            return errors.bad_parameter("api-version must be specified")
        if secret and not wire_format.NAME.fullmatch(secret):
            return errors.bad_parameter(f"The request URI contains an invalid name: {secret}")
        return None

    def _challenge(self, complaint: Complaint) -> Response:
        return errors.unauthorized(self._vault, complaint, self._tokens.claims_wanted(complaint))

    # --- secrets ----------------------------------------------------------------------------------------

    def _get(self, request: Request, parts: list[str]) -> Response:
        found = self._vault.find(*parts)
        if found is None:
            return errors.not_found("/".join(parts))
        return json_response(200, wire_format.bundle(found)) if found.enabled else errors.disabled()

    def _set(self, request: Request, parts: list[str]) -> Response:
        document = _document(request)
        value, given = wire_format.read_value(document), wire_format.read_properties(document)
        if parts[0].lower() in self._vault.deleted_secrets():
            return errors.deleted_but_recoverable(parts[0])
        made = self._vault.set_secret(
            parts[0],
            value,
            tags=given.tags,
            content_type=given.content_type,
            enabled=given.enabled is not False,
            not_before=given.not_before,
            expires_on=given.expires_on,
        )
        return json_response(200, wire_format.bundle(made))

    def _update(self, request: Request, parts: list[str]) -> Response:
        given = wire_format.read_properties(_document(request))
        if self._vault.find(*parts) is None:
            return errors.not_found("/".join(parts))
        changed = self._vault.update(
            *parts,
            tags=given.tags,
            content_type=given.content_type,
            enabled=given.enabled,
            not_before=given.not_before,
            expires_on=given.expires_on,
        )
        return json_response(200, wire_format.properties(changed))

    def _list_secrets(self, request: Request, parts: list[str]) -> Response:
        keys = [name.lower() for name in self._vault.names()]
        return page_of(self._vault.host, request, keys, lambda key: wire_format.item(self._vault.current(key)))

    def _list_versions(self, request: Request, parts: list[str]) -> Response:
        versions = {version.version: version for version in self._vault.versions(parts[0])}
        if not versions:
            return errors.not_found(parts[0])
        # By their id, not by age: https://github.com/nagyesta/lowkey-vault/issues/467. Callers must look at `created`.
        return page_of(self._vault.host, request, sorted(versions), lambda key: wire_format.properties(versions[key]))

    # --- deleted secrets --------------------------------------------------------------------------------

    def _delete(self, request: Request, parts: list[str]) -> Response:
        if self._vault.find(parts[0]) is None:
            return errors.not_found(parts[0])
        return json_response(200, wire_format.deleted_bundle(self._vault.delete(parts[0])))

    def _list_deleted(self, request: Request, parts: list[str]) -> Response:
        deleted = self._vault.deleted_secrets()
        return page_of(self._vault.host, request, list(deleted), lambda key: wire_format.deleted_item(deleted[key]))

    def _get_deleted(self, request: Request, parts: list[str]) -> Response:
        found = self._vault.deleted_secrets().get(parts[0].lower())
        return json_response(200, wire_format.deleted_bundle(found)) if found else errors.not_found(parts[0])

    def _recover(self, request: Request, parts: list[str]) -> Response:
        if parts[0].lower() not in self._vault.deleted_secrets():
            return errors.not_found(parts[0])
        return json_response(200, wire_format.properties(self._vault.recover(parts[0])))

    def _purge(self, request: Request, parts: list[str]) -> Response:
        if parts[0].lower() not in self._vault.deleted_secrets():
            return errors.not_found(parts[0])
        self._vault.purge(parts[0])
        return Response(204)

    def _unsupported(self, request: Request, parts: list[str]) -> Response:
        return errors.method_not_allowed(request.method)


def _document(request: Request) -> dict[str, Any]:
    try:
        return request.json()
    except ValueError as error:
        raise BadParameterError("The request body is not a JSON object") from error
