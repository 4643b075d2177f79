"""How long a cold start imports the app, beside the SDKs that it cannot start without; in turns, in fresh processes.

CPU time, because the wall clock of a process this short says more about the machine's other work.
"""

import os
import statistics
import subprocess
import sys
from dataclasses import dataclass

from dev.faults.arena import APP, SETTINGS

_SDKS = "azure.functions, azure.durable_functions"
_ROUNDS = 15


@dataclass(frozen=True)
class Imports:
    """Seconds, round by round."""

    app: list[float]
    sdks: list[float]
    modules: int
    """How many of the app's own are imported."""

    @property
    def ratio(self) -> float:
        """Return the ratio of the middle ones."""
        return statistics.median(self.app) / statistics.median(self.sdks)

    @property
    def spread(self) -> tuple[float, float]:
        """Return the ratios of the lower and the upper quarters: single rounds say little."""
        quarters = zip(statistics.quantiles(self.app), statistics.quantiles(self.sdks), strict=True)
        found = [one / other for one, other in quarters]
        return min(found), max(found)


def compare() -> Imports:
    """Measure both; a first round is thrown away, which fills the caches."""
    rounds = [(_seconds("function_app"), _seconds(_SDKS)) for _ in range(_ROUNDS + 1)][1:]
    return Imports([app for app, _ in rounds], [sdks for _, sdks in rounds], _modules())


def _seconds(modules: str) -> float:
    timed = f"began = time.process_time(); import {modules}; print(time.process_time() - began)"
    return float(_run(f"import time; {timed}"))


def _modules() -> int:
    loaded = _run("import sys, function_app; print(*sys.modules)").split()
    tops = [name.partition(".")[0] for name in loaded]
    return sum((APP / top).is_dir() or (APP / f"{top}.py").is_file() for top in tops)


def _run(code: str) -> str:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=APP, env=os.environ | SETTINGS, capture_output=True, check=True)  # noqa: S603
    return done.stdout.decode()
