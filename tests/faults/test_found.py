"""Schedules that once broke a promise, each tried again as it was found."""

import pytest

from dev.faults.arena import Arena
from dev.faults.case import rehearse, run
from dev.faults.matrix import singles

pytestmark = pytest.mark.faults

FOUND = {
    "application secret": [
        "version with the idle key at graph.getApplication 14 (swap_slot 1)",
        "version with the idle key at graph.removePassword 1 (swap_slot 1)",
    ],
    "two logins": [
        "reply lost at postgresql.setPassword 2 (swap_slot 1)",
        "worker dies after the effect at postgresql.setPassword 2 (swap_slot 1)",
    ],
    "two logins of SQL Server": ["reply lost at sql.setPassword 2 (swap_slot 1)"],
}


@pytest.mark.parametrize("scenario", FOUND)
def test_it_is_kept_now(arena: Arena, scenario: str) -> None:
    rehearsal = rehearse(arena, scenario)
    cases = {str(case).partition(": ")[2]: case for case in singles({scenario: rehearsal})}
    for schedule in FOUND[scenario]:
        assert run(arena, cases[schedule], rehearsal.baseline).violations == [], schedule
