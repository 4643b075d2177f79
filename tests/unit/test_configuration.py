"""What the document `rotation-config` says, what is wrong with it, and what of it is never repeated."""

import json
from typing import Any

import pytest

from rotation.configuration import may_configure, parse_configuration
from rotation.tags import Tags

pytestmark = pytest.mark.unit

ENTRY = {
    "secret": "Shop-Db",
    "kind": "postgresql",
    "subscription": "11111111-1111-4111-8111-111111111111",
    "resourceGroup": "data",
    "server": "contoso",
    "login": "shop_a",
    "otherLogin": "shop_b",
    "administratorLogin": "rotation",
    "validityDays": 90,
    "retireAfter": "P2D",
}
SERVER = (
    "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/data/providers"
    "/microsoft.dbforpostgresql/flexibleservers/contoso"
)
CANARY = "Pa55word!of.somebody"


def parsed(*entries: Any) -> Any:
    return parse_configuration(json.dumps({"databases": entries}))


def test_an_entry_says_what_tags_would_say() -> None:
    found = parsed(ENTRY)
    assert (found.complaints, found.tags) == (
        [],
        {
            "shop-db": {
                "ProviderAddress": SERVER,
                "Login": "shop_a",
                "OtherLogin": "shop_b",
                "AdministratorLogin": "rotation",
                "ValidityPeriodDays": "90",
                "RetireAfter": "P2D",
            }
        },
    )


def test_tags_of_the_secret_count_where_both_say_something_and_nothing_else_is_ever_written() -> None:
    tags = parsed(ENTRY).completed("SHOP-DB", Tags({"validityperioddays": "30", "owner": "payments"}))
    assert (tags["ValidityPeriodDays"], tags["Login"], tags["owner"]) == ("30", "shop_a", "payments")
    assert len(tags) == len(list(tags)) == 7
    assert tags.updated({"RotationId": "x"}) == {"validityperioddays": "30", "owner": "payments", "RotationId": "x"}


@pytest.mark.parametrize(
    ("name", "tags", "expected"),
    [
        ("db", {}, True),
        ("db", {"ProviderAddress": "generated:uuid"}, False),
        ("db", {"ReplicaOf": "x"}, False),
        ("Rotation-Config", {}, False),
        ("rotation-pending-" + "0" * 32, {}, False),
    ],
)
def test_what_speaks_for_itself_is_left_alone(name: str, tags: dict[str, str], expected: bool) -> None:
    assert may_configure(name, Tags(tags), None) is expected


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"secret": "no/name"}, "databases[1]: secret is text of 7 characters, expected the name of a secret"),
        ({"kind": "oracle"}, "databases[1]: kind is text of 6 characters, expected postgresql or sql"),
        ({"server": 1}, "databases[1]: server is "),
        ({"subscription": "x"}, "subscription, resourceGroup and server make no resource id"),
        ({"server": "a/databases/b"}, "subscription, resourceGroup and server make no resource id"),
        ({"login": ["a"]}, "databases[1]: login is "),
        ({"validityDays": "90"}, "databases[1]: validityDays is "),
        ({"validityDays": True}, "databases[1]: validityDays is "),
        ({"pasword": CANARY, CANARY: 1}, "databases[1]: has 2 unknown field(s), expected some of administratorLogin"),
        ({"secret": "shop-db"}, "databases[1]: secret is that of an entry before it"),
    ],
)
def test_each_complaint_says_where_and_what_is_expected(changes: dict[str, Any], complaint: str) -> None:
    found = parsed(ENTRY, ENTRY | {"secret": "other"} | changes)
    assert any(complaint in one for one in found.complaints), found.complaints
    assert list(found.tags) == ["shop-db"]


def test_everything_wrong_is_said_at_once_and_nothing_is_repeated() -> None:
    found = parsed(dict.fromkeys(ENTRY, CANARY), CANARY, {CANARY: CANARY})
    assert len(found.complaints) >= 9
    assert CANARY not in str(found.complaints)


@pytest.mark.parametrize("text", [CANARY, "[]", '{"databases": {}}', "{}", "[" * 100000])
def test_what_is_no_document_is_said_so(text: str) -> None:
    (complaint,) = parse_configuration(text).complaints
    assert complaint.startswith("it is no JSON object with a list")


OWN = {"secret": "other", "kind": "SqlServer", "server": "DB1.contoso.com", "login": "a", "slotStrategy": "pinned"}


def test_a_server_of_ones_own_is_named_by_its_host() -> None:
    found = parsed(OWN, ENTRY | {"kind": "sqlmanagedinstance"})
    assert found.complaints == []
    assert found.tags["other"]["ProviderAddress"] == "sqlserver:db1.contoso.com"
    assert found.tags["shop-db"]["ProviderAddress"].endswith("/microsoft.sql/managedinstances/contoso")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"resourceGroup": "data"}, "databases[0]: resourceGroup is there, expected none"),
        ({"server": "db1/x"}, "databases[0]: server is no host name, expected one of SQL_SERVERS"),
        ({"server": "db1?Login=x"}, "databases[0]: server is no host name, expected one of SQL_SERVERS"),
        ({"server": 1}, "databases[0]: server is "),
    ],
)
def test_what_is_wrong_with_a_server_of_ones_own_is_said(changes: dict[str, Any], complaint: str) -> None:
    (told,) = parsed(OWN | changes).complaints
    assert told.startswith(complaint)
