"""The simulated SQL server, judged by python-tds over a wire in memory."""

import functools
import ssl
from collections.abc import Callable
from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL
from pytds import tds_base
from pytds.connection import NonMarsConnection
from pytds.tds_socket import _TdsSocket
from pytds.tds_types import IntType, NVarCharMaxType, NVarCharType

from dev.simulators.tds_server import Answer, Asked, Encryption, NoRows, Route, TdsConversation
from dev.simulators.tds_tokens import ServerError
from dev.simulators.tds_wire import Kind, in_packets

pytestmark = pytest.mark.unit

HOST = "contoso.database.windows.net"
WRONG_PASSWORD = ServerError(18456, 1, 14, "Login failed for user 'dba'.")
NO_DATABASE = ServerError(4060, 1, 11, 'Cannot open database "orders" requested by the login.')
INVALID_NAME = ServerError(208, 1, 16, "Invalid object name 'nowhere'.")


@functools.cache
def authority() -> trustme.CA:
    return trustme.CA()


def server_side() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    authority().issue_cert(HOST).configure_cert(context)
    return context


def client_side(trusts: trustme.CA | None = None) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_verify(SSL.VERIFY_PEER)
    (trusts or authority()).configure_trust(context)
    return context


def login(**changes: Any) -> tds_base._TdsLogin:
    """What pytds.connect would fill in."""
    made = tds_base._TdsLogin()
    made.server_name = HOST
    made.user_name = "dba"
    made.password = "p'ä€ \"x"
    made.database = "orders"
    made.app_name = "rotation"
    made.enc_flag = tds_base.PreLoginEnc.ENCRYPT_ON
    made.tls_ctx = client_side()
    made.validate_host = False
    for name, value in changes.items():
        assert hasattr(made, name)
        setattr(made, name, value)
    return made


class Wire:
    """A socket to a conversation; one that would wait for ever times out."""

    def __init__(self, conversation: TdsConversation) -> None:
        self.conversation = conversation
        self.trickles = False
        self.packets: list[bytes] = []
        self._arrived = b""

    @property
    def sent(self) -> bytes:
        return b"".join(self.packets)

    def sendall(self, buf: bytes, flags: int = 0) -> None:
        self.packets.append(bytes(buf))
        for part in (bytes((byte,)) for byte in buf) if self.trickles else (bytes(buf),):
            self._arrived += self.conversation.receive(part)

    def recv(self, size: int, flags: int = 0) -> bytes:
        if not self._arrived and not self.conversation.is_closed:
            raise TimeoutError
        data, self._arrived = self._arrived[:size], self._arrived[size:]
        return data

    def recv_into(self, buf: bytearray | memoryview, size: int = 0, flags: int = 0) -> int:
        data = self.recv(size or len(buf))
        buf[: len(data)] = data
        return len(data)

    def gettimeout(self) -> float | None:
        return None

    def settimeout(self, timeout: float | None) -> None: ...

    def close(self) -> None: ...


class Server:
    """A server that answers from a list, and remembers what it was asked."""

    def __init__(self, *answers: Answer | None, encryption: Encryption = Encryption.ON) -> None:
        self.asked: list[Asked] = []
        self._answers = list(answers)
        self.wire = Wire(TdsConversation(server_side(), self._answer, encryption=encryption))

    def _answer(self, asked: Asked) -> Answer | None:
        self.asked.append(asked)
        return self._answers.pop(0)

    def socket(self, **changes: Any) -> _TdsSocket:
        return _TdsSocket(sock=self.wire, login=login(**changes), autocommit=True)

    def sign_in(self, **changes: Any) -> NonMarsConnection:
        tds = self.socket(**changes)
        assert tds.login() is None
        no_pool: Any = None
        return NonMarsConnection(pooling=False, key=no_pool, tds_socket=tds)


# --- signing in


def test_a_login_and_its_password_arrive_as_they_were_typed() -> None:
    server = Server([])
    tds = server.socket()
    assert tds.login() is None
    (asked,) = server.asked
    assert (asked.login, asked.password, asked.token) == ("dba", "p'ä€ \"x", "")
    assert (asked.server, asked.database, asked.statement) == (HOST, "orders", "")
    assert (tds.env.database, tds.tds_version) == ("orders", tds_base.TDS74)
    assert (tds.product_name, tds.product_version >> 24) == ("Microsoft SQL Server", 16)
    assert not server.wire.conversation.is_closed


