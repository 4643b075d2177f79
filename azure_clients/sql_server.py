"""Sessions with SQL Server, Azure SQL included."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from azure_clients.settings import SQL_PORT
from azure_clients.sql_answers import SIGN_IN, STATEMENT, answers, broken
from rotation.credential import Credential
from rotation.failures import UnreachableError

if TYPE_CHECKING:
    from OpenSSL.crypto import X509
    from OpenSSL.SSL import Connection, Context
    from pytds.tds_base import Route
    from pytds.tds_socket import _TdsSocket

_TIMEOUT = 15  # seconds, for a connection and for each answer
_ENGLISH = 1033  # a server answers in it whatever the machine speaks
_LOGGED = 100  # characters of a statement that the driver writes into its log
_LONGEST = 128  # characters of a name or password that it takes


@dataclass(frozen=True)
class Client:
    """Who signs in."""

    login: str
    credential: Credential
    is_token: bool = False
    """Whether it is a token of Entra ID, which says itself whose it is."""


class Session:
    """A session in which statements are run."""

    def __init__(self, operation: str, tds: "_TdsSocket") -> None:
        self._operation = operation
        self._tds = tds

    def query(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        """Run a statement with `%s` for each value, and return its rows.

        Raises:
            RotationError: As `sql_answers.STATEMENT` has it.
        """
        with answers(self._operation, self._tds, STATEMENT):
            session = self._tds.main_session
            session.execute(statement, values)
            rows: list[tuple[Any, ...]] = []
            while (row := session.fetchone()) is not None:
                rows.append(tuple(row))
            while session.next_set():
                pass
            return rows

    def run_secretly(self, statement: str) -> None:
        """Run a statement that holds a password.

        A server keeps such statements out of its traces and audits, but not a password that is a parameter: so it is
        part of the text. The driver logs where a text begins, so it begins with nothing.

        Raises:
            RotationError: As `sql_answers.STATEMENT` has it.
        """
        with answers(self._operation, self._tds, STATEMENT):
            self._tds.main_session.submit_plain_query(" " * _LOGGED + statement)
            self._tds.main_session.process_simple_request()


@contextmanager
def session(operation: str, host: str, client: Client, database: str, routes_to: str | None) -> Iterator[Session]:
    """Sign in and be connected meanwhile; TLS with a certificate that names the host, or nothing.

    Args:
        operation: What to call it when it fails.
        host: The server's name, perhaps with `:port`.
        client: Who signs in.
        database: Where.
        routes_to: What the name of another host ends with that the server may send clients to, as Azure SQL does
            from inside Azure (learn.microsoft.com, "Azure SQL connectivity architecture"); None: nowhere.

    Raises:
        RotationError: `DeniedError` if login or password is wrong, `UnreachableError` if nobody answers or firewalls
            forbid it, `NoDatabaseError`.
    """
    password = "" if client.is_token else client.credential.reveal()
    # The driver counts characters beyond these wrongly, and what it sends is malformed.
    if any(len(text) > _LONGEST or max(text, default="") > "\uffff" for text in (client.login, password, database)):
        raise UnreachableError(f"{operation}: the driver cannot sign in with this name or password")
    name, _, port = host.partition(":")
    tds, route = _sign_in(operation, name, int(port or SQL_PORT), client, database)
    if route is not None:
        tds.close()
        target = str(route["server"]).partition("\\")[0].casefold()
        if routes_to is None or not target.endswith(routes_to):
            raise UnreachableError(f"{operation}: the server sends its clients to a host that it must not")
        tds, route = _sign_in(operation, target, int(route["port"]), client, database)
        if route is not None:
            tds.close()
            raise UnreachableError(f"{operation}: the server sends its clients from host to host")
    try:
        yield Session(operation, tds)
    finally:
        with suppress(*broken()):
            tds.close()


def identifier(name: str) -> str:
    """Return a name as an identifier of T-SQL, whatever is in it."""
    return "[" + name.replace("]", "]]") + "]"


def literal(text: str) -> str:
    """Return a text as a literal of T-SQL, whatever is in it."""
    return "N'" + text.replace("'", "''") + "'"


def connect(host: str, port: int) -> socket.socket:
    """Return a connection."""
    return socket.create_connection((host, port), _TIMEOUT)


def _sign_in(operation: str, host: str, port: int, client: Client, database: str) -> "tuple[_TdsSocket, Route | None]":
    # Imported here, so that a broken driver costs this kind only, and a cold start nothing.
    from pytds.tds_base import PreLoginEnc, _TdsLogin  # noqa: PLC0415
    from pytds.tds_socket import _TdsSocket  # noqa: PLC0415

    # What the driver's connect() is made of. That one repeats attempts by itself, sleeps in between, follows a server
    # to any host, and asks for a certificate's names in a way that pyOpenSSL has given up.
    login = _TdsLogin()
    login.server_name, login.port, login.database = host, port, database
    login.app_name = login.library = "secret-rotation"
    login.client_host_name = "secret-rotation"
    login.client_lcid, login.client_tz = _ENGLISH, UTC
    login.enc_flag, login.tls_ctx, login.validate_host = PreLoginEnc.ENCRYPT_ON, _trusting(host), False
    if client.is_token:
        login.access_token = client.credential.reveal()
    else:
        login.user_name, login.password = client.login, client.credential.reveal()
    try:
        connection = connect(host, port)
    except OSError:
        raise UnreachableError(f"{operation}: no connection") from None
    try:
        tds = _TdsSocket(sock=connection, login=login, autocommit=True)
        with answers(operation, tds, SIGN_IN, lost=UnreachableError):
            return tds, tds.login()
    except BaseException:
        connection.close()
        raise


def _trusting(host: str) -> "Context":
    """Return what lets nobody answer but a host with a certificate of its name; before the password is sent."""
    from OpenSSL.SSL import TLS1_2_VERSION, TLS_CLIENT_METHOD, VERIFY_PEER, Context  # noqa: PLC0415
    from service_identity import CertificateError, VerificationError  # noqa: PLC0415
    from service_identity.cryptography import verify_certificate_hostname  # noqa: PLC0415

    def verify(_: "Connection", certificate: "X509", __: int, depth: int, is_trusted: int) -> bool:
        if not is_trusted or depth:
            return bool(is_trusted)
        try:
            verify_certificate_hostname(certificate.to_cryptography(), host)
        except (CertificateError, VerificationError):
            return False
        return True

    context = Context(TLS_CLIENT_METHOD)
    context.set_min_proto_version(TLS1_2_VERSION)
    # TDS 7 wraps the handshake into packets of its own, which TLS 1.3's does not fit into: [MS-TDS] 2.2.6.5.
    context.set_max_proto_version(TLS1_2_VERSION)
    context.set_default_verify_paths()
    context.set_verify(VERIFY_PEER, verify)
    return context
