"""Pages of the newest, and the tokens between them."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotation.instance import Instance
from rotation.paging import Newest, read_place, read_token, token

pytestmark = pytest.mark.unit

START = datetime(2026, 7, 25, 1, 8, tzinfo=UTC)


def instance(number: int, seconds: int) -> Instance:
    created = START + timedelta(seconds=seconds)
    return Instance(f"rotate-contoso-{number:05d}", "Completed", created, created)


@given(st.lists(st.text(), min_size=2, max_size=2))
def test_a_token_says_what_it_was_made_of_and_fits_into_a_url(parts: list[str]) -> None:
    made = token(*parts)
    assert read_token(made, 2) == tuple(parts)
    assert all(character.isalnum() or character in "-_" for character in made)


@given(st.text())
def test_whatever_else_is_no_token(text: str) -> None:
    assert read_token(text, 2) is None
    assert read_place(text) is None


@pytest.mark.parametrize(
    "text",
    [
        token("one"),
        token("one", "two", "three"),
        token("not a time", "rotate-x"),
        token("2026-07-25T01:08:00", "rotate-x"),
        token(START.isoformat(), "rotate-x") + "=",
        "WzEsMl0",
        "W10",
        "é",
        "[" * 5000,
    ],
)
def test_a_token_that_is_nearly_one_names_no_place(text: str) -> None:
    assert read_place(text) is None


@given(st.lists(st.integers(0, 9), max_size=60), st.integers(1, 7), st.randoms())
def test_pages_hold_everything_once_and_newest_first(seconds: list[int], size: int, chance: random.Random) -> None:
    """Many were created in the same second: the id decides."""
    all_of_them = [instance(number, second) for number, second in enumerate(seconds)]
    seen: list[Instance] = []
    following: str | None = ""
    while following is not None:
        chance.shuffle(all_of_them)
        newest = Newest(size, read_place(following))
        for one in all_of_them:
            newest.add(one)
        page, following = newest.page()
        assert len(page) <= size
        seen += page
    assert seen == sorted(all_of_them, key=lambda one: (one.created, one.id), reverse=True)


def test_the_memory_is_that_of_one_page() -> None:
    newest = Newest(10)
    for number in range(10_000):
        newest.add(instance(number, number % 977))
    assert len(newest._heap) == 11
