"""The server's side of a conversation in TDS 7.4, free of sockets: bytes in, bytes out.

A client names its encryption (PRELOGIN), shakes hands for TLS inside PRELOGIN packets, and from then on speaks inside
TLS: it signs in (LOGIN7), and then sends statements (SQL batches, and calls of sp_executesql).
"""

import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TypeAlias

from . import tds_tokens as tokens
from .tds_tokens import Done, Row, ServerError, Status
from .tds_wire import (
    PACKET_SIZE,
    Inbox,
    Kind,
    Login,
    UnreadableError,
    Value,
    in_packets,
    read_batch,
    read_login,
    read_prelogin,
    read_rpc,
)

_VERSION, _ENCRYPTION, _INSTANCE, _THREAD, _MARS, _TOKEN_REQUIRED = 0, 1, 2, 3, 4, 6


class Encryption(IntEnum):
    """What PRELOGIN says of it."""

    OFF = 0
    ON = 1
    NOT_SUPPORTED = 2
    REQUIRED = 3


@dataclass(frozen=True)
class Asked:
    """What a client asks: to be let in, or, once it is in, a statement."""

    login: str
    server: str
    database: str
    password: str = field(repr=False)
    token: str = field(repr=False)
    """An access token; empty when it signs in with a password."""
    statement: str = field(default="", repr=False)
    """Empty when it wants to be let in."""
    values: Mapping[str, Value] = field(default_factory=dict, repr=False)
    """The parameters of the statement, by name without the at sign."""


@dataclass(frozen=True)
class Route:
    """Where a gateway sends a client that has signed in."""

    host: str
    port: int


@dataclass(frozen=True)
class NoRows:
    """The answer to a query that finds nothing: there are columns, and a client may fetch."""

    columns: int = 1


Answer: TypeAlias = Sequence[Row] | Sequence[ServerError] | NoRows | Route
"""An empty sequence: it is done, and there is nothing to fetch."""


