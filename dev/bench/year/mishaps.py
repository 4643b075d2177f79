"""What goes wrong in the year, drawn up beforehand from the seed alone: the same for every contender.

A fault lies in wait from its moment on, and strikes the next call of its operation for its secret, whenever that comes:
so it meets whoever makes the call, and each contender meets as many. Outages come by the clock.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from .population import DAY, SecretSpec

Fault = Literal["throttled", "broken", "unavailable", "dropped", "reply lost", "worker dies", "host dies"]
Act = Literal["live key regenerated", "idle key regenerated", "tag lies"]

_YEAR = 365 * DAY
_FAULTS_A_YEAR = 1.5
"""Of each secret."""
_KINDS: dict[Fault, float] = {
    "throttled": 0.2,
    "broken": 0.15,
    "unavailable": 0.15,
    "dropped": 0.15,
    "reply lost": 0.15,
    "worker dies": 0.15,
    "host dies": 0.05,
}
_OPERATIONS = ("keyvault.getSecret", "storage.listKeys", "storage.regenerateKey", "keyvault.setSecret")
"""Those that all contenders ask for in each rotation."""
_TIMES = (1, 1, 2, 3, 6)
"""How many calls in a row: some pass within an SDK's own retries, some outlast them."""

_ACTS_A_YEAR: dict[Act, float] = {"live key regenerated": 0.02, "idle key regenerated": 0.03, "tag lies": 0.05}
"""Of each secret."""
_OUTAGES_A_YEAR = 12
_LISTING_FAULTS_A_YEAR = 24


@dataclass(frozen=True)
class Mishap:
    """A fault in wait."""

    at: timedelta
    """Since the year began."""
    fault: Fault
    operation: str
    secret: str | None
    """None for any in the vault."""
    after: bool
    """Whether the effect happens first; what spoils the answer alone."""
    times: int
    retry_after: int
    """Seconds, where it is throttled."""


@dataclass(frozen=True)
class Outage:
    """A service that cannot be reached for a while."""

    at: timedelta
    lasting: timedelta
    service: Literal["vault", "resource manager"]


@dataclass(frozen=True)
class HandAct:
    """What a colleague does in the portal, meaning well."""

    at: timedelta
    secret: str
    act: Act


@dataclass(frozen=True)
class Schedule:
    """All of it, each kind in the order of time."""

    mishaps: list[Mishap]
    outages: list[Outage]
    acts: list[HandAct]


def draw(seed: int, vault: int, specs: Sequence[SecretSpec], lasting: timedelta) -> Schedule:
    """Draw up what befalls one vault's secrets."""
    chance = random.Random(f"{seed}/mishaps/{vault}")
    mishaps = [
        _mishap(chance, at, spec.name)
        for spec in specs
        for at in _moments(chance, lasting, _FAULTS_A_YEAR)
    ]  # fmt: skip
    listings = [_listing(chance, at) for at in _moments(chance, lasting, _LISTING_FAULTS_A_YEAR)]
    outages = [
        Outage(at, timedelta(minutes=chance.randint(5, 60)), chance.choice(("vault", "resource manager")))
        for at in _moments(chance, lasting, _OUTAGES_A_YEAR)
    ]
    acts = [
        HandAct(at, spec.name, act)
        for spec in specs
        for act, often in _ACTS_A_YEAR.items()
        for at in _moments(chance, lasting, often)
    ]
    return Schedule(
        sorted(mishaps + listings, key=lambda one: one.at),
        sorted(outages, key=lambda one: one.at),
        sorted(acts, key=lambda one: one.at),
    )


def _moments(chance: random.Random, lasting: timedelta, often: float) -> list[timedelta]:
    """Return when something happens that happens so often a year, at random."""
    found = []
    at = timedelta(0)
    while (at := at + _YEAR * chance.expovariate(often)) < lasting:
        found.append(timedelta(seconds=int(at.total_seconds())))
    return found


def _mishap(chance: random.Random, at: timedelta, secret: str) -> Mishap:
    fault: Fault = chance.choices(list(_KINDS), weights=list(_KINDS.values()))[0]
    operation = chance.choice(_OPERATIONS)
    dies = fault in ("worker dies", "host dies")
    after = fault == "reply lost" or (dies and chance.random() < 0.5)
    times = 1 if dies else chance.choice(_TIMES)
    return Mishap(at, fault, operation, secret, after, times, chance.choice((1, 5, 30, 120)))


def _listing(chance: random.Random, at: timedelta) -> Mishap:
    fault: Fault = chance.choice(("throttled", "broken", "unavailable", "dropped"))
    return Mishap(at, fault, "keyvault.listSecrets", None, after=False, times=chance.choice(_TIMES), retry_after=10)
