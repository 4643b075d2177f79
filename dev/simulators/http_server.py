"""The thin shell between sockets and the engine: HTTP/1.1 with keep-alive, one thread per connection.

`RequestHandler` reads a request, hands it on and writes the answer. What a connection may ask for is decided
by its two subclasses: the proxy's (see `proxy`) and the managed-identity endpoint's.
"""

import http.server
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any

from .wire import Request, Response

_GONE = (ConnectionError, ssl.SSLError, TimeoutError)


class RequestHandler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "Simulated-Azure"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # buffered: head and body leave in one piece
    server: "LoopbackServer"

    def setup(self) -> None:
        """Prepare the connection, and let the server know it."""
        super().setup()
        self.server.track(self.connection)

    def finish(self) -> None:
        """Close the connection."""
        super().finish()
        self.server.forget(self.connection)
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
        """Print nothing: the call log is the record."""

    def serve(self) -> None:
        """Answer whatever the request line asks for."""
        length = self.headers.get("Content-Length", "0")
        if length != "0" and sys.platform == "linux":
            # A client behind a proxy sends head and body apart and the body only once the head is acknowledged, which
            # the kernel would put off for 40 ms.
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        if self.headers.get("Transfer-Encoding") or not length.isdecimal():
            self.close_connection = True
            self.reply(Response(411))
            return
        body = self.rfile.read(int(length))
        try:
            response = self.answer(self._request(body))
        except Exception as error:
            self.server.failed(error)
            response = None
        if response is None:
            self.drop()
        else:
            self.reply(response)

    def answer(self, request: Request) -> Response | None:
        """Answer one request; None drops the connection."""
        raise NotImplementedError

    def _request(self, body: bytes) -> Request:
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        host = headers.get("host", "").partition(":")[0].lower()
        return Request(self.command, host, path, query, headers, body, _caller(headers))

    def reply(self, response: Response) -> None:
        """Write an answer."""
        self.send_response(response.status, response.reason)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status != 204:
            self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def drop(self) -> None:
        """End the connection without an answer, as a network does that loses it."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = serve  # noqa: N815 - http.server looks for these names


def _caller(headers: Mapping[str, str]) -> str:
    """Tell an operator at the command line from the app: what the one may do says nothing of the other's rights."""
    return "operator" if "AZURECLI" in headers.get("user-agent", "") else "app"


class LoopbackServer(http.server.ThreadingHTTPServer):
    """A server on a free loopback port that can be stopped with connections open."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, handler: type[RequestHandler], failed: Callable[[BaseException], None]) -> None:
        self.failed = failed
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, name=handler.__name__, daemon=True
        )

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_address[1])

    def track(self, connection: socket.socket) -> None:
        """Remember a connection, to be closed when the server stops."""
        with self._open_lock:
            self._open.add(connection)

    def forget(self, connection: socket.socket) -> None:
        """Forget a connection that has ended."""
        with self._open_lock:
            self._open.discard(connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """Report what a handler failed with, unless it is the caller's hanging up."""
        error = sys.exception()
        if error is not None and not isinstance(error, _GONE):
            self.failed(error)

    def __enter__(self) -> "LoopbackServer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it has ended by itself meanwhile
        self._thread.join()
