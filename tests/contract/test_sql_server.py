"""Logins of SQL Server, wherever it is, through the real driver: both strategies, every sort of login, and every no."""

import json
import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bootstrap
from activities import read_metadata, regenerate_key, swap_slot, verify_key, write_version
from azure_clients import sql_server
from azure_clients.sql_answers import NoDatabaseError, PolicyError
from azure_clients.sql_server import Client, identifier, literal, session
from dev.faults.arena import Arena
from dev.faults.stage import DAY, Stage
from dev.simulators import Logins, SecretVersion
from dev.simulators.dialects import TransactSql
from dev.simulators.login_server import INSTANCE_TYPE, OWN_TYPE, SQL_TYPE
from dev.simulators.sql_driver import MemorySocket
from dev.simulators.tds_server import Answer, Asked, Encryption, NoRows, Route, TdsConversation
from dev.simulators.tds_tokens import ServerError
from providers.administrator import Administrator
from providers.protocol import Verdict
from providers.sql_server import OwnServer, SqlServer, try_login
from rotation.credential import Credential
from rotation.failures import DeniedError, RefusedError, RotationError, TransientError, UnreachableError
from rotation.request import RotationRequest

pytestmark = pytest.mark.contract
SUFFIX = ".database.windows.net"
HOST = f"sampledb{SUFFIX}"
WHO = Client("rotation", Credential("An-administrators-own.1"))


@pytest.fixture(scope="module")
def arena() -> Iterator[Arena]:
    with Arena() as arena:
        yield arena


@pytest.fixture
def stage(arena: Arena) -> Stage:
    arena.clear(cold=False)
    return Stage(arena)


# --- rotations


def call(stage: Stage, module: Any, **payload: Any) -> dict[str, Any]:
    name = module.__name__.rpartition(".")[2]
    now = stage.clock.now().isoformat()
    result: dict[str, Any] = getattr(module, name)._function._func(payload | {"now": now})
    return json.loads(json.dumps(result))  # type: ignore[no-any-return]


def done(stage: Stage, module: Any, **payload: Any) -> dict[str, Any]:
    answer = call(stage, module, **payload)
    assert answer["status"] == "done", answer
    value: dict[str, Any] = answer["value"]
    return value


def seed(stage: Stage, logins: Logins, **tags: str) -> SecretVersion:
    known = logins.tags() | tags
    return stage.secret(logins, logins.keys.slots[0], name="db", connection_string=True, **known).seeded  # type: ignore[arg-type]


def write(stage: Stage, logins: Logins, value: str, **tags: str) -> SecretVersion:
    """Seed a value that the consumers of simulated Azure cannot read."""
    known = {"ProviderAddress": logins.resource_id} | logins.tags() | tags
    return stage.vault.set_secret(
        "db", value, tags={tag: text for tag, text in known.items() if text}, expires_on=stage.clock.now() + 20 * DAY
    )


def read(stage: Stage, version: SecretVersion) -> dict[str, Any]:
    return call(stage, read_metadata, request=RotationRequest(stage.vault.host, "db", version.version).to_json())


def rotate(stage: Stage, version: SecretVersion) -> tuple[dict[str, Any], str]:
    """Take all steps but the last; return the plan, and how the password was verified."""
    answer = read(stage, version)
    assert answer["status"] == "done", answer
    plan = answer["value"]
    done(stage, regenerate_key, plan=plan, expected_version=plan["version"])
    proof = done(stage, verify_key, plan=plan, slot=plan["slot"])
    payload = {"fingerprint": proof["fingerprint"], "expected_version": plan["version"], "interim": False}
    done(stage, write_version, plan=plan, slot=plan["slot"], **payload)
    return plan, proof["verified"]


SORTS = [(SQL_TYPE, ""), (SQL_TYPE, "shop"), (INSTANCE_TYPE, ""), (OWN_TYPE, ""), (OWN_TYPE, "shop")]


@pytest.mark.parametrize(("kind", "database"), SORTS)
def test_two_logins_take_turns_and_nobody_is_refused(stage: Stage, kind: str, database: str) -> None:
    logins = stage.logins("app_a", "app_b", kind=kind, contained_in=database)
    before = seed(stage, logins, RetireAfter="P1D")
    other = logins.key("app_b")
    plan, verified = rotate(stage, before)
    after = json.loads(stage.vault.value("db"))
    assert (after["username"], after["password"], verified) == ("app_b", logins.key("app_b"), "data-plane")
    assert logins.key("app_b") != other
    assert logins.takes(before.value.reveal()), "whoever holds the old one goes on"
    assert stage.vault.names() == ["administrator", "db"]
    assert done(stage, swap_slot, plan=plan) == {"retired": True}
    assert not logins.takes(before.value.reveal())
    assert stage.works("db")


@pytest.mark.parametrize(("kind", "database"), SORTS)
def test_a_single_login_is_changed_as_it_is_published(stage: Stage, kind: str, database: str) -> None:
    logins = stage.logins("app_a", kind=kind, contained_in=database)
    before = seed(stage, logins)
    _, verified = rotate(stage, before)
    assert verified == "control-plane"
    assert stage.works("db")
    assert not logins.takes(before.value.reveal())


def test_the_form_that_applications_of_sql_server_have_is_kept(stage: Stage) -> None:
    logins = stage.logins("app_a", kind=SQL_TYPE)
    value = f"Server=tcp:{HOST},1433;Database=shop;User ID=app_a;Password={{}};Encrypt=True"
    rotate(stage, write(stage, logins, value.format(logins.key("app_a"))))
    new = logins.key("app_a")
    assert stage.vault.value("db") in (value.format(new), value.format(f'"{new}"'))


