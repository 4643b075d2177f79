"""The CONNECT proxy that stands where the internet would be, and the managed-identity endpoint beside it.

A tunnel to a simulated name ends here, in TLS under the throwaway authority; the client never notices. A
tunnel to anything else is refused, so that nothing can reach the real Azure, and the name is noted. The proxy
opens no connection of its own. Two kinds of refusal are told apart: 403 for names that are none of ours, 502
for names in Azure's own domains behind which there is nothing, which is as near to "does not resolve" as a
proxy gets.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from .certificates import CertificateAuthority
from .engine import Directory, Engine
from .http_server import LoopbackServer, RequestHandler
from .identity import ManagedIdentityService
from .wire import Request, Response


@dataclass
class Refusals:
    """The names that somebody tried to reach in vain."""

    refused: list[str] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def note(self, host: str, *, known: bool) -> int:
        """Note a name that leads nowhere and return the status to refuse it with."""
        with self._lock:
            (self.unresolved if known else self.refused).append(host)
        return 502 if known else 403

    def clear(self) -> None:
        """Forget all names."""
        with self._lock:
            self.refused.clear()
            self.unresolved.clear()


def proxy_server(
    directory: Directory,
    engine: Engine,
    authority: CertificateAuthority,
    refusals: Refusals,
    failed: Callable[[BaseException], None],
) -> LoopbackServer:
    """Make the proxy."""

    class ProxyConnection(RequestHandler):
        """A client's connection: first a CONNECT, then what comes through the tunnel."""

        tunnel: str | None = None

        def do_CONNECT(self) -> None:  # noqa: N802 - http.server calls it by this name
            """Open a tunnel, or refuse to."""
            host, _, port = self.path.rpartition(":")
            host = host.lower()
            if port == "443" and directory.is_cut_off(host):
                # The name is there and nothing answers, as behind a firewall that drops.
                self.close_connection = True
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                return
            if port != "443" or directory.find(host) is None:
                self.close_connection = True
                self.reply(Response(refusals.note(host, known=directory.knows(host))))
                return
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.wfile.flush()
            # Wrapping detaches the plain socket: from here on the tunnel is the connection.
            self.server.forget(self.connection)
            self.connection = authority.context_for(host).wrap_socket(self.connection, server_side=True)
            self.server.track(self.connection)
            self.rfile = self.connection.makefile("rb")
            self.wfile = self.connection.makefile("wb")
            self.tunnel = host
            self.close_connection = False

        def answer(self, request: Request) -> Response | None:
            if self.tunnel is None:  # plain http through the proxy: no service is reached that way
                self.close_connection = True
                return Response(refusals.note(request.host, known=False))
            if request.host != self.tunnel:
                return Response(421)
            return engine.serve(request)

    return LoopbackServer(ProxyConnection, failed)


def identity_server(
    engine: Engine, identity: ManagedIdentityService, failed: Callable[[BaseException], None]
) -> LoopbackServer:
    """Make the managed-identity endpoint."""

    class IdentityConnection(RequestHandler):
        """A connection to the managed-identity endpoint."""

        def answer(self, request: Request) -> Response | None:
            return engine.perform(identity, request) if request.path == "/MSI/token" else Response(404)

    return LoopbackServer(IdentityConnection, failed)
