"""The administrator of a simulated database server, whose password Resource Manager changes in its own time.

What is answered, and where the operation can be looked at, follows recordings of the JavaScript SDK for Azure SQL:
`Azure-AsyncOperation` names a path below the resource group, `Retry-After` is 0.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from dev.clock import Cancellable

from . import arm_errors as errors
from .login_server import LoginServer
from .logins import Logins
from .wire import Operation, Request, Response, json_error, json_response
from .world import World


class ServerAdministrator(Logins):
    """The login that a server was made with."""

    def __init__(self, world: World, server: LoginServer, created: datetime | None) -> None:
        super().__init__(world, server, (server.administrator,), created, list)
        self.operation_takes = timedelta(seconds=40)
        """How long a change takes; with none, it is answered when it is done."""
        self.operations_denied = False
        """Whether the app may not look at operations."""
        self.fails = False
        """Whether changes come to nothing."""
        self._operations: dict[str, str] = {}
        self._under_way: Cancellable | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a change is going on."""
        return self._under_way is not None

    def tags(self) -> dict[str, str]:
        """Return what the tags of a secret say of it: its CredentialId is enough."""
        return {}

    def forget(self) -> None:
        """Let nothing happen to it any more."""
        if self._under_way is not None:
            self._under_way.cancel()

    def operation(self, request: Request) -> Operation | None:
        """Name what is asked of Resource Manager; None if it is not about this server."""
        path, service = request.path.lower(), self.server.service
        if request.method == "PATCH" and path == self.resource_id.lower():
            about = f"{self.name}/{self.server.administrator}"
            return Operation(f"{service}.setAdministratorPassword", about, partial(self._change, request))
        if request.method == "GET" and path in self._operations:
            return Operation(f"{service}.getOperation", self.name, partial(self._look, path))
        return None

    def _change(self, request: Request) -> Response:
        if self.denies("regenerateKey"):
            return errors.denied(f"{self.server.type}/write", self.resource_id)
        if self.is_busy:
            return json_error(409, "ConflictingServerOperation", "An operation is in progress.")
        password = str(request.json()["properties"]["administratorLoginPassword"])
        if not self.operation_takes:
            self._finish("", password)
            return self.server.answer(request)
        namespace = self.server.type.partition("/")[0]
        number = f"{len(self._operations):032x}"
        path = f"{self.server.group}/providers/{namespace}/locations/westeurope/serverAzureAsyncOperation/{number}"
        self._operations[path.lower()] = "InProgress"
        due = self._world.now() + self.operation_takes
        self._under_way = self._world.clock.call_at(due, partial(self._finish, path.lower(), password))
        link = f"https://{self.cloud.arm_host}{path}?api-version=2021-11-01&t=1&s=signature"
        return json_response(202, {"operation": "UpsertLogicalServer"}, _headers(link))

    def _look(self, path: str) -> Response:
        if self.operations_denied:
            return errors.denied("Microsoft.Sql/locations/serverAzureAsyncOperation/read", path)
        return json_response(200, {"name": path.rpartition("/")[2], "status": self._operations[path]})

    def _finish(self, path: str, password: str) -> None:
        with self._world.lock:
            self._under_way = None
            self._operations[path] = "Failed" if self.fails else "Succeeded"
            login = self.server.administrator
            if not self.fails and password != self.key(login):
                self.keys.install(login, password)
                self._world.changed(f"{self.name}/{login}: regenerated")


def _headers(link: str) -> dict[str, Any]:
    return {"Azure-AsyncOperation": link, "Retry-After": "0"}