def test_a_login_that_names_no_database_comes_into_master() -> None:
    tds = Server([]).socket(database="")
    tds.login()
    assert tds.env.database == "master"


def test_a_token_longer_than_a_packet_arrives_whole() -> None:
    token = "eyJ0." * 1200
    server = Server([])
    server.sign_in(user_name="", password="", access_token=token)
    assert [(one.login, one.password, one.token) for one in server.asked] == [("", "", token)]


def test_neither_password_nor_token_is_on_the_wire_or_in_a_printed_question() -> None:
    server = Server([], [])
    server.sign_in(password="plain-word").cursor().execute("ALTER LOGIN x WITH PASSWORD = 'other-word'")
    for word in ("plain-word", "other-word"):
        assert word.encode("utf-16-le") not in server.wire.sent
        assert tds_base.tds7_crypt_pass(word) not in server.wire.sent
        assert word not in repr(server.asked)


def test_a_wrong_password_is_told_and_the_server_hangs_up() -> None:
    server = Server([WRONG_PASSWORD])
    with pytest.raises(tds_base.OperationalError) as caught:
        server.sign_in()
    error = caught.value
    assert (error.number, error.state, error.severity, error.text) == (18456, 1, 14, WRONG_PASSWORD.message)
    assert server.wire.conversation.is_closed


def test_two_errors_are_told_in_their_order() -> None:
    server = Server([NO_DATABASE, WRONG_PASSWORD])
    tds = server.socket()
    with pytest.raises(tds_base.OperationalError) as caught:
        tds.login()
    assert caught.value.number == 18456
    assert [message["msgno"] for message in tds.main_session.messages] == [4060, 18456]


@pytest.mark.parametrize("how", [{}, {"access_token": "token"}])
def test_a_gateway_sends_the_client_elsewhere(how: dict[str, str]) -> None:
    server = Server(Route("worker7.database.windows.net", 11042))
    assert server.socket(**how).login() == {"server": "worker7.database.windows.net", "port": 11042}
    assert server.wire.conversation.is_closed


def test_a_client_without_encryption_is_hung_up_on() -> None:
    server = Server()
    with pytest.raises(tds_base.Error, match="required by server"):
        server.sign_in(enc_flag=tds_base.PreLoginEnc.ENCRYPT_NOT_SUP)
    assert server.wire.conversation.is_closed
    assert server.asked == []


def test_a_client_that_insists_on_encryption_tells_nothing_to_a_server_without() -> None:
    server = Server(encryption=Encryption.NOT_SUPPORTED)
    with pytest.raises(tds_base.Error, match="not supported by server"):
        server.sign_in()
    assert server.asked == []


def test_a_server_without_encryption_reads_the_password_of_a_client_that_does_not_insist() -> None:
    server = Server([], encryption=Encryption.NOT_SUPPORTED)
    server.sign_in(enc_flag=tds_base.PreLoginEnc.ENCRYPT_OFF)
    assert tds_base.tds7_crypt_pass("p'ä€ \"x") in server.wire.sent
    assert [one.password for one in server.asked] == ["p'ä€ \"x"]


def test_a_client_that_does_not_trust_the_certificate_tells_nothing() -> None:
    server = Server()
    with pytest.raises(SSL.Error, match="certificate verify failed"):
        server.sign_in(tls_ctx=client_side(trustme.CA()))
    assert server.asked == []


def test_a_client_that_speaks_only_tls_13_is_told_why_it_is_turned_away() -> None:
    only_13 = client_side()
    only_13.set_min_proto_version(SSL.TLS1_3_VERSION)
    server = Server()
    with pytest.raises(SSL.Error, match="alert protocol version"):
        server.sign_in(tls_ctx=only_13)
    assert server.wire.conversation.is_closed


def test_a_handshake_in_packets_of_another_kind_ends_the_conversation() -> None:
    server = Server([])
    server.sign_in()
    prelogin, hello, *_ = server.wire.packets
    conversation = Server().wire.conversation
    conversation.receive(prelogin)
    assert conversation.receive(bytes((Kind.BATCH,)) + hello[1:]) == b""
    assert conversation.is_closed


def test_a_server_that_could_speak_tls_13_is_not_made() -> None:
    with pytest.raises(ValueError, match="maximum_version"):
        TdsConversation(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), lambda _: [])


