"""What is kept of events that could not be read."""

import base64
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotation.parking import MOST_PARKED, ParkedEvent, excerpt, parked

pytestmark = pytest.mark.unit

KEY = base64.b64encode(bytes(range(64))).decode()
URL = "https://contoso.vault.azure.net/secrets/storage-key/ee059b2bb5bc48398a53b168c6cdcb10"
ACCOUNT = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/sample-rg/providers/Microsoft.KeyVault"


def event(number: int, partition: str = "0") -> dict[str, object]:
    return ParkedEvent("2026-07-25T01:08:33+00:00", partition, number, 0, f"reason {number}", "").to_json()


def test_the_newest_comes_first() -> None:
    state = parked([event(1)], [event(2), event(3)])
    assert [one["sequence_number"] for one in state] == [3, 2, 1]


def test_the_list_is_bounded_and_loses_the_oldest() -> None:
    state = parked([event(n) for n in reversed(range(MOST_PARKED))], [event(1000)])
    assert len(state) == MOST_PARKED
    assert state[0]["sequence_number"] == 1000
    assert state[-1]["sequence_number"] == 1


def test_a_batch_that_comes_again_is_not_listed_twice() -> None:
    state = parked([], [event(1), event(2)])
    assert parked(state, [event(1), event(2)]) == state


def test_equal_numbers_of_different_partitions_are_different_events() -> None:
    assert len(parked([event(1, "0")], [event(1, "1")])) == 2


@pytest.mark.parametrize(
    "text",
    [
        f'{{"value": "{KEY}"}}',
        f"DefaultEndpointsProtocol=https;AccountName=x;AccountKey={KEY};EndpointSuffix=core.windows.net",
        f'{{"data": "{KEY}"}}',
        f"https://x.blob.core.windows.net/c?sv=2025-01-05&sig={KEY.replace('+', '%2B').replace('/', '%2F')}",
        f"Authorization: Bearer {KEY}.{KEY}",
        f"x {KEY}",
        "A" * 390 + f" {KEY}",
    ],
)
def test_what_looks_like_a_credential_is_removed(text: str) -> None:
    kept = excerpt(text.encode())
    assert "[removed]" in kept
    assert KEY[:20] not in kept


def test_a_password_is_removed_for_its_name() -> None:
    kept = excerpt(b'{"user": "me", "password": "hunter2", "Pwd=correct horse"}')
    assert "hunter2" not in kept
    assert "correct" not in kept
    assert "me" in kept


@pytest.mark.parametrize("text", [URL, ACCOUNT, "Microsoft.KeyVault.SecretNearExpiry", "storage-key"])
def test_what_tells_operators_where_to_look_stays(text: str) -> None:
    assert text in excerpt(f'{{"x": "{text}"}}'.encode())


@given(st.binary(max_size=5000))
def test_an_excerpt_is_short_and_printable_whatever_came(body: bytes) -> None:
    kept = excerpt(body)
    assert len(kept) <= 410
    assert kept.isprintable()


@given(st.integers(min_value=0, max_value=380))
def test_a_key_is_never_shown_wherever_it_stands(offset: int) -> None:
    key = base64.b64encode(os.urandom(64)).decode()
    kept = excerpt(("x " * 200)[:offset].encode() + b" " + key.encode())
    assert key[:24] not in kept
