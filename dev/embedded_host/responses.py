"""HTTP answers in the shapes of the real host."""

import json
from typing import Any

from aiohttp import web

from .errors import ApiError

_JSON = {"Content-Type": "application/json; charset=utf-8"}


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Answer with compact JSON; half a surrogate pair, which UTF-8 can't carry, becomes a question mark."""
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return web.Response(status=status, body=text.encode(errors="replace"), headers={**_JSON, **(headers or {})})


def empty(status: int) -> web.Response:
    """Answer with a status and nothing else."""
    return web.Response(status=status)


def error_response(error: ApiError) -> web.Response:
    """Answer with an error, and its body if it has one."""
    return empty(error.status) if error.body is None else json_response(error.body, error.status)