# --- statements


def test_a_batch_returns_its_rows() -> None:
    rows = [(1, "one", True), (-(2**31), "", False), (2**31 - 1, "ä€🔑'\"", None), (None, None, True)]
    server = Server([], rows)
    cursor = server.sign_in().cursor()
    cursor.execute("SELECT n, t, b FROM x")
    assert [tuple(row) for row in cursor.fetchall()] == rows
    assert server.asked[1].statement == "SELECT n, t, b FROM x"
    assert server.asked[1].login == "dba"


def test_a_number_that_needs_eight_bytes_gets_them() -> None:
    rows = [(2**31,), (-(2**63),), (None,)]
    cursor = Server([], rows).sign_in().cursor()
    cursor.execute("SELECT n FROM x")
    assert [tuple(row) for row in cursor.fetchall()] == rows


@pytest.mark.parametrize("length", [3999, 4000, 4001, 100_000])
def test_a_text_of_any_length_comes_back(length: int) -> None:
    rows = [("ä" * length, 1), (None, 2), ("", 3), ("short", None)]
    cursor = Server([], rows).sign_in().cursor()
    cursor.execute("SELECT t, n FROM x")
    assert [tuple(row) for row in cursor.fetchall()] == rows


def test_many_rows_take_several_packets() -> None:
    rows = [(number, f"row {number}") for number in range(2000)]
    cursor = Server([], rows).sign_in().cursor()
    cursor.execute("SELECT n, t FROM x")
    assert [tuple(row) for row in cursor.fetchall()] == rows


def test_a_statement_without_a_result_leaves_nothing_to_fetch() -> None:
    cursor = Server([], []).sign_in().cursor()
    cursor.execute("ALTER LOGIN x WITH PASSWORD = 'y'")
    assert cursor.description is None
    with pytest.raises(tds_base.ProgrammingError):
        cursor.fetchall()


as_batch_and_as_call = pytest.mark.parametrize(
    "asks", [("SELECT a, b FROM x",), ("SELECT a, b FROM x WHERE a = %s", (1,))], ids=["batch", "call"]
)


@as_batch_and_as_call
def test_a_query_that_finds_nothing_may_be_fetched_from(asks: tuple[Any, ...]) -> None:
    cursor = Server([], NoRows(2)).sign_in().cursor()
    cursor.execute(*asks)
    assert len(cursor.description or ()) == 2
    assert cursor.fetchall() == []


def test_parameters_arrive_with_their_statement() -> None:
    server = Server([], [(7,)])
    cursor = server.sign_in().cursor()
    long = "l'ö\"🔑" * 3000
    values = {"name": "O'Brien] ä€🔑", "long": long, "n": -5, "big": 2**40, "no": None, "yes": True, "empty": ""}
    cursor.execute("SELECT %(name)s, %(long)s, %(n)s, %(big)s, %(no)s, %(yes)s, %(empty)s WHERE a LIKE '100%%'", values)
    assert cursor.fetchall() == [[7]]
    asked = server.asked[1]
    assert asked.statement == "SELECT @P1, @P2, @P3, @P4, NULL, @P5, @P6 WHERE a LIKE '100%'"
    assert asked.values == {"P1": values["name"], "P2": long, "P3": -5, "P4": 2**40, "P5": 1, "P6": ""}


def call(server: Server, procedure: tds_base.InternalProc | str, *more: tds_base.Param) -> None:
    """What cursors of pytds do not ask for."""
    tds = server.sign_in()._tds_socket
    assert tds is not None
    session = tds.main_session
    texts = [session.make_param("", text) for text in ("SELECT @t, @l, @n", "@t nvarchar(1), @l nvarchar(max), @n int")]
    session.submit_rpc(procedure, [*texts, *more])
    session.begin_response()
    session.process_rpc()


@pytest.mark.parametrize("procedure", [tds_base.SP_EXECUTESQL, "sp_executesql", "SP_ExecuteSQL"])
def test_a_parameter_that_is_null_arrives_as_such(procedure: tds_base.InternalProc | str) -> None:
    server = Server([], [])
    types = {"@t": NVarCharType(1), "@l": NVarCharMaxType(), "@n": IntType()}
    call(server, procedure, *(tds_base.Param(name, of) for name, of in types.items()))
    assert server.asked[1].values == {"t": None, "l": None, "n": None}