@pytest.mark.parametrize(
    "names", [("o'brien", "x]; DROP LOGIN y; --"), ("[a]", "b]]c"), ("mit Leerzeichen", "日本"), ("%s %d", "{0}")]
)
def test_names_are_names_whatever_is_in_them(stage: Stage, names: tuple[str, str]) -> None:
    logins = stage.logins(*names, kind=SQL_TYPE)
    rotate(stage, seed(stage, logins))
    assert json.loads(stage.vault.value("db"))["username"] == names[1]
    assert stage.works("db")


@pytest.mark.parametrize("tag", ["Login", "OtherLogin", "AdministratorLogin", "AdministratorSecret", "Database"])
@pytest.mark.parametrize("text", ["x'; DROP LOGIN app_a; --", "x]; ALTER ROLE loginmanager ADD MEMBER app_a; --"])
def test_no_tag_is_a_way_into_a_statement(stage: Stage, tag: str, text: str) -> None:
    logins = stage.logins("app_a", "app_b", kind=SQL_TYPE)
    version = seed(stage, logins, **{tag: text})
    answer = read(stage, version)
    if answer["status"] == "done":
        call(stage, regenerate_key, plan=answer["value"], expected_version=version.version)
    assert logins.takes(version.value.reveal())


def test_only_servers_that_the_settings_name_are_spoken_to(stage: Stage) -> None:
    logins = stage.logins("app_a", kind=OWN_TYPE)
    version = seed(stage, logins, ProviderAddress="sqlserver:db1.contoso.com.evil.example")
    answer = read(stage, version)
    assert (answer["status"], answer["outcome"]) == ("stop", "refused")
    assert (
        answer["reason"] == "SQL_SERVERS does not name db1.contoso.com.evil.example: add it, or correct ProviderAddress"
    )
    assert "sql.signIn" not in stage.azure.calls_by_operation()


@pytest.mark.parametrize("host", ["db2.contoso.com", "tcp:DB2.contoso.com,14330", "db2.contoso.com\\one"])
def test_a_value_for_another_server_is_refused(stage: Stage, host: str) -> None:
    logins = stage.logins("app_a", kind=OWN_TYPE)
    version = write(stage, logins, json.dumps({"username": "app_a", "password": "x", "server": host}))
    assert "the value is for another server than ProviderAddress names" in read(stage, version)["reason"]


def test_the_server_s_own_administrator_is_left_to_azure(stage: Stage) -> None:
    logins = stage.logins("app_a", "app_b", kind=SQL_TYPE)
    logins.server.administrator = "App_B"
    plan = read(stage, seed(stage, logins))["value"]
    answer = call(stage, regenerate_key, plan=plan, expected_version=plan["version"])
    assert answer["outcome"] == "refused"
    assert "is the administrator that sampledb.database.windows.net was made with" in answer["reason"]


class _Mighty(TransactSql):
    """A server whose logins are more than they should be."""

    def __init__(self, rows: list[list[object]], permissions: list[list[object]]) -> None:
        self.rows, self.permissions = rows, permissions

    def look(self, statement: str, *, is_contained: bool) -> list[list[object]]:
        return self.permissions if "sys.server_permissions" in statement else self.rows


@pytest.mark.parametrize(
    ("kind", "rows", "permissions", "told"),
    [
        (SQL_TYPE, [[False, 1]], [], "'app_a' has rights over sampledb.database.windows.net itself"),
        (INSTANCE_TYPE, [[False, 0]], [["CONTROL SERVER"]], "'app_a' has rights over"),
        (OWN_TYPE, [[False, 0]], [["ALTER ANY LOGIN"]], "'app_a' has rights over db1.contoso.com:1433 itself"),
        (SQL_TYPE, [[True, 0]], [], "'app_a' may not sign in to"),
        (SQL_TYPE, [], [], "has no login of the name 'app_a'"),
    ],
)
def test_a_login_that_is_mighty_or_not_there_is_refused_before_anything_changes(
    stage: Stage, kind: str, rows: list[list[object]], permissions: list[list[object]], told: str
) -> None:
    logins = stage.logins("app_a", kind=kind)
    logins.dialect = _Mighty(rows, permissions)
    version = seed(stage, logins)
    plan = read(stage, version)["value"]
    done(stage, regenerate_key, plan=plan, expected_version=plan["version"])
    answer = call(stage, verify_key, plan=plan, slot=plan["slot"])
    assert (answer["status"], answer["outcome"]) == ("stop", "refused")
    assert told in answer["reason"]
    assert logins.takes(version.value.reveal())


def test_azure_sql_is_not_asked_for_permissions_that_it_does_not_know(stage: Stage) -> None:
    rotate(stage, seed(stage, stage.logins("app_a", kind=SQL_TYPE)))
    assert stage.azure.calls_by_operation()["sql.readLogin"] == 2


def test_no_log_of_the_driver_has_a_password(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """It logs where each statement begins, at INFO."""
    caplog.set_level(logging.DEBUG)
    logins = stage.logins("a", "b", kind=SQL_TYPE)
    plan, _ = rotate(stage, seed(stage, logins, RetireAfter="P1D"))
    done(stage, swap_slot, plan=plan)
    told = "\n".join(record.getMessage() for record in caplog.records)
    assert "Sending query" in told
    for password in (logins.key("a"), logins.key("b"), WHO.credential.reveal()):
        assert password not in told


# --- sessions, with a server that answers as it is told


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
