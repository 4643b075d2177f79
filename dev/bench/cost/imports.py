"""How long a cold start imports the app, beside the SDKs that it cannot start without; in turns, in fresh processes.

CPU time, because the wall clock of a process this short says more about the machine's other work; with bytecode cached,
for the app as for the SDKs, whatever the environment says about writing it.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

from dev.bench.import_parts import PARTS, REST
from dev.faults.arena import APP, SETTINGS

_SDKS = "azure.functions, azure.durable_functions"
_OF_AZURE = "azure.identity, azure.keyvault.secrets, azure.mgmt.storage"
"""What the app imports when it first calls Azure."""
_ROUNDS = 15


@dataclass(frozen=True)
class Imports:
    """Seconds, round by round."""

    app: list[float]
    sdks: list[float]
    azure: list[float]
    """The SDKs with those that the app leaves for later."""
    modules: int
    """How many of the app's own are imported."""
    shares: dict[str, float] = field(default_factory=dict)
    """Of what the app adds to its SDKs, by what it is spent on."""
    many: dict[str, int] = field(default_factory=dict)
    """How many of each there are."""

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

    @property
    def later(self) -> float:
        """Return what the SDKs that are imported later would add to the ratio."""
        return statistics.median(self.azure) / statistics.median(self.sdks) - 1


def compare() -> Imports:
    """Measure all; a first round is thrown away, which fills the caches."""
    with tempfile.TemporaryDirectory(prefix="bytecode-") as folder:
        measured = ("function_app", _SDKS, f"{_SDKS}, {_OF_AZURE}")
        rounds = [[_seconds(each, folder) for each in measured] for _ in range(_ROUNDS + 1)][1:]
        app, sdks, azure = (list(column) for column in zip(*rounds, strict=True))
        parts = [json.loads(_run(["-m", "dev.bench.import_parts"], folder)) for _ in range(_ROUNDS)]
        shares = {
            part: statistics.median(one["seconds"][part] / sum(one["seconds"].values()) for one in parts)
            for part in (*(name for name, _, _ in PARTS), REST)
        }
        return Imports(app, sdks, azure, _modules(folder), shares, parts[0]["many"])


def _seconds(modules: str, folder: str) -> float:
    timed = f"began = time.process_time(); import {modules}; print(time.process_time() - began)"
    return float(_run(["-c", f"import time; {timed}"], folder))


def _modules(folder: str) -> int:
    loaded = _run(["-c", "import sys, function_app; print(*sys.modules)"], folder).split()
    tops = [name.partition(".")[0] for name in loaded]
    return sum((APP / top).is_dir() or (APP / f"{top}.py").is_file() for top in tops)


def _run(arguments: list[str], folder: str) -> str:
    environment = os.environ | SETTINGS | {"PYTHONPYCACHEPREFIX": folder}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=APP, env=environment, capture_output=True, check=True)  # noqa: S603
    return done.stdout.decode()
