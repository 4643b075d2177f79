"""From ten secrets to ten thousand in one vault, all due at once: what a single rotation costs must stay the same."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .apart import apart
from .charts import OURS, chart
from .figures import Figure, Section, at_most
from .fleet import seed
from .options import Latencies, Options
from .rush import arena, rush

_CHART = "growth.svg"
_FEWEST = 10
_PLACES = 10
"""As many as the smallest fleet has secrets, so that every size keeps all of them busy."""
_MEASURED = 200
"""Rotations that are measured at the least: a small fleet is rotated as often as it takes, and a new one each time."""


@dataclass(frozen=True)
class Point:
    """What one rotation takes in a fleet of one size."""

    secrets: int
    calls: float
    seconds: float
    """By the virtual clock."""
    cpu: float
    """Milliseconds, of the host and the simulators too."""


def run(options: Options) -> Section:
    """Measure each size, in a process of its own, the largest first."""
    sizes = sorted({_FEWEST, _FEWEST * 10, options.secrets, options.secrets * 10}, reverse=True)
    points = apart(_measure, [(size, options.latencies) for size in sizes])[::-1]
    _draw(points)
    title = f"Growth: from {points[0].secrets} secrets to {points[-1].secrets:,}"
    return Section(title, list(_figures(points)), list(_notes(points)), [_CHART])


def _measure(many: int, latencies: Latencies) -> Point:
    _rotate(_FEWEST, latencies)  # pays for imports
    rounds = [_rotate(many, latencies) for _ in range(max(1, _MEASURED // many))]
    return Point(
        secrets=many,
        calls=sum(one.calls for one in rounds) / len(rounds),
        seconds=sum(one.seconds for one in rounds) / len(rounds),
        cpu=sum(one.cpu for one in rounds) / len(rounds),
    )


def _rotate(many: int, latencies: Latencies) -> Point:
    with arena() as made:
        fleet = seed(made, many)
        began = time.process_time()
        done = rush(made, fleet, latencies, _PLACES)
        spent = time.process_time() - began
        assert done.rotated == many  # noqa: S101 - or the figures say nothing
        return Point(many, done.calls.total() / many, done.makespan.total_seconds() / many, spent * 1000 / many)


def _figures(points: Sequence[Point]) -> Iterator[Figure]:
    least, most = points[0], points[-1]
    yield Figure("calls for each rotation", most.calls, "calls", least.calls)
    yield at_most("calls for each rotation, to those of the fewest", most.calls / least.calls, "×", 1.1, 1)
    yield Figure("time for each rotation", most.seconds * 1000, "ms", least.seconds * 1000)
    yield at_most("time for each rotation, to that of the fewest", most.seconds / least.seconds, "×", 1.1, 1)
    yield Figure("CPU time for each rotation", most.cpu, "ms", least.cpu)
    yield at_most("CPU time for each rotation, to that of the fewest", most.cpu / least.cpu, "×", 1.1, 1)


def _notes(points: Sequence[Point]) -> Iterator[str]:
    yield (
        f"Values are for {points[-1].secrets:,} secrets, baselines for {points[0].secrets}. Time is virtual, with "
        f"{_PLACES} activities at a time and the latencies of the burst: the whole time by the number of secrets. CPU "
        "time is the process's, the embedded host and the simulators included. The vaults are listed once in five "
        "minutes, a page for 25 secrets; the clock stands still for everybody meanwhile."
    )
    yield "\n".join(
        [
            "| secrets | calls | time | CPU time |",
            "|---:|---:|---:|---:|",
            *(
                f"| {one.secrets:,} | {one.calls:.2f} | {one.seconds * 1000:.1f} ms | {one.cpu:.1f} ms |"
                for one in points
            ),
        ]
    )


def _draw(points: Sequence[Point]) -> None:
    least = points[0]
    with chart(_CHART) as axes:
        sizes = [one.secrets for one in points]
        for name, style, values in (
            ("calls", "-o", [one.calls / least.calls for one in points]),
            ("time", "--s", [one.seconds / least.seconds for one in points]),
        ):
            axes.plot(sizes, values, style, color=OURS, label=f"{name} for each rotation")
        axes.set(xscale="log", xlabel="secrets", ylabel=f"to those of {least.secrets}", ylim=(0, 1.5))
        axes.legend(loc="lower right")
