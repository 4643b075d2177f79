"""Credentials: hidden everywhere, and replaced inside their text without disturbing it."""

import base64
import copy
import json
import logging
import pickle
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotation.credential import Credential, CredentialText
from rotation.failures import RefusedError
from rotation.forms import ACCOUNT_KEY
from rotation.model import SecretVersion, Slot, live_slot
from tests.unit.builders import KEY1, KEY2, KEY3, secret, slots

pytestmark = pytest.mark.unit

CANARY = "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LWNhbmFyeQ=="
CONNECTION = f"DefaultEndpointsProtocol=https;AccountName=contosodata;AccountKey={KEY1};EndpointSuffix=core.windows.net"

keys = st.binary(min_size=16, max_size=64).map(lambda raw: base64.b64encode(raw).decode())
spaces = st.sampled_from(["", " ", "  ", "\n", "\t "])
fields = st.tuples(
    spaces,
    st.sampled_from(["DefaultEndpointsProtocol", "AccountName", "EndpointSuffix", "BlobEndpoint", "X-AccountKey"]),
    st.text(st.characters(blacklist_characters=";", blacklist_categories=["Cs"]), max_size=20),
).map(lambda parts: f"{parts[0]}{parts[1]}={parts[2]}")


def parse(value: str) -> CredentialText:
    return CredentialText.parse(Credential(value), ACCOUNT_KEY)


# --- hidden


@pytest.mark.parametrize(
    "show", [repr, str, "{}".format, "%s".__mod__, ascii, lambda held: json.dumps(held, default=str)]
)
def test_a_credential_never_shows(show: object) -> None:
    assert callable(show)
    for held in (Credential(CANARY), parse(CANARY)):
        assert CANARY not in show(held)


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps])
def test_a_credential_is_never_serialised_or_copied(take: object) -> None:
    assert callable(take)
    with pytest.raises(TypeError):
        take(Credential(CANARY))


def test_what_holds_a_credential_does_not_show_it(caplog: pytest.LogCaptureFixture) -> None:
    version: SecretVersion = secret(CANARY)
    slot = Slot("key1", Credential(CANARY), datetime(2026, 1, 1, tzinfo=UTC))
    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("%s %r %s", version, slot, slot.witness)
    assert CANARY not in caplog.text
    assert "<credential>" in caplog.text


@given(st.text(st.characters(blacklist_categories=["Cs"])))
def test_credentials_are_equal_when_their_values_are(value: str) -> None:
    assert Credential(value) == Credential(value)
    assert hash(Credential(value)) == hash(Credential(value))
    assert Credential(value) != Credential(value + "x")
    assert Credential(value) != value
    assert Credential(value).reveal() == value


@given(keys, keys)
def test_a_fingerprint_tells_keys_apart_and_holds_nothing_of_them(one: str, other: str) -> None:
    print1, print2 = Credential(one).fingerprint(), Credential(other).fingerprint()
    assert len(print1) == 16
    assert (print1 == print2) is (one == other)


# --- replaced in place


@given(spaces, keys, spaces, keys)
def test_a_raw_key_stays_raw_with_its_white_space(before: str, key: str, after: str, new: str) -> None:
    text = parse(before + key + after)
    assert text.key == Credential(key)
    assert text.fields == {}
    assert text.with_key(Credential(new)).reveal() == before + new + after


@given(
    st.lists(fields, max_size=5),
    st.lists(fields, max_size=5),
    st.sampled_from(["AccountKey", "accountkey", "ACCOUNTKEY"]),
    spaces,
    spaces,
    keys,
    keys,
    st.sampled_from(["", ";", ";;", " ; "]),
)
def test_a_connection_string_changes_in_its_key_alone(
    before: list[str], after: list[str], name: str, left: str, right: str, key: str, new: str, end: str
) -> None:
    def around(middle: str) -> str:
        return ";".join([*before, f"{left}{name}{right}={left}{middle}{right}", *after]) + end

    text = parse(around(key))
    assert text.key == Credential(key)
    assert text.with_key(Credential(new)).reveal() == around(new)
    assert text.with_key(text.key).reveal() == around(key)


@pytest.mark.parametrize(
    ("text", "account"),
    [
        (CONNECTION, "contosodata"),
        (CONNECTION.replace("AccountName", " accountname "), "contosodata"),
        (CONNECTION.replace("=contosodata", "= ContosoData "), "ContosoData"),
        (CONNECTION.replace("AccountName=contosodata;", ""), None),
        (f"AccountKey={KEY1};AccountName=contosodata;", "contosodata"),
        (f"AccountKey={KEY1}\n", None),
    ],
)
def test_a_connection_string_names_its_account(text: str, account: str | None) -> None:
    assert parse(text).fields.get("accountname") == account


def test_a_connection_string_with_an_empty_key_can_be_filled() -> None:
    text = parse("AccountName=contosodata;AccountKey=;EndpointSuffix=core.windows.net")
    assert text.with_key(Credential(KEY2)).reveal() == (
        f"AccountName=contosodata;AccountKey={KEY2};EndpointSuffix=core.windows.net"
    )


@pytest.mark.parametrize(
    "value",
    [
        "",
        "   ",
        "two words",
        f"{KEY1};{KEY2}",
        '{"key": "' + KEY1 + '"}',
        "UseDevelopmentStorage=true",
        "BlobEndpoint=https://contosodata.blob.core.windows.net/;SharedAccessSignature=sv=2024&sig=abc%3D",
        f"{CONNECTION};AccountKey={KEY2}",
        f"XAccountKey={KEY1}",
        "pässword",
    ],
)
def test_a_value_of_another_format_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(RefusedError, match=rf"value \({len(value)} characters\) is neither") as refused:
        parse(value)
    assert KEY1 not in refused.value.reason


@given(st.text(st.characters(blacklist_categories=["Cs"])))
def test_no_value_breaks_the_parser_and_none_is_changed_by_its_own_key(value: str) -> None:
    try:
        text = parse(value)
    except RefusedError:
        return
    assert text.with_key(text.key) == Credential(value)


def test_a_long_run_of_spaces_does_not_stall_the_parser() -> None:
    began = time.perf_counter()
    parse(f"AccountKey=x{' ' * 12_000}x;EndpointSuffix=core.windows.net")
    assert time.perf_counter() - began < 1


# --- the live slot


@pytest.mark.parametrize(
    ("value", "expected"),
    [(KEY1, "key1"), (KEY2, "key2"), (KEY3, None), (f" {KEY2}\n", "key2"), (CONNECTION, "key1"), (KEY1.lower(), None)],
)
def test_the_live_slot_is_the_one_whose_key_is_the_value(value: str, expected: str | None) -> None:
    live = live_slot(parse(value), slots())
    assert (live.name if live else None) == expected
