"""Waits between attempts: growing, capped, obedient, spread, and the same at each replay."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotation.waiting import FIRST, LONGEST, delay

pytestmark = pytest.mark.unit

SPREAD = 1.25
attempts = st.integers(1, 10_000)
seeds = st.text(max_size=30)
asked = st.floats(0, 86_400)


@given(attempts, seeds)
def test_a_wait_is_never_longer_than_the_cap_and_its_spread(attempt: int, seed: str) -> None:
    assert FIRST <= delay(attempt, seed) < LONGEST * SPREAD


@given(attempts, seeds, asked)
def test_a_wait_is_never_shorter_than_the_service_asked(attempt: int, seed: str, retry_after: float) -> None:
    assert delay(attempt, seed, retry_after) >= timedelta(seconds=retry_after)


@given(attempts, seeds, st.none() | asked)
def test_a_wait_is_the_same_at_each_replay(attempt: int, seed: str, retry_after: float | None) -> None:
    assert delay(attempt, seed, retry_after) == delay(attempt, seed, retry_after)


@given(attempts, seeds, st.floats(-1e6, 1))
def test_asking_for_less_does_not_shorten_the_backoff(attempt: int, seed: str, retry_after: float) -> None:
    assert delay(attempt, seed, retry_after) == delay(attempt, seed)


@given(st.integers(1, 100), seeds)
def test_the_backoff_doubles_until_the_cap(attempt: int, seed: str) -> None:
    backoff = min(LONGEST, FIRST * 2 ** min(attempt - 1, 30))
    assert backoff <= delay(attempt, seed) < backoff * SPREAD


@pytest.mark.parametrize(("attempt", "retry_after"), [(1, None), (5, None), (50, None), (1, 60), (5, 300)])
def test_a_thousand_neighbours_throttled_at_once_do_not_return_at_once(attempt: int, retry_after: float | None) -> None:
    waits = sorted(delay(attempt, f"rotate-{number}/step", retry_after) for number in range(1000))
    width = waits[-1] - waits[0]
    assert width > min(waits[0], LONGEST) * 0.2
    tenth = width / 10
    crowds = [sum(waits[0] + tenth * n <= wait < waits[0] + tenth * (n + 1) for wait in waits) for n in range(10)]
    assert max(crowds) < 200


@given(seeds)
def test_attempts_of_one_instance_are_spread_too(seed: str) -> None:
    shares = {delay(attempt, seed) - LONGEST for attempt in range(20, 40)}
    assert len(shares) == 20
