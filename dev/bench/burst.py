"""A thousand near-expiry events at once: without limits, and under those that Azure sets.

The limits are those of the documentation, for one subscription and one vault: of the storage resource provider 800
reads in 5 minutes (listing an account's keys is one: "Read_ObservationWindow_00:05:00" is what it says when there were
too many), 10 writes a second and 1,200 an hour; of Key Vault 4,000 transactions in 10 seconds, 300 of them writes.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from dev.simulators.limits import Limit

from .apart import apart
from .charts import KSSEDR, OURS, chart
from .figures import Figure, Section, at_least, at_most
from .fleet import seed
from .options import Latencies, Options
from .rush import Rush, arena, one_by_one, rush

_CHART = "burst.svg"
_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)

LIMITS = (
    Limit(("storage.getAccount", "storage.listKeys"), 800, 5 * _MINUTE),
    Limit(("storage.regenerateKey",), 10, _SECOND),
    Limit(("storage.regenerateKey",), 1200, 60 * _MINUTE),
    Limit(("keyvault.*",), 4000, 10 * _SECOND),
    Limit(("keyvault.setSecret",), 300, 10 * _SECOND),
)

PLACES = 40
"""Activities at a time, in all instances together."""
_PLACES_OF_AN_INSTANCE = 10
"""The Durable extension's default for one core, which an instance of 2 GB has."""


def run(options: Options) -> Section:
    """Measure the bursts, each in a process of its own."""
    many, latencies = options.secrets, options.latencies
    pieces = [("ours", many, latencies, ()), ("ours", many, latencies, LIMITS)]
    pieces += [("KSSEDR", many, latencies, ()), ("KSSEDR", many, latencies, LIMITS)]
    ours, limited, theirs, theirs_limited = apart(_burst, pieces)
    _draw(ours, theirs)
    figures = [*_free(many, ours, theirs), *_limited(many, limited, lower_bound(ours.calls, LIMITS))]
    notes = [*_modelled(), *_places(ours, theirs), *_explained(ours, limited, theirs_limited)]
    return Section(f"Burst: {many:,} near-expiry events at once", figures, notes, [_CHART])


def _burst(who: str, many: int, latencies: Latencies, limits: Sequence[Limit]) -> Rush:
    with arena() as made:
        fleet = seed(made, many)
        made.azure.limits.set(limits)
        return rush(made, fleet, latencies, PLACES) if who == "ours" else one_by_one(made, fleet, latencies)


def lower_bound(calls: Counter[str], limits: Sequence[Limit]) -> timedelta:
    """Return the least time in which limits let so many calls through: all windows but the last are waited out."""
    counts = ((limit, sum(many for name, many in calls.items() if limit.covers(name))) for limit in limits)
    return max(((math.ceil(many / limit.calls) - 1) * limit.window for limit, many in counts), default=timedelta(0))


def _free(many: int, ours: Rush, theirs: Rush) -> Iterator[Figure]:
    yield Figure("all rotated, after", ours.makespan.total_seconds(), "s", theirs.makespan.total_seconds())
    yield at_least("times as fast as KSSEDR, one by one", theirs.makespan / ours.makespan, "×", 20, 1)
    yield at_least("rotated", ours.rotated, "secrets", many, theirs.rotated)


def _limited(many: int, limited: Rush, bound: timedelta) -> Iterator[Figure]:
    yield Figure("under limits, all rotated after", limited.makespan.total_seconds(), "s", bound.total_seconds())
    if bound:
        yield at_most("under limits, to the lower bound", limited.makespan / bound, "×", 1.15, 1)
    yield at_most("under limits, calls answered 429", limited.throttled_share * 100, "%", 5)
    yield at_least("under limits, rotated", limited.rotated, "secrets", many)


def _modelled() -> Iterator[str]:
    yield (
        "Time is virtual. A call takes the latency that the command names, during which its activity holds one of "
        f"{PLACES} places; reading an account takes as long as listing its keys. What takes no time here is the app's "
        "own code and the Durable backend: on two cores the real extension did 11 to 24 orchestrations of five "
        "activities a second, so this many takes it a minute or two on one such machine. One process stands for all "
        "instances; each of several would list the vaults for itself, a page for 25 secrets."
    )


def _places(ours: Rush, theirs: Rush) -> Iterator[str]:
    alone = ours.makespan * PLACES / _PLACES_OF_AN_INSTANCE
    yield (
        f"{PLACES} places are {PLACES // _PLACES_OF_AN_INSTANCE} instances as deployed: one of 2 GB has one core, for "
        f"which the Durable extension runs {_PLACES_OF_AN_INSTANCE} activities at a time, with a thread for each "
        "(`PYTHON_THREADPOOL_THREAD_COUNT`). The scale controller asks for an instance for as many that wait, up to "
        f"`maximumInstanceCount`. A single instance would take about {alone.total_seconds():,.0f} s, "
        f"{theirs.makespan / alone:.1f} times as fast as KSSEDR."
    )


def _explained(ours: Rush, limited: Rush, theirs_limited: Rush) -> Iterator[str]:
    reads = sum(many for name, many in ours.calls.items() if LIMITS[0].covers(name))
    yield (
        f"What binds under limits are reads of the storage resource provider: {reads:,} for all, 800 in 5 minutes. The "
        "lower bound is that of the calls that the app makes without limits. "
        f"{limited.throttled:,} calls were answered 429, and "
        f"{limited.calls.total() - ours.calls.total():,} made again, "
        "nearly all of them reads of the secret by a step that was then turned away. "
        "KSSEDR lists keys once and one by one, which no limit slows down: "
        f"{theirs_limited.makespan.total_seconds():,.0f} s, with the outages that come with its way. Microsoft's "
        "function is not in this race: it makes the same four calls as KSSEDR, but Event Grid pushes to it in "
        "parallel, as many at a time as its plan has scaled to."
    )


def _draw(ours: Rush, theirs: Rush) -> None:
    with chart(_CHART) as axes:
        for name, colour, rush in (("this app", OURS, ours), ("KSSEDR", KSSEDR, theirs)):
            times = sorted(time.total_seconds() / 60 for time in rush.written)
            axes.step([0, *times], range(len(times) + 1), where="post", color=colour, label=name)
        axes.set(xlabel="minutes", ylabel="secrets rotated", xlim=(0, None), ylim=(0, None))
        axes.legend(loc="lower right")
