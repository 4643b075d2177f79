"""What tags say of logins, what is wrong with them, and what of it two secrets must not share."""

import base64
import hashlib
import hmac
from dataclasses import replace

import pytest

from providers.registry import KINDS
from rotation.address import LoginsAddress, claims, is_exclusive, lock_address, parse_address
from rotation.credential import Credential
from rotation.logins import is_administrator
from rotation.policy import Defaults, Policy
from rotation.policy_tags import parse_policy
from rotation.scram import scram_verifier
from rotation.tags import Tags

pytestmark = pytest.mark.unit

SERVER = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/data/providers"
    "/Microsoft.DBforPostgreSQL/flexibleServers/contoso"
)
TAGS = {"ProviderAddress": SERVER, "Login": "app_a", "OtherLogin": "app_b", "AdministratorLogin": "rotation"}


def parsed(**tags: str | None) -> Policy | list[str]:
    given = {name: text for name, text in (TAGS | tags).items() if text is not None}
    return parse_policy(Tags(given), None, KINDS, Defaults())


def address(**tags: str | None) -> LoginsAddress:
    policy = parsed(**tags)
    assert isinstance(policy, Policy), policy
    assert isinstance(policy.provider, LoginsAddress)
    return policy.provider


@pytest.mark.parametrize("login", ["app", "é & = ? / # %", "x" * 63, '"; DROP ROLE x; --'])
def test_an_address_takes_every_name_and_gives_it_back(login: str) -> None:
    made = address(Login=login, Database="shop", AdministratorSecret="admin")
    assert dict(made.options)["Login"] == login
    assert parse_address(str(made)) == made
    assert (made.label, made.logins) == ("contoso", (login, "app_b"))


def test_logins_are_claimed_one_by_one_and_the_server_is_locked() -> None:
    made = address()
    server = str(made.server)
    assert claims(made) == (f"{server}?app_a".casefold(), f"{server}?app_b".casefold())
    assert set(claims(made)) & set(claims(address(Login="APP_B", OtherLogin="c")))
    assert not set(claims(made)) & set(claims(replace(made, options=(("Login", "c"),))))
    assert (is_exclusive(str(made)), is_exclusive(SERVER)) == (True, False)
    assert lock_address(str(made), "v", "s") == server == lock_address(server, "v", "s")


@pytest.mark.parametrize(
    ("tags", "complaint"),
    [
        ({"Login": None}, "Login is absent, expected it"),
        ({"AdministratorLogin": None}, "AdministratorLogin is absent, expected it"),
        ({"OtherLogin": None}, "OtherLogin is absent, expected the login that takes turns with Login; or SlotStrategy"),
        ({"OtherLogin": "APP_A"}, "OtherLogin is the same as Login, expected a second one"),
        ({"SlotStrategy": "pinned"}, "SlotStrategy is pinned beside OtherLogin, expected one of the two"),
        ({"OtherLogin": None, "SlotStrategy": "pinned", "RetireAfter": "P1D"}, "RetireAfter is for two logins"),
        ({"AdministratorLogin": "App_B"}, "AdministratorLogin is a login that is rotated, expected another one"),
        ({"Login": "é" * 32}, "Login is text of 32 characters of 64 bytes, expected a name of 1-63 bytes"),
        ({"Database": "a\nb"}, "expected a name of 1-63 bytes that can be printed"),
        ({"AdministratorSecret": "no/secret"}, "expected the name of a secret in the same vault"),
        ({"AdministratorSecret": "rotation-pending-" + "0" * 32}, "expected the name of a secret in the same vault"),
        ({"ProviderAddress": SERVER + "?Login=x"}, "ProviderAddress is "),
        ({"LOGIN": "x"}, "Login is there more than once, expected once"),
    ],
)
def test_each_complaint_names_the_tag_and_what_is_expected(tags: dict[str, str | None], complaint: str) -> None:
    found = parsed(**tags)
    assert isinstance(found, list)
    assert any(complaint in one for one in found), found


ADMINISTRATOR = {"OtherLogin": None, "AdministratorLogin": None}
SQL = {"ProviderAddress": SERVER.replace("DBforPostgreSQL/flexibleServers", "Sql/servers")}


