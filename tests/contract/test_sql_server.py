"""Logins of SQL Server, wherever it is, through the real driver: both strategies, every sort of login, and every no."""

import json
import logging
from typing import Any

import pytest

from activities import read_metadata, regenerate_key, swap_slot, verify_key, write_version
from azure_clients.sql_server import Client
from dev.faults.stage import DAY, Stage
from dev.simulators import Logins, SecretVersion
from dev.simulators.dialects import TransactSql
from dev.simulators.login_server import INSTANCE_TYPE, OWN_TYPE, SQL_TYPE
from rotation.credential import Credential
from rotation.request import RotationRequest
from tests.contract.steps import call

pytestmark = pytest.mark.contract
SUFFIX = ".database.windows.net"
HOST = f"sampledb{SUFFIX}"
WHO = Client("rotation", Credential("An-administrators-own.1"))


# --- rotations


def done(stage: Stage, module: Any, **payload: Any) -> dict[str, Any]:
    answer = call(stage.clock, module, **payload)
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
    return call(stage.clock, read_metadata, request=RotationRequest(stage.vault.host, "db", version.version).to_json())


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
        call(stage.clock, regenerate_key, plan=answer["value"], expected_version=version.version)
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
    answer = call(stage.clock, regenerate_key, plan=plan, expected_version=plan["version"])
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
    answer = call(stage.clock, verify_key, plan=plan, slot=plan["slot"])
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
