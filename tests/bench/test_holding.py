"""Downtime worked out from histories is what somebody who polled would have seen."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dev.bench.year.holding import Holding, Life, Span, at_consumer, in_vault

pytestmark = pytest.mark.unit

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    return BEGIN + hours * HOUR


YEAR = Span(at(0), at(100))


def held(*written: tuple[float, str], reread: float, phase: float = 0) -> list[tuple[str, float, float]]:
    versions = [(at(hours), key) for hours, key in written]
    found = at_consumer(versions, YEAR, reread * HOUR, phase * HOUR)
    return [(one.key, Span(BEGIN, one.span.start).hours, Span(BEGIN, one.span.end).hours) for one in found]


def test_a_consumer_holds_what_it_has_read_until_it_reads_again() -> None:
    assert held((-50, "a"), (10, "b"), reread=24, phase=6) == [("a", 0, 30), ("b", 30, 100)]


def test_a_version_that_nobody_read_was_held_by_nobody() -> None:
    assert held((-50, "a"), (31, "b"), (32, "c"), reread=24, phase=6) == [("a", 0, 54), ("c", 54, 100)]


def test_the_vault_holds_each_version_until_the_next() -> None:
    written = [(at(-5), "a"), (at(10), "b")]
    assert list(in_vault(written, YEAR)) == [Holding("a", Span(at(0), at(10))), Holding("b", Span(at(10), at(100)))]


def test_a_key_is_dead_before_it_is_accepted_and_after_it_has_died() -> None:
    life = Life(at(10), at(20), "hand")
    assert list(life.dead(Span(at(8), at(25)))) == [(Span(at(8), at(10)), "own"), (Span(at(20), at(25)), "hand")]
    assert list(life.dead(Span(at(10), at(20)))) == []
    assert list(life.dead(Span(at(22), at(25)))) == [(Span(at(22), at(25)), "hand")]
    assert list(Life(at(10), None, "own").dead(Span(at(0), at(5)))) == [(Span(at(0), at(5)), "own")]


MOMENT = st.integers(min_value=1, max_value=99)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(MOMENT, max_size=5, unique=True),
    st.integers(min_value=1, max_value=30),
    st.data(),
)
def test_what_is_worked_out_is_what_polling_finds(changes: list[int], reread: int, data: st.DataObject) -> None:
    phase = data.draw(st.integers(min_value=0, max_value=reread - 1))
    times = [-10, *sorted(changes)]
    written = [(at(hours), f"key {number}") for number, hours in enumerate(times)]
    lives = {}
    for when, key in written:
        begin = data.draw(st.integers(min_value=-20, max_value=100))
        lives[key] = Life(at(begin), data.draw(st.sampled_from([None, at(begin + 7), when + 20 * HOUR])), "own")
    worked_out = sum(
        span.hours
        for holding in at_consumer(written, YEAR, reread * HOUR, phase * HOUR)
        for span, _ in lives[holding.key].dead(holding.span)
    )
    polled, key = 0, ""
    for hour in range(100):
        if hour == 0 or (hour >= phase and (hour - phase) % reread == 0):
            key = [one for when, one in written if when <= at(hour)][-1]
        life = lives[key]
        polled += not (life.accepted_from <= at(hour) and (life.died is None or at(hour) < life.died))
    assert worked_out == polled
