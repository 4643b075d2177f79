"""The same simulated Azure without sockets, for runs of a million calls: requests' transport asks the engine directly.

The SDKs build, sign, retry and read everything as always; only TLS and loopback between them and the engine are left
out, which cost ten times as much as the answer. A name that leads nowhere goes the long way, and fails as ever. A
dropped connection looks as it does on a network without a proxy; with one, urllib3 puts it down to the proxy.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import RemoteDisconnected
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import ProtocolError

from .azure import SimulatedAzure
from .wire import Request, Response


@contextmanager
def shortcut(azure: SimulatedAzure) -> Iterator[None]:
    """Let this process reach simulated Azure directly; enter it once, inside the simulation's environment."""
    long_way = HTTPAdapter.send

    def send(adapter: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        wire_request = _read(request)
        if wire_request is None or not azure.answers(wire_request.host):
            return long_way(adapter, request, *args, **options)
        response = azure.serve(wire_request)
        if response is None:
            gone = RemoteDisconnected("Remote end closed connection without response")
            raise requests.ConnectionError(ProtocolError("Connection aborted.", gone), request=request)
        return adapter.build_response(request, _write(response, request))

    HTTPAdapter.send = send  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        HTTPAdapter.send = long_way  # type: ignore[method-assign]


def _read(request: requests.PreparedRequest) -> Request | None:
    """Return what would have arrived; None for what does not go to Azure."""
    url = urlsplit(str(request.url))
    if url.scheme != "https" or url.hostname is None:
        return None
    body: Any = request.body or b""  # or a stream, which none of the SDKs sends here
    headers = {name.lower(): str(value) for name, value in request.headers.items()}
    content = body.encode() if isinstance(body, str) else bytes(body)
    return Request(str(request.method), url.hostname, url.path or "/", url.query, headers, content)


def _write(response: Response, request: requests.PreparedRequest) -> HTTPResponse:
    return HTTPResponse(
        body=io.BytesIO(response.body),
        headers={**response.headers, "Content-Length": str(len(response.body))},
        status=response.status,
        reason=response.reason,
        preload_content=False,
        request_method=request.method,
        request_url=request.url,
    )
