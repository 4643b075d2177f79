"""Connections of the driver for SQL Server, taken to simulated servers without sockets; the driver itself is real."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from azure_clients import sql_server

from .azure import SimulatedAzure
from .tds_server import Answer, Asked, NoRows, TdsConversation
from .tds_tokens import ServerError
from .wire import Request


class MemorySocket:
    """A connection to a conversation in this process."""

    def __init__(self, conversation: TdsConversation) -> None:
        self._conversation = conversation
        self._arrived = bytearray()

    def sendall(self, data: bytes, flags: int = 0) -> None:
        """Let the server take it, and answer at once."""
        self._arrived += self._conversation.receive(bytes(data))

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Return what has arrived; nothing, as of a connection that is closed, if nothing has."""
        data = bytes(self._arrived[:size])
        del self._arrived[:size]
        return data

    def recv_into(self, buffer: Any, size: int = 0, flags: int = 0) -> int:
        """Put what has arrived into a buffer."""
        data = self.recv(size or len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def gettimeout(self) -> float | None:
        """Nothing is ever late."""
        return None

    def settimeout(self, timeout: float | None) -> None:
        """As above."""

    def close(self) -> None:
        """There is nothing to close."""


@contextmanager
def sql_driver(azure: SimulatedAzure) -> Iterator[None]:
    """Let this process reach simulated SQL Servers."""

    def connect(host: str, port: int) -> MemorySocket:
        if not azure.answers(host):
            raise ConnectionRefusedError
        return MemorySocket(TdsConversation(_tls(azure, host), lambda asked: _answer(azure, host, asked)))

    real = sql_server.connect
    setattr(sql_server, "connect", connect)  # noqa: B010 - a function, to a type checker
    try:
        yield
    finally:
        sql_server.connect = real


def _tls(azure: SimulatedAzure, host: str) -> ssl.SSLContext:
    context = azure.certificate_of(host)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def _answer(azure: SimulatedAzure, host: str, asked: Asked) -> Answer | None:
    document = {
        "login": asked.login,
        "password": asked.password,
        "token": asked.token,
        "database": asked.database,
        "statement": asked.statement,
        "values": dict(asked.values),
    }
    response = azure.serve(Request("POST", host, "/", body=json.dumps(document).encode()))
    if response is None:
        return None
    if response.status != 200:
        return [ServerError(int(response.code or 0), 1, 14, "simulated")]
    rows = [tuple(row) for row in response.json()]
    is_question = asked.statement.lstrip().startswith("SELECT")
    return rows or (NoRows(2) if is_question else [])