@pytest.mark.parametrize("server", [{}, SQL])
def test_a_server_s_own_administrator_is_named_by_either_tag(server: dict[str, str]) -> None:
    by_login = address(**ADMINISTRATOR, **server)
    by_id = address(**ADMINISTRATOR, **server, Login=None, CredentialId="app_a")
    both = address(**ADMINISTRATOR, **server, CredentialId="key1")
    assert by_login == by_id == both
    assert (is_administrator(by_login), by_login.logins) == (True, ("app_a",))
    assert is_exclusive(str(by_login))
    assert not is_administrator(address())


@pytest.mark.parametrize(
    ("tags", "complaint"),
    [
        ({"Login": None}, "Login and CredentialId are absent, expected the name of the server's administrator"),
        ({"RetireAfter": "P1D"}, "RetireAfter is for two logins, expected none beside the server's own administrator"),
        ({"Database": "shop"}, "Database is there, expected none: only the password of the server's own administrator"),
        ({"AdministratorSecret": "admin"}, "AdministratorSecret is there, expected none"),
        (SQL | {"Login": "x" * 129}, "expected a name of 1-128 bytes"),
    ],
)
def test_what_means_nothing_beside_an_administrator_is_complained_about(
    tags: dict[str, str | None], complaint: str
) -> None:
    found = parsed(**(ADMINISTRATOR | tags))
    assert isinstance(found, list)
    assert any(complaint in one for one in found), found


OWN = {"ProviderAddress": "sqlserver:DB1.contoso.com", "AdministratorSecret": "administrator"}
INSTANCE = {"ProviderAddress": SERVER.replace("DBforPostgreSQL/flexibleServers", "Sql/managedInstances")}


@pytest.mark.parametrize("server", [SQL, INSTANCE, OWN])
def test_logins_of_every_sort_of_sql_server_are_read_from_the_tags(server: dict[str, str]) -> None:
    made = address(**server, Login="x" * 128)
    assert (is_administrator(made), made.logins) == (False, ("x" * 128, "app_b"))
    assert parse_address(str(made)) == made
    assert is_exclusive(str(made))


def test_a_server_of_ones_own_is_known_by_its_host() -> None:
    made = address(**OWN)
    assert (made.kind, made.label) == ("sqlserver", "sqlserver:db1.contoso.com")
    assert claims(made) == ("sqlserver:db1.contoso.com?app_a", "sqlserver:db1.contoso.com?app_b")
    assert lock_address(str(made), "v", "s") == "sqlserver:db1.contoso.com"


@pytest.mark.parametrize(
    ("tags", "complaint"),
    [
        ({"AdministratorSecret": None}, "AdministratorSecret is absent, expected it"),
        ({"OtherLogin": None, "AdministratorLogin": None}, "AdministratorLogin is absent, expected it"),
        ({"ProviderAddress": "sqlserver:db1.contoso.com?Login=x"}, "ProviderAddress is "),
        ({"ProviderAddress": "sqlserver:"}, "ProviderAddress is "),
        ({"ProviderAddress": "sqlserver:db1.contoso.com/x"}, "ProviderAddress is "),
    ],
)
def test_a_server_of_ones_own_has_no_token_and_no_administrator_of_azure_s(
    tags: dict[str, str | None], complaint: str
) -> None:
    found = parsed(**(OWN | tags))
    assert isinstance(found, list)
    assert any(complaint in one for one in found), found


def test_a_single_login_is_asked_for_by_name() -> None:
    assert address(OtherLogin=None, SlotStrategy="pinned").logins == ("app_a",)


def test_a_verifier_is_what_rfc_5803_says() -> None:
    """Against the client's side of RFC 5802, worked out here by its formulas."""
    verifier = scram_verifier(Credential("pencil"), b"0123456789abcdef")
    scheme, rounds, keys = verifier.split("$")
    stored, server = (base64.b64decode(part) for part in keys.split(":"))
    salted = hashlib.pbkdf2_hmac("sha256", b"pencil", base64.b64decode(rounds.split(":")[1]), int(rounds.split(":")[0]))
    assert scheme == "SCRAM-SHA-256"
    assert hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest() == stored
    assert hmac.digest(salted, b"Server Key", "sha256") == server


@pytest.mark.parametrize("password", ["pa\u00e9", "new\nline", "\0"])
def test_a_password_that_saslprep_would_change_is_never_hashed(password: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        scram_verifier(Credential(password), b"0" * 16)
