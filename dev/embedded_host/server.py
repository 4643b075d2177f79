"""The one HTTP server, on a loopback port.

It hands each request to whoever owns the path: the app's HTTP functions, the durable management API under its
public and its internal base path, the admin API. Paths are matched as sent, so that ids with quoted characters
survive.
"""

import socket

from aiohttp import web

from .admin_api import AdminApi
from .errors import HostError
from .http_functions import call_http_function
from .http_routes import Router
from .idle import InFlight
from .invoker import Invoker
from .management_api import ManagementApi
from .responses import empty
from .urls import RPC, WEBHOOKS

LOOPBACK = "127.0.0.1"
_WELCOME = "Your Functions 4.0 app is up and running"


def bind(port: int) -> socket.socket:
    """Take a port, or a free one for 0.

    Raises:
        HostError: It is taken.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except (OSError, OverflowError) as error:
        listener.close()
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise HostError(f"port {port} can't be used: {reason}") from None
    return listener


class Server:
    """Serves everything over HTTP."""

    def __init__(
        self,
        router: Router,
        invoker: Invoker,
        in_flight: InFlight,
        management: ManagementApi,
        admin: AdminApi,
        headers: dict[str, str],
    ) -> None:
        self._router = router
        self._invoker = invoker
        self._in_flight = in_flight
        self._management = management
        self._admin = admin
        self._headers = headers
        self._runner: web.AppRunner | None = None

    async def start(self, listener: socket.socket) -> None:
        """Listen on a bound socket."""
        app = web.Application(client_max_size=0)
        app.router.add_route("*", "/{path:(?s:.*)}", self._handle)
        # Bodies go to functions as they were sent, compressed or not.
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.5, handle_signals=False, auto_decompress=False
        )
        await self._runner.setup()
        await web.SockSite(self._runner, listener, backlog=512).start()

    async def stop(self) -> None:
        """Listen no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        response = await self._dispatch(request)
        response.headers.update(self._headers)
        return response

    async def _dispatch(self, request: web.Request) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        lower = path.lower()
        for base in (WEBHOOKS, RPC):
            if lower == base or lower.startswith(base + "/"):
                return await self._management.handle(request, path[len(base) :])
        if lower.startswith("/admin/"):
            return await self._admin.handle(request, path[len("/admin") :])
        found = self._router.find(request.method, path)
        if found is not None:
            function, parameters = found
            return await call_http_function(self._invoker, self._in_flight, function, request, parameters)
        if path == "/" and request.method in ("GET", "HEAD"):
            page = f"<!DOCTYPE html><html><body><h1>{_WELCOME}</h1></body></html>"
            return web.Response(text=page, content_type="text/html", charset="utf-8")
        return empty(404)
