"""A fleet rotated at once, by the app on the embedded host or by a peer, with Azure's time on the virtual clock.

This is a discrete-event simulation around the real programs. A call to Azure takes its latency by the virtual clock,
during which the app's activity holds its place; who finds no place waits in the queue. Nothing else takes time: not the
programs' own code, and not the Durable backend. So the figures are exact, the same on every machine, and a lower bound
of what a deployment takes. A listing of a vault, for which everybody waits, stops the whole clock: that share is an
upper bound.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from dev.embedded_host import EmbeddedHost
from dev.faults.arena import APP, Arena
from dev.simulators.calls import Call
from dev.simulators.shortcut import shortcut

from .baselines.clients import PeerClients
from .baselines.kssedr import Kssedr
from .fleet import Fleet
from .options import Latencies

_LIMIT_OF_ACTIVITIES = "AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions"
_PATIENCE = 600.0
NOT_AZURE = ("keyvault.challenge", "identity.token")
"""What clients ask once, whatever they rotate."""


@dataclass(frozen=True)
class Rush:
    """How it went."""

    makespan: timedelta
    written: list[timedelta]
    """When each new version was written, from the beginning."""
    calls: Counter[str]
    """By operation, answered with success."""
    throttled: int
    """Calls that were answered 429."""
    rotated: int

    @property
    def throttled_share(self) -> float:
        """Return the share of all calls that were answered 429."""
        return self.throttled / (self.calls.total() + self.throttled)


@contextmanager
def arena(seed: int | None = None) -> Iterator[Arena]:
    """Give out an empty Azure, reached without sockets; with a seed, versions have the same ids each time."""
    with Arena(seed) as made, shortcut(made.azure):
        made.clear(cold=True)
        yield made


def quiet_host(arena: Arena) -> EmbeddedHost:
    """Return a host of the app that bears thousands of rotations."""
    return EmbeddedHost(APP, clock=arena.clock, keep_journal=False, patience=_PATIENCE)


def rush(arena: Arena, fleet: Fleet, latencies: Latencies, places: int) -> Rush:
    """Let the app rotate a fleet, with so many activities at a time."""
    with limited_to(places), quiet_host(arena) as host:
        _take_time(arena, latencies, host.hold)
        began = arena.clock.now()
        waiting = fleet.announce(host)
        while waiting:
            if host.has_ended(waiting[-1]):
                waiting.pop()
                continue
            due = arena.clock.next_due()
            assert due is not None, f"nothing will ever happen to {waiting[-1]}"  # noqa: S101 - better than for ever
            arena.clock.advance(max(due - arena.clock.now(), timedelta(0)))
        return _result(arena, began, fleet.rotated())


def one_by_one(arena: Arena, fleet: Fleet, latencies: Latencies) -> Rush:
    """Let KSSEDR rotate a fleet: a message each, one after the other, as its Event Hub of one partition brings them."""
    _take_time(arena, latencies, arena.clock.slip)
    clients = PeerClients(lambda seconds: arena.clock.slip(timedelta(seconds=seconds)))
    began = arena.clock.now()
    Kssedr(clients, arena.clock.now).on_batch([json.dumps([event]) for event in fleet.events()])
    return _result(arena, began, sum(call.operation == "keyvault.setSecret" for call in arena.azure.calls))


def _take_time(arena: Arena, latencies: Latencies, wait: Callable[[timedelta], None]) -> None:
    """Let calls take their time; `wait` lets it pass for one caller, a listing for all of them.

    Resource Manager is taken to read an account as fast as it lists its keys.
    """
    times = {
        "keyvault.*Secret": latencies.vault,
        "storage.getAccount": latencies.list_keys,
        "storage.listKeys": latencies.list_keys,
        "storage.regenerateKey": latencies.regenerate,
        "blob.*": latencies.blob,
    }
    for operation, time in times.items():
        arena.azure.faults.add(operation, times=None, callback=lambda time=time: wait(time))  # type: ignore[misc]
    arena.azure.faults.add("keyvault.list*", times=None, callback=lambda: arena.clock.slip(latencies.vault))


def _result(arena: Arena, began: datetime, rotated: int) -> Rush:
    calls = [call for call in arena.azure.calls if call.operation not in NOT_AZURE]
    succeeded = [call for call in calls if _succeeded(call)]
    return Rush(
        makespan=arena.clock.now() - began,
        written=[call.time - began for call in succeeded if call.operation == "keyvault.setSecret"],
        calls=Counter(call.operation for call in succeeded),
        throttled=sum(call.status == 429 for call in calls),
        rotated=rotated,
    )


def _succeeded(call: Call) -> bool:
    return call.status is not None and call.status < 400


@contextmanager
def limited_to(places: int) -> Iterator[None]:
    """Let hosts that are made meanwhile run so many activities at a time."""
    os.environ[_LIMIT_OF_ACTIVITIES] = str(places)
    try:
        yield
    finally:
        del os.environ[_LIMIT_OF_ACTIVITIES]
