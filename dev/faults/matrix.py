"""What is tried: every fault at every call of every scenario, all pairs for the main one, a sample of the others'."""

import random
from collections.abc import Iterator
from itertools import combinations

from .blows import DEATH_IN_EPISODE, EVERY_FAULT, Blow
from .case import Case, Rehearsal
from .scenarios import MAIN

PAIRED = (
    "unavailable",
    "timed out",
    "worker dies after the effect",
    "version with the live key",
    "version with the idle key",
    "tags edited",
    "idle slot regenerated",
    "live slot regenerated",
    "secret deleted",
    "access denied",
)
"""One fault of each class: a 500 tells no more than a 503, and a time-out is a lost reply and a lost minute."""


def blows(rehearsal: Rehearsal, faults: tuple[str, ...]) -> list[Blow]:
    """Return each fault at each call, and a worker's death in each episode."""
    at_calls = [Blow(fault, point) for point in rehearsal.points for fault in faults]
    in_episodes = [Blow(DEATH_IN_EPISODE, episode=number) for number in range(1, rehearsal.episodes + 1)]
    return at_calls + in_episodes


def singles(rehearsals: dict[str, Rehearsal]) -> Iterator[Case]:
    """Return every fault at every call of every scenario."""
    for scenario, rehearsal in rehearsals.items():
        for blow in blows(rehearsal, EVERY_FAULT):
            yield Case(scenario, (blow,))


def pairs(rehearsals: dict[str, Rehearsal]) -> Iterator[Case]:
    """Return all pairs of faults for the main scenario."""
    for pair in combinations(blows(rehearsals[MAIN], PAIRED), 2):
        yield Case(MAIN, pair)


def sampled_pairs(rehearsals: dict[str, Rehearsal], many: int, seed: int) -> Iterator[Case]:
    """Return a random sample of pairs for the other scenarios, of every fault there is."""
    chooser = random.Random(seed)
    others = sorted(set(rehearsals) - {MAIN})
    everything = {scenario: blows(rehearsals[scenario], EVERY_FAULT) for scenario in others}
    for _ in range(many):
        scenario = chooser.choice(others)
        first, second = chooser.sample(everything[scenario], 2)
        yield Case(scenario, (first, second))


def share(cases: list[Case], every: int) -> list[Case]:
    """Return every nth case: a fixed share that touches all scenarios and faults when n divides neither count."""
    return cases[::every]
