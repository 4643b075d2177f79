"""What a copy says of itself, and what two listings tell."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotation.due import judge
from rotation.listing import ListedSecret
from rotation.policy import Defaults, Policy
from rotation.policy_tags import parse_policy
from rotation.replication import Origin, copied_tags, differences, is_equal, read_targets, targets
from rotation.tags import MOST_TAGS, Tags
from tests.unit.builders import DAY, HOST, KNOWN, NOW, SECRET, VERSION, secret, tags

pytestmark = pytest.mark.unit

EAST, WEST = "east-kv.vault.azure.net", "west-kv.vault.azure.net"
ALLOWED = frozenset({EAST, WEST})
DEFAULTS = Defaults(replica_vaults=ALLOWED)
PRIMARY = replace(secret(tagged={"ReplicateTo": "east-kv"}), created_on=NOW.replace(microsecond=0))
ORIGIN = Origin.of(HOST, SECRET, PRIMARY)


def copy(**changes: Any) -> ListedSecret:
    made = ListedSecret(
        SECRET, True, NOW, PRIMARY.expires_on, PRIMARY.content_type, Tags(copied_tags(PRIMARY.tags, ORIGIN))
    )
    return replace(made, **changes)


def seen(listed: ListedSecret | None, primary: ListedSecret | None = None) -> list[str]:
    return differences(HOST, primary or PRIMARY.as_listed(SECRET), listed)


@pytest.mark.parametrize(
    "text",
    ["east-kv,west-kv", "East-KV west-kv", f"{EAST}, {WEST}", " east-kv ,\n west-kv,", "east-kv east-kv west-kv"],
)
def test_vaults_are_named_as_people_do(text: str) -> None:
    assert read_targets(text, ALLOWED) == ((EAST, WEST), "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "ReplicateTo is text of 0 characters, expected names of vaults in REPLICA_VAULTS (east-kv, west-kv)"),
        (" , ", "ReplicateTo is text of 3 characters, expected"),
        ("east-kv north-kv", "ReplicateTo is text of 16 characters, entry 2 is none of them, expected"),
        ("east-kv.vault.azure.cn", "entry 1 is none of them"),
        ("https://east-kv.vault.azure.net", "entry 1 is none of them"),
    ],
)
def test_what_names_no_vault_of_ours_is_told_without_repeating_it(text: str, told: str) -> None:
    hosts, wrong = read_targets(text, ALLOWED)
    assert hosts == ()
    assert told in wrong
    assert "north" not in wrong


def test_without_the_setting_every_tag_is_wrong_and_says_so() -> None:
    assert read_targets("east-kv", frozenset())[1].endswith("(none so far)")
    found = parse_policy(tags({"ReplicateTo": "east-kv"}), None, KNOWN, Defaults())
    assert isinstance(found, list)


def test_the_policy_has_the_hosts() -> None:
    found = parse_policy(tags({"ReplicateTo": "east-kv"}), None, KNOWN, DEFAULTS)
    assert isinstance(found, Policy)
    assert found.replicas == (EAST,)


def test_an_origin_survives_its_tag_at_the_longest_names() -> None:
    origin = Origin("a" + "b" * 23 + ".vault.usgovcloudapi.net", "s" * 127, VERSION, NOW.replace(microsecond=0))
    assert len(str(origin)) <= 256
    assert Origin.told_by(Tags({"replicaof": f" {origin} "})) == origin


@given(st.text(max_size=300))
def test_any_text_is_read_or_is_none(text: str) -> None:
    origin = Origin.told_by(Tags({"ReplicaOf": text}))
    assert origin is None or str(origin) == text.strip()


def test_a_replica_has_no_replicas_and_no_more_tags_than_its_primary() -> None:
    raw = {f"t{number}": "x" for number in range(MOST_TAGS - 1)} | {"replicateto": "east-kv"}
    made = copied_tags(Tags(raw), ORIGIN)
    assert len(made) == MOST_TAGS
    assert targets(Tags(raw), ALLOWED) == (EAST,)
    assert targets(Tags(made | {"ReplicateTo": "west-kv"}), ALLOWED) == ()


def test_an_equal_copy_differs_in_nothing() -> None:
    assert seen(copy()) == []
    held = replace(PRIMARY, version="f" * 32, tags=copy().tags)
    assert is_equal(held, PRIMARY, ORIGIN)
    assert not is_equal(replace(held, expires_on=None), PRIMARY, ORIGIN)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"enabled": False}, ["enabled"]),
        ({"expires_on": None}, ["expiry"]),
        ({"content_type": "x"}, ["content type"]),
        ({"tags": Tags(copied_tags(PRIMARY.tags, ORIGIN) | {"a": "b"})}, ["tags"]),
        (
            {"tags": Tags(copied_tags(PRIMARY.tags, replace(ORIGIN, created_on=ORIGIN.created_on - DAY)))},
            ["version"],
        ),
        (
            {"tags": Tags(copied_tags(PRIMARY.tags, replace(ORIGIN, secret="other")))},
            ["another secret of that name is there"],
        ),
        ({"tags": Tags({})}, ["another secret of that name is there"]),
    ],
)  # fmt: skip
def test_what_differs_is_named(changes: dict[str, Any], told: list[str]) -> None:
    assert seen(copy(**changes)) == told


def test_a_disabled_primary_is_compared_by_that_alone() -> None:
    primary = replace(PRIMARY.as_listed(SECRET), enabled=False, expires_on=None)
    assert seen(copy(), primary) == ["enabled"]
    assert seen(copy(enabled=False), primary) == []


def test_a_replica_is_never_due_and_a_secret_that_is_merely_copied_is_no_complaint() -> None:
    late = copy(expires_on=NOW - timedelta(days=9))
    assert judge(late, NOW, KNOWN, DEFAULTS) is None
    only = ListedSecret("api-key", True, NOW, None, None, Tags({"ReplicateTo": "east-kv"}))
    assert judge(only, NOW, KNOWN, DEFAULTS) is None
    wrong = judge(replace(only, tags=Tags({"ReplicateTo": "north-kv"})), NOW, KNOWN, DEFAULTS)
    assert wrong is not None
    assert "entry 1 is none of them" in getattr(wrong, "reason", "")
