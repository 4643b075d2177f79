"""pg8000's connections, taken to simulated servers without sockets; real servers judge the driver elsewhere."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pg8000 import exceptions, native

from .azure import SimulatedAzure
from .wire import Request


@contextmanager
def postgresql_driver(azure: SimulatedAzure) -> Iterator[None]:
    """Let this process reach simulated database servers."""

    class Connection:
        """A session."""

        def __init__(self, *, user: str, password: str, host: str, database: str, **_: Any) -> None:
            self._asked = {"login": user, "password": password, "database": database}
            self._host = host
            self._ask({})

        def run(self, statement: str, **values: Any) -> Any:
            return self._ask({"statement": statement, "values": values})

        def close(self) -> None:
            """There is nothing to close."""

        def _ask(self, more: dict[str, Any]) -> Any:
            if not azure.answers(self._host):
                raise exceptions.InterfaceError("Can't create a connection")
            body = json.dumps(self._asked | more).encode()
            response = azure.serve(Request("POST", self._host, "/", body=body))
            if response is None:
                raise exceptions.InterfaceError("network error")
            if response.status != 200:
                raise exceptions.DatabaseError({"C": response.code})
            return response.json()

    real = native.Connection
    setattr(native, "Connection", Connection)  # noqa: B010 - a class, to a type checker
    try:
        yield
    finally:
        setattr(native, "Connection", real)  # noqa: B010
