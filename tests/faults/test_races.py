"""A few random schedules; `make faults` tries hundreds."""

import pytest

from dev.faults.arena import Arena
from dev.faults.races import race

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("seed", [1, 2])
def test_random_schedules_break_no_promise(arena: Arena, seed: int) -> None:
    assert race(arena, 5, seed, steps=20) == []