class TdsConversation:
    """One connection, from its first byte."""

    def __init__(
        self,
        context: ssl.SSLContext,
        answer: Callable[[Asked], Answer | None],
        *,
        encryption: Encryption = Encryption.ON,
    ) -> None:
        """`answer` returns None to drop the connection without a word.

        A server that says it does not support encryption reads what follows as it comes.

        Raises:
            ValueError: The context allows TLS 1.3, which cannot be spoken inside PRELOGIN packets.
        """
        if context.maximum_version != ssl.TLSVersion.TLSv1_2:
            raise ValueError("TDS 7.4 is spoken inside TLS 1.2: set the context's maximum_version")
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._is_private = False
        self._answer, self._encryption = answer, encryption
        self._inbox, self._out = Inbox(), bytearray()
        self._take = self._prelogin
        self._requires_token = False
        self._who = Asked("", "", "", "", "")
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """Whether the server has hung up, after what it has sent last."""
        return self._is_closed

    def receive(self, data: bytes) -> bytes:
        """Take what the client has sent, and return what the server sends back."""
        try:
            self._inbox.feed(self._decrypted(data) if self._is_private else data)
            while not self._is_closed and (message := self._inbox.message()) is not None:
                self._take(*message)
        except (UnreadableError, ssl.SSLError):
            self._is_closed = True
        sent = bytes(self._out)
        self._out.clear()
        return sent

    # --- one message at a time, in this order ---------------------------------------------------------------

    def _prelogin(self, kind: int, body: bytes) -> None:
        options = read_prelogin(body) if kind == Kind.PRELOGIN else {}
        wish = options.get(_ENCRYPTION, b"")
        if wish not in {bytes((known,)) for known in Encryption}:
            raise UnreadableError("no such PRELOGIN")
        refused = wish[0] == Encryption.NOT_SUPPORTED and self._encryption != Encryption.NOT_SUPPORTED
        said = {
            _VERSION: tokens.VERSION + bytes(2),
            _ENCRYPTION: bytes((Encryption.REQUIRED if refused else self._encryption,)),
            _INSTANCE: b"\x00",
            _THREAD: b"",
            _MARS: b"\x00",
            _TOKEN_REQUIRED: b"\x01",
        }
        self._reply(tokens.prelogin({option: data for option, data in said.items() if option in options}))
        self._requires_token = _TOKEN_REQUIRED in options
        self._is_closed = refused
        self._take = self._log_in if self._encryption == Encryption.NOT_SUPPORTED else self._shake_hands

    def _shake_hands(self, kind: int, body: bytes) -> None:
        if kind != Kind.PRELOGIN:
            raise UnreadableError("no such handshake")
        self._incoming.write(body)
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            self._is_closed = True
        else:
            self._is_private = True
            self._take = self._log_in
        # Also the alert of a handshake that has failed.
        self._out += in_packets(Kind.PRELOGIN, self._outgoing.read())

    def _log_in(self, kind: int, body: bytes) -> None:
        if kind != Kind.LOGIN7:
            raise UnreadableError("no such login")
        login = read_login(body)
        if login.token is not None and login.says_token_required != self._requires_token:
            raise UnreadableError("no such token")
        self._who = Asked(login.user, login.server, login.database, login.password, login.token or "")
        answer = self._answer(self._who)
        self._take = self._serve
        self._is_closed = answer is None or isinstance(answer, Route) or bool(_split(answer)[0])
        if answer is not None:
            self._reply(_welcome(login, answer))

    def _serve(self, kind: int, body: bytes) -> None:
        if kind == Kind.ATTENTION:
            self._reply(tokens.done(Done.STATEMENT, Status.ATTENTION))
            return
        values: Mapping[str, Value] = {}
        if kind == Kind.BATCH:
            statement = read_batch(body)
        elif kind == Kind.RPC:
            statement, values = read_rpc(body)
        else:
            raise UnreadableError("no such request")
        answer = self._answer(replace(self._who, statement=statement, values=values))
        self._is_closed = answer is None
        if answer is not None:
            self._reply(_result(answer, in_procedure=kind == Kind.RPC))

    # --- the bytes of it ------------------------------------------------------------------------------------

    def _decrypted(self, data: bytes) -> bytes:
        self._incoming.write(data)
        plain = bytearray()
        try:
            while part := self._tls.read(PACKET_SIZE):
                plain += part
        except ssl.SSLWantReadError:
            pass
        return bytes(plain)

    def _reply(self, said: bytes) -> None:
        data = in_packets(Kind.REPLY, said)
        if self._is_private:
            self._tls.write(data)
            data = self._outgoing.read()
        self._out += data


def _split(answer: Answer) -> tuple[list[ServerError], list[Row]]:
    if isinstance(answer, NoRows | Route):
        return [], []
    errors = [one for one in answer if isinstance(one, ServerError)]
    return errors, [one for one in answer if not isinstance(one, ServerError)]


def _welcome(login: Login, answer: Answer) -> bytes:
    """Return what a client hears that wants to be let in."""
    if errors := _split(answer)[0]:
        return tokens.errors(errors) + tokens.done(Done.STATEMENT, Status.ERROR)
    said = tokens.environment(login.database or "master") + tokens.login_ack()
    if login.token is not None:
        said += tokens.feature_ack()
    if isinstance(answer, Route):
        said += tokens.routing(answer.host, answer.port)
    return said + tokens.done(Done.STATEMENT)


def _result(answer: Answer, *, in_procedure: bool) -> bytes:
    """Return what a client hears of its statement."""
    if isinstance(answer, Route):
        raise TypeError("only who signs in is sent elsewhere")
    errors, rows = _split(answer)
    end = Done.PROCEDURE if in_procedure else Done.STATEMENT
    if errors:
        status = tokens.return_status(errors[-1].number) if in_procedure else b""
        return tokens.errors(errors) + status + tokens.done(end, Status.ERROR)
    columns = [()] * answer.columns if isinstance(answer, NoRows) else list(zip(*rows, strict=True))
    counted = Status.COUNTED if columns else Status.FINAL
    said = tokens.table(columns) if columns else b""
    if not in_procedure:
        return said + tokens.done(end, counted, len(rows))
    said += tokens.done(Done.STATEMENT_IN_PROCEDURE, counted | Status.MORE_TO_COME, len(rows))
    return said + tokens.return_status(0) + tokens.done(end)
