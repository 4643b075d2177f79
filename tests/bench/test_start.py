"""A cold start imports the app's own modules on top of the two SDKs it is made of, and nobody else's."""

import json
import os
import subprocess
import sys

import pytest

from dev.bench.import_parts import PARTS, REST
from dev.faults.arena import APP, SETTINGS

pytestmark = pytest.mark.e2e


def run(*arguments: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=APP, env=os.environ | SETTINGS, capture_output=True, check=True)  # noqa: S603
    return done.stdout.decode()


def is_foreign(module: str) -> bool:
    """Tell whether a module is neither the app's nor Python's."""
    top = module.partition(".")[0]
    return top not in sys.stdlib_module_names and not (APP / top).is_dir() and not (APP / f"{top}.py").is_file()


def test_what_is_imported_for_the_first_call_only_is_not_imported_at_the_start() -> None:
    modules = "before = set(sys.modules); import function_app; print(*set(sys.modules) - before)"
    added = run("-c", f"import sys, azure.functions, azure.durable_functions; {modules}").split()
    assert "function_app" in added
    assert [module for module in added if is_foreign(module)] == []


def test_the_parts_of_an_import_are_told() -> None:
    told = json.loads(run("-m", "dev.bench.import_parts"))
    assert set(told["seconds"]) == {*(name for name, _, _ in PARTS), REST}
    assert all(seconds >= 0 for seconds in told["seconds"].values())
    assert told["many"]["data classes"] > 10
