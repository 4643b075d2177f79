"""A judge in the place of a simulated service: it answers for an Azure name inside a simulated Azure.

Requests are handed on as they came, `Host` included, so URLs and signatures are those of production.
"""

import ssl
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection, HTTPSConnection

from dev.simulators.wire import Operation, Request, Response

_TIMEOUT = 30  # seconds
_OF_THE_CONNECTION = {"connection", "content-length", "keep-alive", "proxy-connection", "transfer-encoding"}


class MountedService:
    """Hands requests on to a server on loopback, over TLS if that is what it speaks."""

    def __init__(self, port: int, *, tls: bool = False, prepare: Callable[[], None] = lambda: None) -> None:
        self._port = port
        self._tls = tls
        self._prepare = prepare

    def route(self, request: Request) -> Operation:
        """Name the operation: all that is known is that it is the judge's."""
        return Operation("judge.answer", request.host, partial(self._hand_on, request))

    def failure(self, status: int, request: Request) -> Response:
        """Answer in the judge's place; nobody asks a judge to be unwell."""
        return Response(status)

    def _hand_on(self, request: Request) -> Response:
        self._prepare()
        connection = self._connect()
        try:
            target = f"{request.path or '/'}?{request.query}" if request.query else request.path or "/"
            connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", request.host)
            for name, value in request.headers.items():
                if name not in _OF_THE_CONNECTION | {"host"}:
                    connection.putheader(name, value)
            if request.body or request.method in ("POST", "PUT", "PATCH"):
                connection.putheader("Content-Length", str(len(request.body)))
            connection.endheaders(request.body or None)
            answer = connection.getresponse()
            headers = {name: value for name, value in answer.getheaders() if name.lower() not in _OF_THE_CONNECTION}
            return Response(answer.status, headers, answer.read(), answer.headers["x-ms-error-code"], answer.reason)
        finally:
            connection.close()

    def _connect(self) -> HTTPConnection:
        if not self._tls:
            return HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT)
        # A certificate that its makers signed themselves, on loopback.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return HTTPSConnection("127.0.0.1", self._port, timeout=_TIMEOUT, context=context)
