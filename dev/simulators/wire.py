"""One HTTP exchange, free of sockets: what a service is asked and what it answers.

A service is a function from `Request` to `Response`. The proxy builds requests from what arrives on a
connection; the simulated consumer builds them directly. Neither kind shows headers or bodies when printed,
for both carry credentials.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote
from uuid import uuid4
from xml.sax.saxutils import escape


@dataclass(frozen=True)
class Request:
    """A request as it came in; header names are lower case."""

    method: str
    host: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    caller: str = "app"

    @property
    def segments(self) -> list[str]:
        """The decoded parts of the path; a trailing slash adds none."""
        return [unquote(part) for part in self.path.split("/") if part]

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The decoded query parameters in their order."""
        return parse_qsl(self.query, keep_blank_values=True)

    def parameter(self, name: str) -> str | None:
        """Return one query parameter, its name in any case."""
        return next((value for key, value in self.parameters if key.lower() == name.lower()), None)

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object.

        Raises:
            ValueError: The body is something else.
        """
        document = json.loads(self.body or b"null")
        if not isinstance(document, dict):
            raise ValueError("the body is not a JSON object")  # noqa: TRY004 - the caller's mistake, as bad JSON is
        return document


@dataclass(frozen=True)
class Response:
    """An answer; `code` is the error code in its body, for the call log."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    code: str | None = None
    reason: str | None = None

    def json(self) -> Any:
        """Return the body, read as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Operation:
    """What a request turned out to ask for: its name, whom it concerns, and how to do it."""

    name: str
    target: str
    run: Callable[[], Response] = field(repr=False)


def json_response(status: int, document: Any, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a JSON document."""
    common = {"Content-Type": "application/json; charset=utf-8", "x-ms-request-id": str(uuid4())}
    return Response(status, {**common, **(headers or {})}, json.dumps(document).encode())


def json_error(
    status: int,
    code: str,
    message: str,
    *,
    inner: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer as Key Vault and Resource Manager report errors: https://github.com/microsoft/api-guidelines."""
    error: dict[str, Any] = {"code": code, "message": message}
    if inner is not None:
        error["innererror"] = {"code": inner}
    plain = json_response(status, {"error": error}, headers)
    return Response(status, plain.headers, plain.body, code=inner or code)


def xml_response(status: int, body: str, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with an XML document."""
    document = f'<?xml version="1.0" encoding="utf-8"?>{body}'
    return Response(status, {"Content-Type": "application/xml", **(headers or {})}, document.encode())


def xml_text(value: str) -> str:
    """Escape a value for use as text in an XML document."""
    return escape(value)
