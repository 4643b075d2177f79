"""Addresses of what is no resource."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotation.address import NamedAddress, is_shared, lock_address, parse_address
from rotation.generated import interpret, is_reminder
from rotation.policy import Defaults, Policy
from rotation.policy_tags import parse_policy
from rotation.tags import Tags
from tests.unit.builders import ADDRESS

KINDS = {"generated": interpret}


@given(
    path=st.from_regex("[a-z0-9][a-z0-9_.-]{0,30}", fullmatch=True),
    options=st.lists(st.tuples(st.text("abc", min_size=1), st.text(max_size=20)), max_size=3),
)
def test_an_address_is_read_as_it_was_written(path: str, options: list[tuple[str, str]]) -> None:
    address = NamedAddress("generated", path, tuple(options))
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "generated:",
        "generated",
        ":uuid",
        "https://evil.example",
        "generated:../x",
        "generated:a b",
        "generated:uuid?x",
    ],
)
def test_what_is_none_is_told(text: str) -> None:
    assert parse_address(text) is None


def test_a_resource_id_stays_one() -> None:
    assert str(parse_address(ADDRESS)).casefold() == ADDRESS.casefold()


def test_only_a_resource_is_shared_and_locked_for_all() -> None:
    assert is_shared(ADDRESS)
    assert lock_address(ADDRESS, "v", "s") == ADDRESS
    assert not is_shared("generated:uuid")
    assert lock_address("generated:uuid", "v", "s") == "v/s"


def complaints(**tags: str) -> list[str]:
    found = parse_policy(Tags(tags), None, KINDS, Defaults())
    assert isinstance(found, list)
    return found


def policy(**tags: str) -> Policy:
    found = parse_policy(Tags(tags), None, KINDS, Defaults())
    assert isinstance(found, Policy), found
    return found


def test_a_template_is_part_of_the_address() -> None:
    address = policy(ProviderAddress="generated:template", Template='{"p": "uuid"}').provider
    assert "Template=" in str(address)
    assert parse_address(str(address)) == address


def test_the_kind_may_be_written_in_any_case() -> None:
    assert str(policy(ProviderAddress=" Generated:uuid ").provider) == "generated:uuid"


def test_a_static_value_is_a_reminder() -> None:
    assert is_reminder(policy(ProviderAddress="generated:static").provider)
    assert not is_reminder(policy(ProviderAddress="generated:uuid").provider)


def test_every_complaint_comes_at_once() -> None:
    found = complaints(
        ProviderAddress="generated:uuid?length=3", RetireAfter="P1D", SlotStrategy="pinned", Template="{}"
    )
    assert [complaint.split()[0] for complaint in found] == [
        "RetireAfter",
        "SlotStrategy",
        "ProviderAddress",
        "Template",
    ]


@pytest.mark.parametrize("template", [None, "", '{"p": "pin"}'])
def test_a_template_that_is_missing_or_wrong_is_told_by_its_tag(template: str | None) -> None:
    tags = {"ProviderAddress": "generated:template"} | ({} if template is None else {"Template": template})
    assert all(complaint.startswith("Template ") for complaint in complaints(**tags))
