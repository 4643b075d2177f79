"""The HTTP API, described in OpenAPI 3.1: its paths, and what may come of each. A test holds the app to it."""

from functools import cache
from typing import Any

from rotation import __version__
from rotation.actions import Action
from rotation.instance import STATUSES
from rotation.outcomes import OutcomeName
from triggers import inventory, rotations
from triggers.openapi_schemas import FORCE, ID, SCHEMAS, SECRET, VAULT_NAME, Schema, one_of, ref, text

_PROBLEMS = {
    400: "The request cannot be read.",
    403: "The vault is not in KEY_VAULTS.",
    404: "There is no such secret, rotation or action.",
    409: "It cannot be done in the present state.",
    413: "The body is too large.",
    415: "The body is not application/json.",
    422: "The request, or the secret's tags, are wrong: every complaint.",
    500: "A bug: the detail names its class and place.",
    502: "The app's identity lacks a right.",
    503: "Key Vault, the target or the task hub does not answer, or asks for patience.",
}
_EVERYWHERE = (400, 422, 500, 503)
_WITH_BODY = (*_EVERYWHERE, 413, 415)
_RETRY_AFTER = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
_DOES = {
    Action.RESTART: "Start a rotation again that has ended: always safe.",
    Action.ROLLBACK: "Go back to the previous version: at once during the grace, by an instance of its own afterwards.",
    Action.CONSUMERS_READY: "End the grace: all consumers have the new version.",
    Action.APPROVE: "Approve of a rotation that waits for it.",
    Action.REJECT: "Reject a rotation that waits for approval: it ends as refused.",
    Action.CANCEL: "Stop a rotation.",
}


@cache
def document() -> dict[str, Any]:
    """Return the document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Secret rotation",
            "version": __version__,
            "description": "Watch and drive the rotation of Key Vault secrets. A GET changes nothing.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/api"}],
        "security": [{"header": []}, {"query": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {
                "header": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
                "query": {"type": "apiKey", "in": "query", "name": "code"},
            },
            "responses": {str(status): _problem(status, told) for status, told in _PROBLEMS.items()}
            | {"401": {"description": "No function key, or a wrong one. From the host: no body."}},
            "schemas": SCHEMAS,
        },
    }


def _paths() -> dict[str, Any]:
    vault, secret = _query("vault", VAULT_NAME), _query("secret", SECRET)
    token = _query("continuationToken", text("From the page before.", pattern="^[A-Za-z0-9_-]+$"))
    own_id = {"name": "id", "in": "path", "required": True, "schema": ID}
    filters = [
        vault,
        secret,
        _words("status", STATUSES),
        _words("outcome", OutcomeName),
        _query("from", text("Created then or later.", format="date-time")),
        _top(rotations.MOST_LISTED, rotations.USUALLY_LISTED),
        token,
    ]
    started = {"Location": {"description": "The Durable status.", "schema": text()}, **_RETRY_AFTER}
    paths: dict[str, dict[str, Any]] = {
        "/rotations": {
            "get": _operation("list_rotations", "List rotations, newest first.", "Rotations", 403, parameters=filters),
            "post": _post("start_rotation", "Start a rotation, or join it.", "Wish", "Started", 403, 404, 409, 502),
        },
        "/rotations/{id}": {
            "get": _operation(
                "get_rotation", "Show one rotation, step by step.", "RotationDetails", 404, parameters=[own_id]
            )
        },
        **{
            f"/rotations/{{id}}/{action}": {
                "parameters": [own_id],
                "post": _post(str(action), told, "Reason", "Done", 403, 404, 409, 502),
            }
            for action, told in _DOES.items()
        },
        "/secrets": {
            "get": _operation(
                "list_secrets",
                "List secrets and how they stand, by vault and name.",
                "Secrets",
                403,
                parameters=[
                    vault,
                    secret,
                    _top(inventory.MOST_LISTED, inventory.USUALLY_LISTED),
                    token,
                ],
            )
        },
        "/consumers": {
            "get": _operation(
                "list_consumers",
                "Say who uses a secret, and which version each of them has.",
                "Consumers",
                403,
                parameters=[{**vault, "required": True}, {**secret, "required": True}],
            )
        },
        "/plan": {
            "get": _operation(
                "plan_rotation",
                "Say what a rotation would do now, call by call, or why it would not: a dry run.",
                "Plan",
                403,
                404,
                409,
                502,
                parameters=[{**vault, "required": True}, {**secret, "required": True}, _query("force", FORCE)],
            )
        },
        "/events/parked": {
            "get": _operation("list_parked_events", "List the events that could not be used.", "ParkedEvents")
        },
        "/openapi.json": {"get": _operation("openapi", "This document.", None)},
        "/IsAlive": {
            "get": {
                "operationId": "is_alive",
                "summary": "Tell whether the app answers at all.",
                "security": [],
                "responses": {"200": _ok("Alive")},
            }
        },
    }
    post = paths["/rotations"]["post"]
    post["responses"]["202"]["headers"] = started
    post["requestBody"]["required"] = True
    return paths


def _operation(name: str, summary: str, schema: str | None, *statuses: int, **more: Any) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        **more,
        "responses": {"200": _ok(schema), **_problems(*statuses, *_EVERYWHERE)},
    }


def _post(name: str, summary: str, body: str, schema: str, *statuses: int) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "requestBody": {"content": {"application/json": {"schema": ref(body)}}},
        "responses": {"202": _ok(schema), **_problems(*statuses, *_WITH_BODY)},
    }


def _ok(schema: str | None) -> dict[str, Any]:
    content = {"schema": ref(schema) if schema else {"type": "object"}}
    return {"description": "Done, or on its way.", "content": {"application/json": content}}


def _problems(*statuses: int) -> dict[str, Any]:
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted({401, *statuses})}


def _problem(status: int, told: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": ref("Problem")}}
    return {"description": told, "content": content, **({"headers": _RETRY_AFTER} if status == 503 else {})}


def _query(name: str, schema: Schema) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


def _words(name: str, words: Any) -> dict[str, Any]:
    schema = {"type": "array", "items": one_of(words), "minItems": 1}
    return {**_query(name, schema), "style": "form", "explode": False}


def _top(most: int, usually: int) -> dict[str, Any]:
    return _query("top", {"type": "integer", "minimum": 1, "maximum": most, "default": usually})
