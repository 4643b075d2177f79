"""Logins of PostgreSQL, rotated on a real server: both strategies, every form of value, and what a crash leaves."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bootstrap
from activities import read_metadata, restore_version, swap_slot
from azure_clients.key_vault import KeyVault
from azure_clients.postgresql import identifier
from dev.judges.postgresql import ENTRA_ROLE, HOST, PostgresqlServer
from providers.administrator import Administrator
from providers.escrow import Escrow
from providers.postgresql import PostgreSql
from rotation.arm import ResourceId
from rotation.credential import Credential
from rotation.pending import pending_name
from tests.contract.judges.login_scene import ADMINISTRATOR, FORMS, OTHER_PASSWORD, PASSWORD, LoginScene, reachable
from tests.scene import DAY, Scene

pytestmark = pytest.mark.contract


@pytest.fixture
def logins_scene(scene: Scene, postgresql: PostgresqlServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoginScene]:
    with reachable(postgresql, monkeypatch):
        made = LoginScene(scene, postgresql)
        yield made
        made.drop_roles()


def login_of(value: str) -> tuple[str, str]:
    """Read a value as consumers do, by other means than the product's."""
    if value.startswith("{"):
        document = json.loads(value)
        return document["username"], document["password"]
    if "://" in value:
        url = urlsplit(value)
        return unquote(url.username or ""), unquote(url.password or "")
    fields = dict(part.split("=", 1) for part in re.split(r"[ ;]", value) if "=" in part)
    user = fields.get("user") or fields["Username"]
    return user, (fields.get("password") or fields["Password"]).strip('"')


def blanked(value: str) -> str:
    """Return all of a value but its login and its password."""
    login, password = login_of(value)
    for text in (f"={password}" if value.startswith("host") else f'="{password}"', quote(password, safe=""), password):
        value = value.replace(text, "=…" if text.startswith("=") else "…")
    return value.replace(login, "…")


def held(scene: LoginScene) -> tuple[str, str]:
    return login_of(scene.scene.vault.value("db"))


# --- two logins


@pytest.mark.parametrize("form", FORMS)
def test_two_logins_take_turns_and_nobody_is_refused(logins_scene: LoginScene, form: str) -> None:
    server = logins_scene.server
    before = logins_scene.seed(form=form, RetireAfter="P1D")
    plan = logins_scene.rotate(before)
    login, password = held(logins_scene)
    assert (plan["live_slot"], plan["slot"], login) == ("app_a", "app_b", "app_b")
    assert server.takes(login, password)
    assert server.takes("app_a", PASSWORD), "whoever holds the old one goes on"
    assert not server.takes("app_b", OTHER_PASSWORD)
    assert blanked(logins_scene.scene.vault.value("db")) == blanked(before.value.reveal())
    assert logins_scene.scene.vault.current("db").tags["CredentialId"] == "app_b"
    assert logins_scene.scene.vault.names() == ["administrator", "db"]

    assert logins_scene.done(swap_slot, plan=plan) == {"retired": True}
    assert not server.takes("app_a", PASSWORD)
    assert server.takes(login, password)


def test_the_next_period_takes_the_first_login_again(logins_scene: LoginScene) -> None:
    logins_scene.rotate(logins_scene.seed())
    first = held(logins_scene)
    logins_scene.scene.clock.advance(70 * DAY)
    plan = logins_scene.rotate(logins_scene.scene.vault.current("db"))
    assert plan["slot"] == "app_a"
    assert held(logins_scene)[0] == "app_a"
    assert logins_scene.server.takes(*held(logins_scene))
    assert logins_scene.server.takes(*first)


def test_whoever_may_still_hold_the_idle_login_is_waited_for(logins_scene: LoginScene) -> None:
    logins_scene.rotate(logins_scene.seed())
    logins_scene.scene.clock.advance(timedelta(hours=1))
    request = logins_scene.scene.request(logins_scene.scene.vault.current("db").version, name="db", force=True)
    plan = logins_scene.done(read_metadata, request=request.to_json())
    assert plan["slot"] == "app_a"
    assert plan["not_before"] is not None