def test_a_parameter_without_a_name_ends_the_conversation() -> None:
    server = Server([], [])
    with pytest.raises(tds_base.ClosedConnectionError):
        call(server, tds_base.SP_EXECUTESQL, tds_base.Param("", IntType(), 1))
    assert len(server.asked) == 1


@as_batch_and_as_call
def test_an_error_of_a_statement_leaves_the_session_usable(asks: tuple[Any, ...]) -> None:
    server = Server([], [INVALID_NAME], [(1,)])
    connection = server.sign_in()
    with pytest.raises(tds_base.ProgrammingError) as caught:
        connection.cursor().execute(*asks)
    assert (caught.value.number, caught.value.severity) == (208, 16)
    cursor = connection.cursor()
    cursor.execute("SELECT 1")
    assert cursor.fetchall() == [[1]]


def test_errors_of_one_statement_are_told_in_their_order() -> None:
    cursor = (
        Server([], [INVALID_NAME, ServerError(3621, 0, 0, "The statement has been terminated.")]).sign_in().cursor()
    )
    with pytest.raises(tds_base.ProgrammingError) as caught:
        cursor.execute("INSERT x SELECT * FROM nowhere")
    assert caught.value.number == 208


def test_statements_follow_each_other_whether_their_rows_were_read_or_not() -> None:
    server = Server([], [(1,), (2,)], [(3,)], [(4,)])
    connection = server.sign_in()
    for statement, parameters in (("SELECT 1", None), ("SELECT %s", (3,)), ("SELECT %s", (4,))):
        cursor = connection.cursor()
        cursor.execute(statement, parameters)
    assert cursor.fetchall() == [[4]]
    assert [one.statement for one in server.asked] == ["", "SELECT 1", "SELECT @P1", "SELECT @P1"]


def test_a_dropped_connection_says_nothing_more() -> None:
    server = Server([], None)
    cursor = server.sign_in().cursor()
    with pytest.raises(tds_base.ClosedConnectionError):
        cursor.execute("SELECT 1")
    assert server.wire.conversation.is_closed
    assert server.wire.conversation.receive(b"anything") == b""


def test_a_connection_dropped_at_sign_in_says_nothing_more() -> None:
    server = Server(None)
    with pytest.raises(tds_base.ClosedConnectionError):
        server.sign_in()
    assert server.wire.conversation.is_closed


def test_what_goes_wrong_in_an_answer_is_not_hidden() -> None:
    server = Server([])
    cursor = server.sign_in().cursor()
    with pytest.raises(IndexError):
        cursor.execute("SELECT 1")


def test_only_who_signs_in_is_sent_elsewhere() -> None:
    cursor = Server([], Route("elsewhere", 1)).sign_in().cursor()
    with pytest.raises(TypeError):
        cursor.execute("SELECT 1")


# --- what cannot be read


def test_bytes_that_trickle_in_are_read_alike() -> None:
    server = Server([], [(1,)])
    server.wire.trickles = True
    cursor = server.sign_in(access_token="eyJ0." * 1200).cursor()
    cursor.execute("SELECT %s", ("x" * 5000,))
    assert cursor.fetchall() == [[1]]


@functools.cache
def clear_packets() -> list[bytes]:
    """PRELOGIN, LOGIN7, a batch and a call, as one client sent them without encryption."""
    server = Server([], [], [], encryption=Encryption.NOT_SUPPORTED)
    cursor = server.sign_in(enc_flag=tds_base.PreLoginEnc.ENCRYPT_OFF, user_name="", access_token="token").cursor()
    cursor.execute("SELECT 1")
    cursor.execute("SELECT %s, %s", ("text", 1))
    assert [packet[0] for packet in server.wire.packets] == [Kind.PRELOGIN, Kind.LOGIN7, Kind.BATCH, Kind.RPC]
    return server.wire.packets


def after(count: int) -> TdsConversation:
    """A conversation that has heard so many of them."""
    conversation = TdsConversation(server_side(), lambda _: [], encryption=Encryption.NOT_SUPPORTED)
    for packet in clear_packets()[:count]:
        assert conversation.receive(packet)
    assert not conversation.is_closed
    return conversation


def begun_as_a_call() -> bytes:
    batch = clear_packets()[2]
    return b"\x03\x00\x00\x0c\x00\x00\x00\x00" + batch[8:12] + in_packets(Kind.BATCH, batch[12:])


