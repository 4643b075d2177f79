"""Worker deaths planted by tests.

A real worker that dies takes the call in hand with it and the host tells the durable extension so (s12a, s12b).
In this process function and host live together, so a death is played: the call is not made, or its answer is
lost.
"""

import threading
from dataclasses import dataclass
from typing import Literal

from .functions import ACTIVITY, ORCHESTRATION

When = Literal["before", "after"]
_KINDS = {"activity": ACTIVITY, "orchestrator": ORCHESTRATION}


@dataclass
class _Planted:
    kind: str
    function: str
    calls_left: int
    when: When


class CrashPlan:
    """Which calls the worker will not survive."""

    def __init__(self) -> None:
        self.deaths = 0
        """How often the worker has died at once, with every call that it had in hand."""
        self._planted: list[_Planted] = []
        self._lock = threading.Lock()

    def strike(self) -> None:
        """Let the worker die now."""
        with self._lock:
            self.deaths += 1

    def plant(self, on: Literal["activity", "orchestrator"], function: str, nth: int, when: When) -> None:
        """Let the worker die in the nth call from now of a function."""
        with self._lock:
            self._planted.append(_Planted(_KINDS[on], function.lower(), nth, when))

    def take(self, kind: str, function: str) -> When | None:
        """Count one call; say when in it the worker dies, if it does."""
        with self._lock:
            for planted in self._planted:
                if (planted.kind, planted.function) == (kind, function.lower()):
                    planted.calls_left -= 1
                    if planted.calls_left == 0:
                        self._planted.remove(planted)
                        return planted.when
        return None
