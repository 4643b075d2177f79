"""Sessions with SQL Server, through the real driver and its TLS: who is told what, and what each no comes to."""

import socket
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bootstrap
from activities import regenerate_key, verify_key
from azure_clients import sql_server
from azure_clients.sql_answers import NoDatabaseError, PolicyError
from azure_clients.sql_server import Client, identifier, literal, session
from dev.faults.stage import Stage
from dev.simulators.dialects import TransactSql
from dev.simulators.login_server import SQL_TYPE
from dev.simulators.sql_driver import MemorySocket
from dev.simulators.tds_server import Answer, Asked, Encryption, NoRows, Route, TdsConversation
from dev.simulators.tds_tokens import ServerError
from providers.administrator import Administrator
from providers.protocol import Verdict
from providers.sql_server import OwnServer, SqlServer, try_login
from rotation.credential import Credential
from rotation.failures import DeniedError, RefusedError, RotationError, TransientError, UnreachableError
from tests.contract.test_sql_server import done, read, write

pytestmark = pytest.mark.contract
SUFFIX = ".database.windows.net"
HOST = f"sampledb{SUFFIX}"
WHO = Client("rotation", Credential("An-administrators-own.1"))


@pytest.fixture
def answering(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Asked]]:
    """Return what lets a server answer, at any host, and returns what it is asked."""

    def let(*answers: Answer | None, encryption: Encryption = Encryption.ON, named: str = "") -> list[Asked]:
        asked: list[Asked] = []

        def answer(question: Asked) -> Answer | None:
            asked.append(question)
            return answers[len(asked) - 1]

        def connect(host: str, port: int) -> MemorySocket:
            context = stage.azure.certificate_of(named or host)
            context.maximum_version = context.minimum_version
            if named:
                context.sni_callback = None
            return MemorySocket(TdsConversation(context, answer, encryption=encryption))

        monkeypatch.setattr(sql_server, "connect", connect)
        return asked

    return let


def run(*, who: Client = WHO, routes_to: str | None = SUFFIX) -> list[tuple[Any, ...]]:
    with session("look", HOST, who, "shop", routes_to) as connected:
        return connected.query("SELECT %s, %s", "it's", "日本")


def test_a_question_has_its_values_beside_it(answering: Callable[..., list[Asked]]) -> None:
    asked = answering([], [(1, "x", None, True)])
    assert run() == [(1, "x", None, True)]
    assert [(one.login, one.password, one.database, one.server) for one in asked] == [
        ("rotation", WHO.credential.reveal(), "shop", HOST)
    ] * 2
    assert asked[1].statement == "SELECT @P1, @P2"
    assert list(asked[1].values.values()) == ["it's", "日本"]


def test_a_token_takes_the_place_of_login_and_password(answering: Callable[..., list[Asked]]) -> None:
    asked = answering([], NoRows(2))
    assert run(who=Client("app", Credential("eyJ0.token"), is_token=True)) == []
    assert (asked[0].token, asked[0].login, asked[0].password) == ("eyJ0.token", "", "")


def test_without_an_administrator_s_secret_the_app_is_its_own(
    answering: Callable[..., list[Asked]], stage: Stage
) -> None:
    logins = stage.logins("app_a", kind=SQL_TYPE)
    version = write(stage, logins, logins.connection_string("app_a"), AdministratorSecret="")
    plan = read(stage, version)["value"]
    done(stage, regenerate_key, plan=plan, expected_version=plan["version"])
    asked = answering([], [(False, 0)])
    done(stage, verify_key, plan=plan, slot=plan["slot"])
    assert bool(asked[0].token)
    assert (asked[0].login, asked[0].database) == ("", "master")


def test_a_gateway_is_followed_once_and_only_to_azure_sql(answering: Callable[..., list[Asked]]) -> None:
    route = Route(f"c1.tr1.westeurope1-a.worker{SUFFIX}", 11_004)
    asked = answering(route, [], [(1,)])
    assert run() == [(1,)]
    assert [one.server for one in asked] == [HOST, route.host, route.host]
    for answers, routes_to, told in (
        ((route,), None, "to a host that it must not"),
        ((Route("evil.example", 1433),), SUFFIX, "to a host that it must not"),
        ((Route(f"evil{SUFFIX}.evil.example", 1433),), SUFFIX, "to a host that it must not"),
        ((route, route), SUFFIX, "from host to host"),
    ):
        answering(*answers)
        with pytest.raises(UnreachableError, match=told):
            run(routes_to=routes_to)


