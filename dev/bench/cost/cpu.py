"""CPU time of a rotation beside orchestrations that do nothing, on the same host.

All run on the embedded host, whose work (the queue, the replay through the SDK's executor, the history) is part of
every figure; the rotation is measured without the Azure SDKs, which take more than all the rest. Beside five bare
activities the ratio says what everything on top of them costs; beside five under an entity's lock, which is the shape
of a rotation, it says what the app's own code costs: its planning, its checks, its status and its records.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dev.bench.apart import apart
from dev.bench.fleet import seed
from dev.bench.rush import arena
from dev.clock import VirtualClock
from dev.embedded_host import EmbeddedHost
from dev.faults.arena import APP

from .offline import offline

BARE_APP = Path(__file__).parent / "bare_app"
_MANY = 100
_ROUNDS = 7


@dataclass(frozen=True)
class Cpu:
    """Milliseconds for one orchestration, round by round."""

    ours: list[float]
    five: list[float]
    locked: list[float]


def compare() -> Cpu:
    """Measure all in turns, in a process of their own."""
    return apart(_compare, [()])[0]


def ratios(ours: list[float], theirs: list[float]) -> tuple[float, tuple[float, float]]:
    """Return the ratio of two measures, and its least and most in any round."""
    found = [one / other for one, other in zip(ours, theirs, strict=True)]
    return statistics.median(found), (min(found), max(found))


def _compare() -> Cpu:
    _round()  # pays for imports
    rounds = [_round() for _ in range(_ROUNDS)]
    return Cpu(*(list(column) for column in zip(*rounds, strict=True)))


def _round() -> tuple[float, float, float]:
    return _ours(), _bare("five"), _bare("five_locked")


def _ours() -> float:
    with arena() as made, EmbeddedHost(APP, clock=made.clock) as host:
        fleet = seed(made, _MANY)
        requests = fleet.requests()
        with offline(fleet):
            return _timed(host, lambda: [host.start("rotate_secret", None, one.to_json()) for one in requests])


def _bare(orchestrator: str) -> float:
    with EmbeddedHost(BARE_APP, clock=VirtualClock()) as host:
        return _timed(host, lambda: [host.start(orchestrator, None, {"count": 0}) for _ in range(_MANY)])


def _timed(host: EmbeddedHost, start: Callable[[], list[str]]) -> float:
    began = time.process_time()
    instances = start()
    host.wait_idle()
    spent = time.process_time() - began
    for instance in instances:
        status = host.status(instance)
        assert status is not None  # noqa: S101 - it has just been started
        assert status["runtimeStatus"] == "Completed", status["output"]  # noqa: S101 - or the time says nothing
    return spent * 1000 / _MANY
