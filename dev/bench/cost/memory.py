"""How much memory a thousand rotations take, beside a thousand orchestrations that do nothing.

Either is measured as the most that its process ever had resident. The embedded host keeps every history in that same
process, and for the app there are the simulators too, so both are upper bounds; what a worker would have is less.
"""

import resource
import sys
from dataclasses import dataclass

from dev.bench.apart import apart
from dev.bench.fleet import seed
from dev.bench.rush import arena, quiet_host
from dev.clock import VirtualClock
from dev.embedded_host import EmbeddedHost

from .cpu import BARE_APP

MANY = 1000
_FEW = 10
_OURS, _BARE = "ours", "bare"
_PATIENCE = 600.0
_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Memory:
    """Megabytes."""

    few: float
    """After ten rotations."""
    ours: float
    bare: float


def compare() -> Memory:
    """Measure each in a process of its own."""
    few, ours, bare = apart(_resident, [(_OURS, _FEW), (_OURS, MANY), (_BARE, MANY)])
    return Memory(few, ours, bare)


def _resident(app: str, many: int) -> float:
    if app == _OURS:
        with arena() as made, quiet_host(made) as host:
            fleet = seed(made, many)
            fleet.announce(host)
            assert fleet.rotated() == many  # noqa: S101 - or the figure says nothing
    else:
        with EmbeddedHost(BARE_APP, clock=VirtualClock(), keep_journal=False, patience=_PATIENCE) as host:
            for _ in range(many):
                host.start("five", None, {"count": 0})
            host.wait_idle()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT / 1e6