def test_nobody_without_the_server_s_certificate_is_told_anything(answering: Callable[..., list[Asked]]) -> None:
    asked = answering([], named=f"other{SUFFIX}")
    with pytest.raises(UnreachableError, match="no TLS with a certificate that is trusted and names the server"):
        run()
    asked += answering([], encryption=Encryption.NOT_SUPPORTED)
    with pytest.raises(UnreachableError):
        run()
    assert asked == []


def test_an_issuer_that_is_not_trusted_is_nobody(
    answering: Callable[..., list[Asked]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering([])
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(UnreachableError, match="no TLS"):
        run()
    assert asked == []


def error(number: int) -> ServerError:
    return ServerError(number, 1, 14, "Login failed for user 'Pa55word'.")


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        ([18456], DeniedError),
        ([18487], DeniedError),
        ([4060, 18456], NoDatabaseError),
        ([40615], UnreachableError),
        ([40613], TransientError),
        ([10928], TransientError),
        ([50000], RefusedError),
    ],
)
def test_each_refusal_at_the_door_is_told_by_its_number(
    answering: Callable[..., list[Asked]], numbers: list[int], kind: type[RotationError]
) -> None:
    answering([error(number) for number in numbers])
    with pytest.raises(RotationError) as caught:
        run()
    assert type(caught.value) is kind
    assert caught.value.reason == f"look: error {numbers[0]}"
    assert getattr(caught.value, "throttled", False) is (numbers == [10928])


@pytest.mark.parametrize(
    ("number", "kind"),
    [(15151, DeniedError), (15247, DeniedError), (1205, TransientError), (15118, PolicyError), (102, RefusedError)],
)
def test_each_refused_statement_is_told_by_its_number(
    answering: Callable[..., list[Asked]], number: int, kind: type[RotationError]
) -> None:
    answering([], [error(number)])
    with (
        pytest.raises(kind, match=f"^change: error {number}$"),
        session("change", HOST, WHO, "shop", None) as connected,
    ):
        connected.run_secretly("ALTER LOGIN [a] WITH PASSWORD = N'Pa55word'")


@pytest.mark.parametrize(("answers", "kind"), [((None,), UnreachableError), (([], None), TransientError)])
def test_a_connection_that_breaks_is_told_by_when(
    answering: Callable[..., list[Asked]], answers: tuple[Answer | None, ...], kind: type[RotationError]
) -> None:
    answering(*answers)
    with pytest.raises(RotationError) as caught:
        run()
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    "who", [Client("a😀", WHO.credential), Client("a", Credential("😀")), Client("a" * 129, WHO.credential)]
)
def test_what_the_driver_cannot_say_is_not_said(answering: Callable[..., list[Asked]], who: Client) -> None:
    asked = answering([])
    with pytest.raises(UnreachableError, match="the driver cannot sign in with this name or password"):
        run(who=who)
    assert asked == []


def test_an_answer_that_is_damaged_is_no_bug(
    answering: Callable[..., list[Asked]], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = MemorySocket.sendall

    def damage(self: MemorySocket, data: bytes, flags: int = 0) -> None:
        heard(self, data, flags)
        self._arrived = bytearray(byte ^ 0x55 for byte in self._arrived)

    answering([], [(1,)])
    monkeypatch.setattr(MemorySocket, "sendall", damage)
    with pytest.raises(TransientError):
        run()


def test_nobody_there_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", refuse)
    assert try_login(SUFFIX, HOST, "a", Credential("x")).verdict is Verdict.UNREACHABLE


def test_a_policy_that_forbids_a_second_use_does_not_stop_a_repeat(answering: Callable[..., list[Asked]]) -> None:
    """Looking, and changing, and then trying what was refused: it is in force."""
    asked = answering([], [(False, 0)], NoRows(1), [error(15115)], [])
    own_server().set_password("a", Credential("Again.1"), lambda: None)
    assert (asked[-1].login, asked[-1].password) == ("a", "Again.1")
    answering([], [(False, 0)], NoRows(1), [error(15115)], [error(18456)])
    with pytest.raises(PolicyError):
        own_server().set_password("a", Credential("Weak"), lambda: None)


def own_server() -> SqlServer:
    known = bootstrap.settings()
    administrator = Administrator("rotation", WHO.credential)
    own = OwnServer("db1.contoso.com", known.sql_servers)
    return SqlServer(own, known.cloud, lambda: administrator, None, has_permissions=True)


@given(st.text(min_size=1, max_size=40), st.text(max_size=40))
@settings(max_examples=200)
def test_names_and_texts_are_read_back_from_a_statement(name: str, text: str) -> None:
    change = TransactSql().change(f"ALTER LOGIN {identifier(name)} WITH PASSWORD = {literal(text)}")
    assert change is not None
    assert (change.login, change.told) == (name, text)
