"""CPU time of a rotation beside orchestrations that do nothing, on the same host.

All run on the embedded host, whose work (the queue, the replay through the SDK's executor, the history) is part of
every figure; the rotation is measured without the Azure SDKs, which take more than all the rest. Beside five bare
activities the ratio says what everything on top of them costs; beside five under an entity's lock, which is the shape
of a rotation, it says what the app's own code costs: its planning, its checks, its status and its records.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from dev.bench.apart import apart
from dev.bench.fleet import seed
from dev.bench.rush import arena
from dev.clock import VirtualClock
from dev.embedded_host import EmbeddedHost
from dev.embedded_host.functions import ACTIVITY, ENTITY, ORCHESTRATION, LoadedFunction
from dev.embedded_host.invoker import Invoker
from dev.faults.arena import APP

from .offline import offline

BARE_APP = Path(__file__).parent / "bare_app"
_MANY = 100
_ROUNDS = 7


@dataclass(frozen=True)
class Spent:
    """Milliseconds for one orchestration."""

    whole: float
    episodes: float
    """The orchestrator function, the SDK's replay in it included."""
    activities: float
    entity: float
    """The lock's operations."""

    @property
    def host(self) -> float:
        """Everything that is in no function: the embedded host."""
        return self.whole - self.episodes - self.activities - self.entity


@dataclass(frozen=True)
class Cpu:
    """What was spent, round by round."""

    ours: list[Spent]
    five: list[Spent]
    locked: list[Spent]


def compare() -> Cpu:
    """Measure all in turns, in a process of their own."""
    return apart(_compare, [()])[0]


def ratios(ours: Sequence[Spent], theirs: Sequence[Spent]) -> tuple[float, tuple[float, float]]:
    """Return the ratio of two measures, and its least and most in any round."""
    found = [one.whole / other.whole for one, other in zip(ours, theirs, strict=True)]
    return statistics.median(found), (min(found), max(found))


def _compare() -> Cpu:
    _round()  # pays for imports
    rounds = [_round() for _ in range(_ROUNDS)]
    return Cpu(*(list(column) for column in zip(*rounds, strict=True)))


def _round() -> tuple[Spent, Spent, Spent]:
    return _ours(), _bare("five"), _bare("five_locked")


def _ours() -> Spent:
    with arena() as made, EmbeddedHost(APP, clock=made.clock) as host:
        fleet = seed(made, _MANY)
        requests = fleet.requests()
        with offline(fleet):
            return _timed(host, lambda: [host.start("rotate_secret", None, one.to_json()) for one in requests])


def _bare(orchestrator: str) -> Spent:
    with EmbeddedHost(BARE_APP, clock=VirtualClock()) as host:
        return _timed(host, lambda: [host.start(orchestrator, None, {"count": 0}) for _ in range(_MANY)])


def _timed(host: EmbeddedHost, start: Callable[[], list[str]]) -> Spent:
    with _functions_timed() as calls:
        began = time.process_time()
        instances = start()
        host.wait_idle()
        whole = time.process_time() - began
    for instance in instances:
        status = host.status(instance)
        assert status is not None  # noqa: S101 - it has just been started
        assert status["runtimeStatus"] == "Completed", status["output"]  # noqa: S101 - or the time says nothing
    parts = (sum(seconds for kind, seconds in calls if kind == each) for each in (ORCHESTRATION, ACTIVITY, ENTITY))
    return Spent(*(seconds * 1000 / _MANY for seconds in (whole, *parts)))


@contextmanager
def _functions_timed() -> Iterator[list[tuple[str, float]]]:
    """Give out a list that gets the kind and the CPU seconds of each function call that ends."""
    calls: list[tuple[str, float]] = []
    run = Invoker._run

    def timed(function: LoadedFunction) -> LoadedFunction:
        def call(**arguments: Any) -> Any:
            began = time.thread_time()
            try:
                return function.call(**arguments)
            finally:
                calls.append((function.kind, time.thread_time() - began))

        return function if function.is_async else replace(function, call=call)

    async def run_timed(invoker: Invoker, function: LoadedFunction, arguments: dict[str, Any]) -> Any:
        return await run(invoker, timed(function), arguments)

    with patch.object(Invoker, "_run", run_timed):
        yield calls