def with_a_long_name() -> bytes:
    """LOGIN7 whose database has a name of 300 characters."""
    body = bytearray(clear_packets()[1][8:]) + bytes(600)
    body[:4] = len(body).to_bytes(4, "little")
    body[70:72] = (300).to_bytes(2, "little")
    return in_packets(Kind.LOGIN7, bytes(body))


def changed(packet: int, old: bytes, new: bytes) -> bytes:
    data = clear_packets()[packet]
    assert data.count(old) == 1
    return data.replace(old, new)


@pytest.mark.parametrize(
    ("heard", "make"),
    [
        (0, lambda: clear_packets()[1]),
        (0, lambda: in_packets(Kind.PRELOGIN, b"\xff")),
        (1, lambda: bytes((Kind.BATCH,)) + clear_packets()[1][1:]),
        (1, lambda: changed(1, bytes.fromhex("04000074"), bytes.fromhex("02000972"))),  # TDS 7.2
        (1, lambda: changed(1, b"\x02\x0f\x00\x00\x00\x03", b"\x02\x0f\x00\x00\x00\x02")),  # no echo
        (1, lambda: changed(1, b"\x02\x0f\x00\x00\x00\x03", b"\x02\x0f\x00\x00\x00\x05")),  # ADAL
        (1, with_a_long_name),
        (2, lambda: clear_packets()[0]),
        (2, lambda: clear_packets()[1]),
        (2, lambda: changed(3, b"\xff\xff\x0a\x00", b"\xff\xff\x0b\x00")),  # sp_prepare
        (2, lambda: changed(3, b"\x26\x04\x04", b"\x6d\x04\x04")),  # a float
        (2, lambda: in_packets(Kind.BATCH, bytes(4))),  # no headers
        (2, lambda: in_packets(Kind.BATCH, b"\x04\x00\x00\x00\x00\xd8")),  # half a character
        (2, lambda: b"\x07\x01\x00\x08\x00\x00\x00\x00"),  # a bulk load
        (2, begun_as_a_call),
        (2, lambda: b"\x01\x01\x00\x07\x00\x00\x00\x00"),  # shorter than its header
        (2, lambda: b"\x01\x01\x10\x01\x00\x00\x00\x00"),  # longer than was agreed
    ],
)
def test_what_a_sql_server_does_not_read_ends_the_conversation(heard: int, make: Callable[[], bytes]) -> None:
    conversation = after(heard)
    assert conversation.receive(make()) == b""
    assert conversation.is_closed


def test_a_token_is_acknowledged() -> None:
    assert b"\xae\x02\x00\x00\x00\x00\xff" in after(1).receive(clear_packets()[1])


def test_a_client_that_changes_its_mind_hears_that_it_was_heard() -> None:
    conversation = after(2)
    assert conversation.receive(b"\x06\x01\x00\x08\x00\x00\x00\x00")[8:11] == b"\xfd\x20\x00"
    assert not conversation.is_closed


def test_packets_are_numbered_and_the_last_one_says_so() -> None:
    packets = in_packets(Kind.REPLY, bytes(4088 * 300 + 1))
    heads = [packets[start : start + 8] for start in range(0, len(packets), 4096)]
    assert [head[6] for head in heads] == [number % 256 for number in range(1, 302)]
    assert [head[1] for head in heads] == [0] * 300 + [1]


garbage = st.binary(max_size=300)
bodies = st.builds(in_packets, st.sampled_from(Kind), st.binary(min_size=1, max_size=300))


@given(st.integers(0, 2), garbage | bodies)
def test_nothing_raises_whatever_arrives(heard: int, data: bytes) -> None:
    after(heard).receive(data)


@given(st.integers(0, 3), st.data())
def test_nothing_raises_whatever_is_damaged(index: int, data: st.DataObject) -> None:
    packet = bytearray(clear_packets()[index])
    for _ in range(data.draw(st.integers(1, 4))):
        packet[data.draw(st.integers(4, len(packet) - 1))] = data.draw(st.integers(0, 255))
    after(min(index, 2)).receive(bytes(packet))


@given(st.booleans(), garbage | bodies)
def test_nothing_raises_whatever_arrives_instead_of_tls(is_private: bool, data: bytes) -> None:
    server = Server([])
    if is_private:
        server.sign_in()
    else:
        server.wire.conversation.receive(clear_packets()[0])
    server.wire.conversation.receive(data)
