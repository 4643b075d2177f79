"""Pages of what a vault lists."""

import base64
import json
from bisect import bisect_right
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from .vault_wire import BadParameterError
from .wire import Request, Response, json_response

PAGE = 25


def page_of(host: str, request: Request, keys: list[str], describe: Callable[[str], dict[str, Any]]) -> Response:
    """Answer one page of what is listed by sorted keys.

    The token names the last key given out, so that changes in between lose nothing.
    """
    size = request.parameter("maxresults") or str(PAGE)
    if not size.isdecimal() or not 1 <= int(size) <= PAGE:
        raise BadParameterError(f"maxresults must be a number from 1 to {PAGE}")
    first = bisect_right(keys, _read_skip_token(request.parameter("$skiptoken")))
    page = keys[first : first + int(size)]
    link = None
    if first + len(page) < len(keys):
        token = base64.urlsafe_b64encode(json.dumps({"NextMarker": page[-1]}).encode()).decode()
        # The real service names the port too.
        link = (
            f"https://{host}:443{request.path}?api-version="
            f"{quote(request.parameter('api-version') or '')}&$skiptoken={quote(token)}&maxresults={size}"
        )
    return json_response(200, {"value": [describe(key) for key in page], "nextLink": link})


def _read_skip_token(token: str | None) -> str:
    if not token:
        return ""
    try:
        return str(json.loads(base64.urlsafe_b64decode(token))["NextMarker"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadParameterError("The skip token is invalid") from error