def test_logins_with_one_password_are_still_two(logins_scene: LoginScene) -> None:
    logins_scene.make_role("app_b", PASSWORD)
    logins_scene.seed(json.dumps({"username": "app_b", "password": PASSWORD}))
    plan = logins_scene.rotate(logins_scene.seed())
    assert plan["slot"] == "app_b"
    assert logins_scene.server.takes("app_a", PASSWORD)
    assert logins_scene.server.takes(*held(logins_scene))


@pytest.mark.parametrize("at", ["put", "set", "put again"])
def test_a_crash_while_a_password_is_made_resumes_with_it(
    logins_scene: LoginScene, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    plan = logins_scene.planned(logins_scene.seed())
    pending = pending_name(plan["rotation_id"])
    vault, server = logins_scene.scene.vault, logins_scene.server
    with monkeypatch.context() as patch:
        crash(patch, at)
        with pytest.raises(Crash):
            logins_scene.regenerate(plan)
    made = vault.value(pending) if pending in vault.names() else None
    assert server.takes("app_a", PASSWORD)
    # The same instance goes on, or another one plans anew.
    for again in (plan, logins_scene.planned(vault.current("db"))):
        assert again["regenerate"]
        assert logins_scene.regenerate(again)["status"] == "done"
        assert made in (None, vault.value(pending))
        proof = logins_scene.verify(again)
        assert proof["value"]["verified"] == "data-plane"
    assert logins_scene.write(again, proof["value"])["status"] == "done"
    assert server.takes(*held(logins_scene))
    assert made in (None, held(logins_scene)[1])
    assert vault.names() == ["administrator", "db"]


class Crash(BaseException):
    """The worker dies."""


def crash(patch: pytest.MonkeyPatch, at: str) -> None:
    """Let the worker die right after one of the three effects of a regeneration, or of a single login's."""
    names = {
        "put": (Escrow, "put", 1),
        "put again": (Escrow, "put", 2),
        "single published": (KeyVault, "write", 2),
        "pair published": (KeyVault, "write", 3),
    }
    target, name, times = names.get(at, (PostgreSql, "set_password", 1))
    real, count = getattr(target, name), [0]

    def dying(*args: Any, **options: Any) -> None:
        real(*args, **options)
        count[0] += 1
        if count[0] == times:
            raise Crash

    patch.setattr(target, name, dying)


def test_a_password_that_was_killed_before_it_was_published_is_given_again(logins_scene: LoginScene) -> None:
    """An older rotation's retirement may come late: a restart heals what it did to a password that waits."""
    plan = logins_scene.planned(logins_scene.seed())
    logins_scene.regenerate(plan)
    logins_scene.server.run("ALTER ROLE app_b PASSWORD 'somebody else'")
    assert logins_scene.verify(plan)["status"] == "retry"
    logins_scene.rotate(logins_scene.scene.vault.current("db"))
    assert logins_scene.server.takes(*held(logins_scene))


def test_going_back_asks_whether_the_old_login_still_works(logins_scene: LoginScene) -> None:
    version = logins_scene.seed(RetireAfter="P1D")
    plan = logins_scene.rotate(version)
    restoration = {
        "rotation_id": plan["rotation_id"],
        "vault": plan["vault"],
        "secret": "db",
        "provider": plan["provider"],
        "version": logins_scene.scene.vault.current("db").version,
        "previous_version": version.version,
    }
    logins_scene.done(swap_slot, plan=plan)
    refused = logins_scene.call(restore_version, **restoration)
    assert (refused["status"], "its key is dead" in refused["reason"]) == ("stop", True)
    logins_scene.server.run(f"ALTER ROLE app_a PASSWORD '{PASSWORD}'")
    assert logins_scene.done(restore_version, **restoration)["slot"] == "app_a"
    assert held(logins_scene) == ("app_a", PASSWORD)


# --- a single login


@pytest.mark.parametrize("form", [*FORMS, "bare"])
def test_a_single_login_s_password_is_changed_and_published(logins_scene: LoginScene, form: str) -> None:
    value = PASSWORD if form == "bare" else None
    version = logins_scene.seed_single(value, **({} if form == "bare" else {"form": form}))
    plan = logins_scene.planned(version)
    assert logins_scene.regenerate(plan)["status"] == "done"
    assert logins_scene.server.takes("app_a", PASSWORD), "nothing is in force before it is published"
    proof = logins_scene.verify(plan)["value"]
    assert proof["verified"] == "control-plane"
    logins_scene.write(plan, proof)
    now = logins_scene.scene.vault.value("db")
    assert logins_scene.server.takes(*(("app_a", now) if form == "bare" else login_of(now)))
    assert not logins_scene.server.takes("app_a", PASSWORD)
    assert logins_scene.scene.vault.current("db").tags["CredentialId"] == "app_a"
    assert logins_scene.scene.vault.names() == ["administrator", "db"]


@pytest.mark.parametrize("at", ["put", "set"])
def test_a_crash_in_the_window_is_mended_by_doing_it_again(
    logins_scene: LoginScene, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    version = logins_scene.seed_single()
    plan = logins_scene.planned(version)
    with monkeypatch.context() as patch:
        crash(patch, at)
        with pytest.raises(Crash):
            logins_scene.rotate(version)
    waiting = logins_scene.scene.vault.value(pending_name(plan["rotation_id"]))
    assert logins_scene.server.takes("app_a", waiting if at == "set" else PASSWORD)
    again = logins_scene.planned(logins_scene.scene.vault.current("db"))
    logins_scene.regenerate(again)
    logins_scene.write(again, logins_scene.verify(again)["value"])
    assert held(logins_scene) == ("app_a", waiting)
    assert logins_scene.server.takes("app_a", waiting)


@pytest.mark.parametrize("kind", ["single", "pair"])
def test_a_crash_right_after_publishing_changes_nothing_any_more(
    logins_scene: LoginScene, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    version = logins_scene.seed_single() if kind == "single" else logins_scene.seed()
    with monkeypatch.context() as patch:
        crash(patch, f"{kind} published")
        with pytest.raises(Crash):
            logins_scene.rotate(version)
    published = held(logins_scene)
    assert logins_scene.server.takes(*published)
    answer = logins_scene.read(version)
    assert (answer["status"], answer["outcome"]) == ("stop", "superseded")
    assert held(logins_scene) == published
    assert logins_scene.server.takes(*published)


def test_a_single_login_is_left_alone_while_the_app_may_not_change_it(logins_scene: LoginScene) -> None:
    logins_scene.server.run(f"ALTER ROLE {ADMINISTRATOR} NOCREATEROLE")
    logins_scene.server.run("ALTER ROLE app_a CONNECTION LIMIT 5")
    plan = logins_scene.planned(logins_scene.seed_single())
    logins_scene.regenerate(plan)
    proof = {"fingerprint": logins_scene.verify(plan)["value"]["fingerprint"]}
    answer = logins_scene.write(plan, proof)
    assert (answer["status"], "42501" in answer["reason"]) == ("stop", True)
    assert logins_scene.server.takes(*held(logins_scene))


# --- who signs in, and what is refused


def test_the_app_signs_in_with_its_own_token(logins_scene: LoginScene, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens: list[str] = []
    issue = logins_scene.scene.azure.tokens.issue

    def issued(audience: str, *arguments: Any, **options: Any) -> Any:
        token, expiry = issue(audience, *arguments, **options)
        if "ossrdbms-aad" in audience:
            tokens.append(token)
            logins_scene.server.run(f"ALTER ROLE {identifier(ENTRA_ROLE)} PASSWORD '{token}'")
        return token, expiry

    logins_scene.make_role(ENTRA_ROLE, "no token")
    logins_scene.server.run(f"ALTER ROLE {identifier(ENTRA_ROLE)} CREATEROLE")
    monkeypatch.setattr(logins_scene.scene.azure.tokens, "issue", issued)
    logins_scene.rotate(logins_scene.seed(AdministratorLogin=ENTRA_ROLE, AdministratorSecret=""))
    assert len(tokens) == 1
    assert logins_scene.server.takes(*held(logins_scene))


def test_no_statement_and_no_message_has_a_password(logins_scene: LoginScene, caplog: pytest.LogCaptureFixture) -> None:
    version = logins_scene.seed(RetireAfter="P1D")
    plan = logins_scene.rotate(version)
    logins_scene.done(swap_slot, plan=plan)
    log = logins_scene.server.log
    assert 'ALTER ROLE "app_b" PASSWORD \'SCRAM-SHA-256$4096:' in log
    for secret in (held(logins_scene)[1], logins_scene.scene.vault.value("administrator") + "-"):
        assert secret not in log
        assert secret not in caplog.text + json.dumps(plan)


REFUSED = [
    ({"Login": "nobody"}, "the value's login is none that the tags name"),
    ({"OtherLogin": "nobody"}, "has no login of the name 'nobody'"),
    ({"OtherLogin": "postgres"}, "'postgres' has rights over contoso itself: rotate it by hand"),
    ({"AdministratorSecret": "wrong"}, "postgresql contoso: 28P01"),
    ({"AdministratorSecret": "absent"}, "get secret: 404"),
    ({"AdministratorLogin": "absent"}, "postgresql contoso: 28P01"),
]


@pytest.mark.parametrize(("tags", "reason"), REFUSED)
def test_what_cannot_go_well_is_refused_before_anything_is_touched(
    logins_scene: LoginScene, tags: dict[str, str], reason: str
) -> None:
    logins_scene.scene.vault.set_secret("wrong", "not the password")
    version = logins_scene.seed(**tags)
    answer = logins_scene.read(version)
    if answer["status"] == "done":
        answer = logins_scene.regenerate(answer["value"])
    assert answer["status"] == "stop"
    assert reason in answer["reason"]
    assert logins_scene.server.takes("app_a", PASSWORD)
    assert logins_scene.server.takes("app_b", OTHER_PASSWORD)
    assert logins_scene.scene.vault.value("db") == version.value.reveal()


def test_a_value_for_another_server_is_refused(logins_scene: LoginScene) -> None:
    other = FORMS["url"].replace(HOST, "fabrikam.postgres.database.azure.com")
    answer = logins_scene.read(logins_scene.seed(other.replace("{login}", "app_a").replace("{password}", "x")))
    assert "is for another server than ProviderAddress names" in answer["reason"]


def test_a_server_without_passwords_is_refused(logins_scene: LoginScene) -> None:
    logins_scene.azure_server.password_auth = "Disabled"
    assert "password authentication disabled" in logins_scene.read(logins_scene.seed())["reason"]
    logins_scene.azure_server.password_auth = "Enabled"
    logins_scene.azure_server.replication_role = "AsyncReplica"
    assert "the role of a read replica" in logins_scene.read(logins_scene.seed())["reason"]


def test_a_locked_login_is_told_before_it_is_published(logins_scene: LoginScene) -> None:
    logins_scene.server.run("ALTER ROLE app_b NOLOGIN")
    answer = logins_scene.regenerate(logins_scene.planned(logins_scene.seed()))
    assert "'app_b' may not sign in to contoso" in answer["reason"]


# --- a server that is unwell


def test_a_certificate_of_somebody_else_is_no_server(logins_scene: LoginScene, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = logins_scene.planned(logins_scene.seed())
    monkeypatch.setenv("SSL_CERT_FILE", logins_scene.scene.azure.environment["SSL_CERT_FILE"])
    answer = logins_scene.regenerate(plan)
    assert (answer["status"], answer["reason"]) == (
        "retry", "postgresql contoso: the server's certificate is not trusted",
    )  # fmt: skip


def test_a_full_server_is_waited_for(logins_scene: LoginScene) -> None:
    plan = logins_scene.planned(logins_scene.seed())
    logins_scene.regenerate(plan)
    logins_scene.server.run("ALTER ROLE app_b CONNECTION LIMIT 0")
    answer = logins_scene.verify(plan)
    assert (answer["status"], answer["reason"], answer["throttled"]) == ("retry", "sign in: 53300", True)
    logins_scene.server.run("ALTER ROLE app_b CONNECTION LIMIT -1")
    assert logins_scene.verify(plan)["value"]["verified"] == "data-plane"


def test_a_login_without_a_database_of_that_name_has_signed_in(logins_scene: LoginScene) -> None:
    plan = logins_scene.planned(logins_scene.seed(Database="absent"))
    logins_scene.regenerate(plan)
    assert logins_scene.verify(plan)["value"]["verified"] == "data-plane"


def test_nobody_there_says_nothing_about_a_password(logins_scene: LoginScene, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = logins_scene.planned(logins_scene.seed())
    logins_scene.regenerate(plan)
    with monkeypatch.context() as patch:
        patch.setattr(logins_scene.server, "_port", 1)
        answer = logins_scene.verify(plan)
        assert (answer["status"], answer["reason"]) == ("retry", "sign in: no connection")
        assert answer["fallback"]["verified"] == "control-plane"
        again = logins_scene.planned(logins_scene.scene.vault.current("db"))
        assert logins_scene.regenerate(again)["reason"] == "postgresql contoso: no connection"


# --- names


_NAMES = (
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=15)
    .map(str.strip)
    .filter(lambda name: name and not name.startswith("pg_"))
)
INJECTIONS = [
    'app"; DROP ROLE app_a; --', "app' OR ''='", 'a"" PASSWORD NULL; --', "a\\'; SELECT 1", ":login", "$1", "%s", "é ;",
    "none", "public", "current_user", "SELECT", "a" * 63,
]  # fmt: skip


@pytest.mark.parametrize("name", INJECTIONS)
def test_whatever_a_name_is_it_is_one_name(logins_scene: LoginScene, name: str) -> None:
    if name in ("none", "public"):
        name += "!"  # PostgreSQL keeps these two words to itself
    logins_scene.second = name
    logins_scene.make_role(name, OTHER_PASSWORD)
    bystanders = logins_scene.server.run("SELECT count(*) FROM pg_roles")
    logins_scene.rotate(logins_scene.seed(OtherLogin=name))
    assert held(logins_scene)[0] == name
    assert logins_scene.server.takes(*held(logins_scene))
    assert logins_scene.server.takes("app_a", PASSWORD)
    assert logins_scene.server.run("SELECT count(*) FROM pg_roles") == bystanders


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=_NAMES)
def test_any_unicode_name_is_quoted_as_the_server_would(logins_scene: LoginScene, name: str) -> None:
    theirs = logins_scene.server.run("SELECT quote_ident(:name)", name=name)[0][0]
    assert identifier(name) == (theirs if theirs.startswith('"') else f'"{theirs}"')
    provider = postgresql_of(logins_scene)
    if len(name.encode()) > 63:
        return
    logins_scene.make_role(name, OTHER_PASSWORD)
    before = logins_scene.server.run("SELECT rolpassword FROM pg_authid WHERE rolname = :name", name=name)[0][0]
    try:
        provider.set_password(name, Credential("Another-one.1"), lambda: None)
        # Signing in is no proof here: the driver knows fewer characters than the server does.
        kept = "SELECT rolpassword LIKE 'SCRAM-SHA-256%', rolpassword = :old FROM pg_authid WHERE rolname = :name"
        assert logins_scene.server.run(kept, name=name, old=before) == [[True, False]]
        assert logins_scene.server.takes("app_a", PASSWORD)
    finally:
        logins_scene.server.run(f"DROP ROLE {identifier(name)}")


def postgresql_of(scene: LoginScene) -> Any:
    server = ResourceId.parse(scene.azure_server.resource_id)
    assert server is not None
    return PostgreSql(
        server, bootstrap.settings().cloud, lambda: Administrator(ADMINISTRATOR, Credential("admin")), None
    )


@pytest.mark.parametrize("tag", ["Login", "OtherLogin", "AdministratorLogin", "AdministratorSecret", "Database"])
@pytest.mark.parametrize("text", ["x'; DROP ROLE app_a; --", '"; ALTER ROLE app_a SUPERUSER; --', "a" * 70])
def test_no_tag_is_a_way_into_a_statement(logins_scene: LoginScene, tag: str, text: str) -> None:
    answer = logins_scene.read(logins_scene.seed(**{tag: text}))
    if answer["status"] == "done":
        logins_scene.regenerate(answer["value"])
    assert logins_scene.server.takes("app_a", PASSWORD)
    assert logins_scene.server.run("SELECT rolsuper FROM pg_roles WHERE rolname = 'app_a'") == [[False]]
