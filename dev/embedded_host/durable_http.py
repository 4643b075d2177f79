"""The built-in activity behind `call_http`.

One request, one answer as `{statusCode, headers, content}`; a header that came several times is a list (s22a).
Headers of the content, such as its type, are not among them, because .NET keeps them elsewhere.
"""

from typing import Any

import aiohttp

_CONTENT_HEADERS = frozenset(
    {"allow", "content-disposition", "content-encoding", "content-language", "content-length", "content-location"}
    | {"content-md5", "content-range", "content-type", "expires", "last-modified"}
)
_TIMEOUT = aiohttp.ClientTimeout(total=100)  # that of .NET's client


class HttpCallError(Exception):
    """The request got no answer."""


async def perform(request: dict[str, Any]) -> dict[str, Any]:
    """Make a durable HTTP request.

    Raises:
        HttpCallError: There was no answer, or the request asks for what this host doesn't have.
    """
    if request.get("tokenSource"):
        raise HttpCallError("token sources of call_http are not supported by the embedded host")
    headers = {key: str(value) for key, value in (request.get("headers") or {}).items()}
    content = request.get("content")
    if content is not None and "content-type" not in {key.lower() for key in headers}:
        headers["Content-Type"] = "text/plain"
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, skip_auto_headers=("User-Agent", "Content-Type")) as session,
            session.request(request["method"], request["uri"], data=content, headers=headers) as response,
        ):
            text = await response.text(errors="replace")
            return {"statusCode": response.status, "headers": _headers(response), "content": text}
    except aiohttp.ClientConnectorError as error:
        reason = "Connection refused" if error.os_error.errno == 111 else error.os_error.strerror
        raise HttpCallError(f"{reason} ({error.host}:{error.port})") from None
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
        raise HttpCallError(f"Invalid URI: '{request['uri']}' is not an absolute http or https address.") from None
    except (aiohttp.ClientError, TimeoutError, ValueError, TypeError) as error:
        raise HttpCallError(str(error) or type(error).__name__) from None


def _headers(response: aiohttp.ClientResponse) -> dict[str, str | list[str]]:
    headers: dict[str, str | list[str]] = {}
    for name in dict.fromkeys(response.headers):
        if name.lower() not in _CONTENT_HEADERS:
            values = response.headers.getall(name)
            if name.lower() == "server":
                values = [part for value in values for part in value.split(" ")]
            headers[name] = values[0] if len(values) == 1 else values
    return headers
