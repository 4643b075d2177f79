"""Who holds what a rotation leaves in memory, by allocation: the app, the embedded host, the simulators.

The same secrets are rotated again and again, and what the last times add is counted: the app's listing of the vaults
knows them by then and its clients are made, so what still grows in its modules may grow for ever. What an SDK allocates
is its caller's; what the app allocates and the host keeps, as parts of a history, is the app's here.
"""

import gc
import tracemalloc
from collections import Counter
from dataclasses import replace
from datetime import timedelta

from dev.bench.apart import apart
from dev.bench.fleet import Fleet, seed
from dev.bench.rush import arena, limited_to, quiet_host
from dev.embedded_host import EmbeddedHost
from dev.faults.arena import APP, Arena

_MANY = 25
_WARM, _COUNTED = 3, 3
"""How often they are rotated beforehand, and then."""
_PLACES = 2
"""Activities at a time: there are as many clients, once all places have been busy at once."""
_FRAMES = 10
_UNTIL_DUE = timedelta(days=65)
"""With the app's defaults a version lives for 90 days and is replaced 30 days before its end."""

APP_ITSELF, HOST, SIMULATORS, OTHERS = "the app", "the embedded host", "the simulators", "Python and others"


def grown() -> dict[str, float]:
    """Return the bytes that one more rotation of a known secret leaves behind, by owner."""
    return apart(_grown, [()])[0]


def _grown() -> dict[str, float]:
    with arena() as made, limited_to(_PLACES), quiet_host(made) as host:
        fleet = seed(made, _MANY)
        for _ in range(_WARM):
            fleet = _rotated(made, host, fleet)
            # From the first round on: what is made once and replaced later must not count as new.
            tracemalloc.start(_FRAMES)
        before = _owned()
        for _ in range(_COUNTED):
            fleet = _rotated(made, host, fleet)
        after = _owned()
        tracemalloc.stop()
    many = _MANY * _COUNTED
    return {owner: (after[owner] - before[owner]) / many for owner in (APP_ITSELF, HOST, SIMULATORS, OTHERS)}


def _rotated(arena: Arena, host: EmbeddedHost, fleet: Fleet) -> Fleet:
    """Rotate a fleet, and return it as it is when its new versions are due."""
    fleet.announce(host)
    written = [fleet.vault.current(version.name) for version in fleet.versions]
    replaced = sum(new.version != old.version for new, old in zip(written, fleet.versions, strict=True))
    assert replaced == _MANY  # noqa: S101 - or the figure says nothing
    arena.clock.advance(_UNTIL_DUE)
    return replace(fleet, versions=written)


def _owned() -> Counter[str]:
    gc.collect()
    owned: Counter[str] = Counter()
    for found in tracemalloc.take_snapshot().statistics("traceback"):
        owned[_owner([frame.filename for frame in found.traceback])] += found.size
    return owned


def _owner(files: list[str]) -> str:
    """Return whose code was nearest to an allocation; the files are those of its callers, the nearest last."""
    own = f"{APP}/"
    for file in reversed(files):
        if not file.startswith((f"{own}.", f"{own}dev/")) and file.startswith(own):
            return APP_ITSELF
        if file.startswith(f"{own}dev/embedded_host/"):
            return HOST
        if file.startswith(f"{own}dev/"):
            return SIMULATORS
    return OTHERS
