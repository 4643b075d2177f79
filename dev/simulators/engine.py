"""The way of a request through simulated Azure: find the service, apply the faults, do it, write it down.

The engine is what the proxy and the consumer share. It knows nothing of sockets: a dropped connection is
None, and the shell that called decides what that means. Callbacks of faults run outside the lock, so that
they may change anything, even from another thread; the effect itself runs under it.
"""

import math
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from .calls import Call, CallLog
from .clouds import is_azure_name
from .faults import FaultRule, Faults, When
from .limits import Limits
from .wire import Operation, Request, Response
from .world import World


class Service(Protocol):
    """A simulated service: it names what a request asks for, and speaks for itself when it is unwell."""

    def route(self, request: Request) -> Operation:
        """Say what a request asks for, without doing it."""

    def failure(self, status: int, request: Request) -> Response:
        """Answer as this service does when it is overloaded or broken."""


@dataclass
class Directory:
    """Which name is answered by which service; a name that isn't here doesn't resolve."""

    services: dict[str, Service] = field(default_factory=dict)
    unreachable: set[str] = field(default_factory=set)

    def knows(self, host: str) -> bool:
        """Tell whether a name is one of Azure's, reachable or not."""
        return host.lower() in self.services or is_azure_name(host)

    def find(self, host: str) -> Service | None:
        """Return the service behind a name, if it exists and can be reached."""
        name = host.lower()
        return None if name in self.unreachable else self.services.get(name)

    def is_cut_off(self, host: str) -> bool:
        """Tell whether a name that is served cannot be reached for the time being."""
        return host.lower() in self.unreachable and host.lower() in self.services


class Engine:
    """Serves requests, whoever brings them."""

    def __init__(self, world: World, directory: Directory, faults: Faults, limits: Limits, log: CallLog) -> None:
        self._world = world
        self._directory = directory
        self._faults = faults
        self._limits = limits
        self._log = log
        self._stopping = threading.Event()

    def start(self) -> None:
        """Let delays be kept."""
        self._stopping.clear()

    def stop(self) -> None:
        """End all delays, for the simulation is over."""
        self._stopping.set()

    def serve(self, request: Request) -> Response | None:
        """Answer a request; None if the connection is to be dropped without an answer."""
        service = self._directory.find(request.host)
        if service is None:
            return None
        return self.perform(service, request)

    def perform(self, service: Service, request: Request) -> Response | None:
        """Let one service answer a request, with the faults in force."""
        operation = service.route(request)
        before = self._strike(operation, request, "before")
        if before is not None:
            return self._record(operation, request, self._spoil(before, service, request), fault=True)
        with self._world.lock:
            wait = self._limits.refusal(operation, request, self._world.now())
            response = operation.run() if wait is None else _throttled(service, request, wait)
        after = self._strike(operation, request, "after")
        if after is not None:
            return self._record(operation, request, self._spoil(after, service, request), fault=True)
        return self._record(operation, request, response)

    def _strike(self, operation: Operation, request: Request, when: When) -> FaultRule | None:
        """Run delays and callbacks of the rules that strike; return the one that spoils the answer, if any does."""
        spoiling = None
        for rule in self._faults.struck(operation, request.caller, when):
            if rule.delay:
                self._stopping.wait(rule.delay.total_seconds())
            if rule.callback is not None:
                rule.callback()
            if rule.spoils and spoiling is None:
                spoiling = rule
        return spoiling

    @staticmethod
    def _spoil(rule: FaultRule, service: Service, request: Request) -> Response | None:
        if rule.drop or rule.status is None:
            return None
        answer = service.failure(rule.status, request)
        return answer if rule.retry_after is None else _with_retry_after(answer, rule.retry_after)

    def _record(
        self, operation: Operation, request: Request, response: Response | None, *, fault: bool = False
    ) -> Response | None:
        status, code = (response.status, response.code) if response else (None, None)
        self._log.add(
            Call(
                self._world.now(),
                operation.name,
                operation.target,
                request.caller,
                request.method,
                request.host,
                request.path,
                status,
                code,
                fault,
            )
        )
        return response


def _throttled(service: Service, request: Request, wait: timedelta) -> Response:
    return _with_retry_after(service.failure(429, request), math.ceil(wait.total_seconds()))


def _with_retry_after(answer: Response, seconds: int) -> Response:
    headers = {**answer.headers, "Retry-After": str(seconds)}
    return Response(answer.status, headers, answer.body, answer.code, answer.reason)
