"""Regenerations that are answered before they are done: looked after, and not asked for twice."""

from datetime import timedelta
from typing import Any

import pytest

from rotation.results import Retry, from_json
from rotation.under_way import accepted, still_going_on
from tests.unit.builders import HOUR, NOW

pytestmark = pytest.mark.unit


def payload(after: timedelta = timedelta(0), **more: Any) -> dict[str, Any]:
    return {"now": (NOW + after).isoformat(), **more}


def test_a_step_that_has_asked_for_nothing_goes_on() -> None:
    assert still_going_on(payload()) is None


@pytest.mark.parametrize("after", [timedelta(seconds=1), HOUR, 5 * HOUR])
def test_what_has_been_accepted_is_waited_for_with_the_time_of_the_first_answer(after: timedelta) -> None:
    first = accepted(payload())
    again = still_going_on(payload(after, **(first.memo or {})))
    assert again == first
    assert again is not None
    assert (again.budget, again.fallback) == (6 * 3600.0, None)


def test_after_hours_it_may_be_asked_for_again() -> None:
    memo = accepted(payload()).memo or {}
    assert still_going_on(payload(7 * HOUR, **memo)) is None


def test_a_memo_survives_the_wire_and_a_history_without_one_is_read() -> None:
    retry = accepted(payload())
    assert from_json(retry.to_json()) == retry
    old = {"status": "retry", "reason": "r", "after": None, "budget": None, "fallback": None}
    assert from_json(old) == Retry("r")
