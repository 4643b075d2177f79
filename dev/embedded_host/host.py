"""A host: one app, one task hub, one server, put together and taken apart.

Everything here happens on one event loop. `facade.EmbeddedHost` gives that loop a thread of its own for tests
and demos; `__main__` runs it as a program.
"""

import os
import socket
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from dev.clock import Clock

from .activities import Activities
from .admin_api import AdminApi
from .attempts import Attempts
from .client import Client
from .crashes import CrashPlan
from .durable_timers import DurableTimers
from .entities import Entities
from .episodes import Episodes
from .event_hubs import EventHubs
from .functions import EVENT_HUB, HTTP, TIMER, LoadedFunction
from .http_routes import Router
from .idle import InFlight
from .invoker import Invoker
from .loading import load_functions
from .management_api import ManagementApi
from .retries import policy_of
from .schedules import Schedules
from .server import LOOPBACK, Server, bind
from .settings import Environment, HostSettings, read_host_json, read_local_settings
from .store import Store, open_store
from .taskhub import TaskHub
from .urls import client_binding
from .workers import worker_loop


@dataclass(frozen=True)
class HostOptions:
    """How to run an app."""

    app_dir: Path
    port: int = 0
    state: Path | None = None
    early_timers: bool = False
    visibility_delay: timedelta = timedelta(0)
    keep_journal: bool = False
    """Remember everything that is sent, so that a test can search it."""


class Host:
    """A running app."""

    def __init__(self, options: HostOptions, clock: Clock) -> None:
        self.in_flight = InFlight()
        self.crashes = CrashPlan()
        self.url = ""
        self._options = options
        self._clock = clock
        self._environment = Environment({})
        self._store: Store | None = None
        self._listener: socket.socket | None = None
        self._has_worker = False

    async def start(self) -> None:
        """Load the app, take up what the state file holds, and listen.

        Raises:
            HostError: It can't be run; nothing is left behind.
        """
        try:
            await self._start()
        except BaseException:
            self._release()
            raise

    async def _start(self) -> None:
        app_dir = self._options.app_dir.resolve()
        self._environment = Environment(read_local_settings(app_dir))
        self._environment.apply()
        settings = read_host_json(app_dir, os.environ)
        worker_loop.acquire()
        self._has_worker = True
        functions = load_functions(app_dir, os.environ)
        self._listener = bind(self._options.port)
        self.url = f"http://{LOOPBACK}:{self._listener.getsockname()[1]}"
        self._store = open_store(self._options.state)
        self._assemble(settings, functions, app_dir)
        self._resume()
        await self.server.start(self._listener)
        self.schedules.start()

    def _assemble(self, settings: HostSettings, functions: list[LoadedFunction], app_dir: Path) -> None:
        assert self._store is not None  # noqa: S101 - opened just before
        self.router = Router(functions, settings.route_prefix)
        keep = self._options.keep_journal
        self.hub = TaskHub(self._store, self._clock, self.in_flight, settings, functions, keep_journal=keep)
        binding = client_binding(self.url, settings.hub_name)
        self.invoker = Invoker(settings, str(app_dir), binding, self.crashes)
        self.activities = Activities(self.hub, self.invoker)
        self.timers = DurableTimers(self.hub, early=self._options.early_timers)
        self.entities = Entities(self.hub, self.invoker)
        episodes = Episodes(self.hub, self.invoker, self.activities, self.timers, self.entities)
        self.hub.on_wake = episodes.wake
        self.hub.on_finish = self.timers.drop
        self.client = Client(self.hub, self.entities)
        attempts = Attempts(self.hub, self.invoker)
        self.deliveries = EventHubs(self.hub, attempts)
        self.schedules = Schedules(self.hub, attempts)
        for function in functions:
            if function.kind in (EVENT_HUB, TIMER):
                policy_of(function, settings)  # refused now rather than at the first failure
        management = ManagementApi(self.hub, self.client, self.entities)
        admin = AdminApi(self.hub, self.invoker, self.router, self.deliveries, self.schedules)
        self.server = Server(self.router, self.invoker, self.in_flight, management, admin, settings.custom_headers)

    def _resume(self) -> None:
        self.hub.restore()
        self.entities.restore()
        self.timers.restore()
        self.activities.restore(self._options.visibility_delay)

    async def stop(self) -> None:
        """Stop listening and let go of everything; what was in hand is found again by the next host."""
        await self.server.stop()
        self.hub.close()
        self.invoker.close()
        self._release()

    async def kill(self) -> None:
        """Stop as if killed: from here on nothing runs and nothing is written."""
        self.hub.close()
        if self._store is not None:
            self._store.close()
        await self.stop()

    def _release(self) -> None:
        if self._store is not None:
            self._store.close()
        if self._listener is not None:
            self._listener.close()
        if self._has_worker:
            self._has_worker = False
            worker_loop.release()
        self._environment.restore()

    def listing(self) -> list[str]:
        """Return the lines that tell a person which functions there are, and how to reach them."""
        lines = ["Functions:", ""]
        for function in sorted(self.hub.functions, key=lambda one: (one.kind != HTTP, one.name.lower())):
            if function.kind == HTTP:
                route = next(one for one in self.router.routes if one.function is function)
                methods = ",".join(sorted(route.methods)) or "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS"
                lines.append(f"        {function.name}: [{methods}] {self.url}/{route.template}")
            else:
                lines.append(f"        {function.name}: {function.kind}")
        return lines
