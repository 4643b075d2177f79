"""What importing function_app spends its time on, beyond the SDKs: run in a fresh process, answers with JSON.

Not in the package `cost`, which imports the app itself. The probes cost time of their own, so only the shares count.
"""

import azure.durable_functions
import azure.functions  # noqa: F401 - both are there before the clock starts, as for the ratio

# isort: split
import dataclasses
import json
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from importlib.machinery import FileFinder, SourceFileLoader
from typing import Any

PARTS: tuple[tuple[str, Any, str], ...] = (
    ("finding files", FileFinder, "find_spec"),
    ("reading files", SourceFileLoader, "get_code"),
    ("data classes", dataclasses, "dataclass"),
    ("regular expressions", re, "compile"),
)
REST = "all the rest"


class _Probe:
    """Measures what some functions take, by part."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.many: Counter[str] = Counter()

    def around(self, function: Callable[..., Any], part: str) -> Callable[..., Any]:
        """Return the function, measured."""

        def measured(*arguments: Any, **options: Any) -> Any:
            began = time.process_time()
            made = function(*arguments, **options)
            self.seconds[part] += time.process_time() - began
            if part == "data classes" and not isinstance(made, type):
                return self.around(made, part)  # `dataclass(frozen=True)` answers with what does the work
            self.many[part] += 1
            return made

        return measured


def main() -> None:
    """Import the app and tell where the time went."""
    probe = _Probe()
    for part, owner, name in PARTS:
        setattr(owner, name, probe.around(getattr(owner, name), part))
    began = time.process_time()
    import function_app  # noqa: F401, PLC0415 - what is measured

    whole = time.process_time() - began
    probe.seconds[REST] = whole - sum(probe.seconds.values())
    sys.stdout.write(json.dumps({"seconds": probe.seconds, "many": probe.many}))


if __name__ == "__main__":
    main()
