"""A fixed share of the fault matrix; `make faults` runs all of it."""

import pytest

from dev.faults.arena import Arena
from dev.faults.case import Case, Rehearsal, rehearse, run
from dev.faults.matrix import pairs, sampled_pairs, share, singles
from dev.faults.scenarios import MAIN, SCENARIOS

pytestmark = pytest.mark.faults

# Prime, so that neither the number of faults nor that of calls shares a factor with them.
ONE_SINGLE_IN = 97
ONE_PAIR_IN = 419


def tried(arena: Arena, cases: list[Case], rehearsal: Rehearsal) -> list[str]:
    """Run cases and return every violation, with the schedule that led to it."""
    assert cases
    results = [run(arena, case, rehearsal.baseline) for case in cases]
    return [f"{result.violations}\n{result.schedule}" for result in results if result.violations]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_single_faults(arena: Arena, scenario: str) -> None:
    rehearsal = rehearse(arena, scenario)
    assert tried(arena, share(list(singles({scenario: rehearsal})), ONE_SINGLE_IN), rehearsal) == []


def test_pairs_of_faults(arena: Arena) -> None:
    rehearsal = rehearse(arena, MAIN)
    assert tried(arena, share(list(pairs({MAIN: rehearsal})), ONE_PAIR_IN), rehearsal) == []


@pytest.mark.parametrize("scenario", sorted(set(SCENARIOS) - {MAIN}))
def test_sampled_pairs(arena: Arena, scenario: str) -> None:
    rehearsal = rehearse(arena, scenario)
    assert tried(arena, list(sampled_pairs({scenario: rehearsal}, 3, seed=1)), rehearsal) == []
