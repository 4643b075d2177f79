"""A real PostgreSQL server on a free loopback port, with TLS, for as long as it is needed."""

import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pg8000.native
import trustme

from .components import POSTGRESQL

HOST = "contoso.postgres.database.azure.com"
"""The name that its certificate is for."""
SUPERUSER = "postgres"
ENTRA_ROLE = "rotation-app"
"""A role that signs in with a token in the password's place, which is sent as it is, as roles of Entra do."""

_UNPRIVILEGED = "postgres"  # the user that Debian's package makes; the server refuses to run as root
_PATIENCE = 60  # seconds
_ACCESS = f"""
hostssl all "{ENTRA_ROLE}" 127.0.0.1/32 password
hostssl all all 127.0.0.1/32 scram-sha-256
"""
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "ssl": "on",
    "ssl_cert_file": "server.crt",
    "ssl_key_file": "server.key",
    "log_statement": "all",
    "log_min_duration_statement": "0",
    "max_connections": "20",
    "superuser_reserved_connections": "3",
    "fsync": "off",
}


class PostgresqlServer:
    """The server, and what tests do on it as its superuser."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._password = secrets.token_hex(16)
        self._port = _free_port()

    def __enter__(self) -> Self:
        self._home = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="postgresql-")))
        self._prepare()
        self._log = self._stack.enter_context((self._home / "log").open("wb"))
        options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        self._process = subprocess.Popen(  # noqa: S603 - a judge's own command
            [*_as_unprivileged(), _program("postgres"), "-D", self._data, "-p", str(self._port), *options],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            cwd=self._home,
        )
        self._stack.callback(self._stop)
        self._wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def _data(self) -> Path:
        return self._home / "data"

    @property
    def authority_file(self) -> Path:
        """The certificate authority that clients have to trust."""
        return self._home / "ca.pem"

    @property
    def log(self) -> str:
        """All that it has written about statements and sessions."""
        return (self._home / "log").read_text(errors="replace")

    def run(self, statement: str, **values: Any) -> list[Any]:
        """Run a statement as the superuser."""
        with self.session(SUPERUSER, self._password) as connection:
            return list(connection.run(statement, **values) or [])

    @contextmanager
    def session(self, login: str, password: str) -> Iterator[pg8000.native.Connection]:
        """Sign in with a login of one's own."""
        context = ssl.create_default_context(cafile=self.authority_file)
        context.check_hostname = False
        connection = pg8000.native.Connection(
            login, "127.0.0.1", "postgres", self._port, password, ssl_context=context, timeout=_PATIENCE
        )
        try:
            yield connection
        finally:
            connection.close()

    def takes(self, login: str, password: str) -> bool:
        """Tell whether a login gets in with a password."""
        try:
            with self.session(login, password):
                return True
        except pg8000.exceptions.DatabaseError as error:
            if error.args[0]["C"] in ("28P01", "28000"):
                return False
            raise

    def resolve(self, host: str) -> list[Any] | None:
        """Return what a resolver says of the server's name, as `socket.getaddrinfo` does; None for any other name."""
        if host != HOST:
            return None
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", self._port))]

    def _prepare(self) -> None:
        secret = self._home / "password"
        secret.write_text(self._password)
        authority = trustme.CA(organization_name="A PostgreSQL server in a test")
        authority.cert_pem.write_to_path(str(self.authority_file))
        _give_away(self._home, secret)
        _run("initdb", "-D", self._data, "-U", SUPERUSER, "-A", "scram-sha-256", "--pwfile", secret, "-N", "-E", "UTF8")
        issued = authority.issue_cert(HOST)
        for name, blobs in (
            ("server.crt", [blob.bytes() for blob in issued.cert_chain_pems]),
            ("server.key", [issued.private_key_pem.bytes()]),
            ("pg_hba.conf", [_ACCESS.encode()]),
        ):
            path = self._data / name
            path.write_bytes(b"".join(blobs))
            path.chmod(0o600)
            _give_away(path)

    def _wait(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                self.run("SELECT 1")
            except (pg8000.exceptions.Error, OSError):
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise RuntimeError(f"PostgreSQL has not started:\n{self.log}") from None
                time.sleep(0.05)
            else:
                return

    def _stop(self) -> None:
        self._process.send_signal(signal.SIGINT)  # without waiting for sessions
        self._process.wait(timeout=_PATIENCE)


def _program(name: str) -> str:
    return str(POSTGRESQL.artifact / name)


def _run(name: str, *arguments: object) -> None:
    command = [*_as_unprivileged(), _program(name), *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True, cwd="/")  # noqa: S603 - a judge's own command


def _as_unprivileged() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={_UNPRIVILEGED}", f"--regid={_UNPRIVILEGED}", "--clear-groups"]


def _give_away(*paths: Path) -> None:
    if os.geteuid() == 0:
        for path in paths:
            shutil.chown(path, _UNPRIVILEGED, _UNPRIVILEGED)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
