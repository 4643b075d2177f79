"""The burst's clock tells exact times, its limits bind, and what a variant leaves out is left out."""

from collections import Counter
from datetime import timedelta

import pytest

from dev.bench.burst import lower_bound
from dev.bench.cost.bill import bill_of
from dev.bench.cost.removals import REMOVALS, SECRET, SLOTS, Memory, Removal, Watcher, without
from dev.bench.fleet import seed
from dev.bench.options import Latencies
from dev.bench.rush import Rush, arena, one_by_one, rush
from dev.simulators.limits import Limit

pytestmark = pytest.mark.e2e

LATENCIES = Latencies()
ROTATION = 5 * LATENCIES.vault + 5 * LATENCIES.list_keys + LATENCIES.regenerate + LATENCIES.blob
LISTING = 2 * LATENCIES.vault
"""A page for each vault."""
SECOND = timedelta(seconds=1)


def rushed(many: int, places: int, *limits: Limit) -> Rush:
    with arena() as made:
        fleet = seed(made, many)
        made.azure.limits.set(limits)
        return rush(made, fleet, LATENCIES, places)


def test_in_one_place_everything_takes_the_sum_of_its_latencies() -> None:
    done = rushed(3, 1)
    assert done.makespan == 3 * ROTATION + LISTING
    assert done.rotated == 3
    assert done.throttled == 0


def test_with_a_place_for_each_all_take_as_long_as_one() -> None:
    assert rushed(3, 3).makespan == ROTATION + LISTING


def test_the_peer_takes_one_after_the_other() -> None:
    with arena() as made:
        done = one_by_one(made, seed(made, 3), LATENCIES)
    assert done.makespan == 3 * (2 * LATENCIES.vault + LATENCIES.list_keys + LATENCIES.regenerate)
    assert done.rotated == 3


def test_under_a_limit_all_rotate_and_hardly_a_call_is_refused() -> None:
    limit = Limit(("storage.getAccount", "storage.listKeys"), 10, 60 * SECOND)
    done = rushed(10, 10, limit)
    # Five reads each, ten a minute: the last ten come in the fifth.
    assert 4 * 60 * SECOND < done.makespan < 10 * 60 * SECOND
    assert done.rotated == 10
    assert 0 < done.throttled < 30


def test_the_lower_bound_is_that_of_the_tightest_limit() -> None:
    calls = Counter({"storage.listKeys": 801, "storage.getAccount": 800, "keyvault.getSecret": 10})
    reads = Limit(("storage.getAccount", "storage.listKeys"), 800, 300 * SECOND)
    vault = Limit(("keyvault.*",), 1, 10 * SECOND)
    assert lower_bound(calls, [reads, vault]) == 600 * SECOND
    assert lower_bound(calls, [vault]) == 90 * SECOND
    assert lower_bound(calls, []) == timedelta(0)


@pytest.mark.parametrize("removal", REMOVALS, ids=str)
def test_a_variant_makes_one_call_less(removal: Removal) -> None:
    operation = {SLOTS: "storage.listKeys", SECRET: "keyvault.getSecret"}[removal.read]
    with without(removal, Memory(), Watcher()):
        calls = bill_of().calls
    assert calls[operation] == 3
    assert calls.total() == 11
