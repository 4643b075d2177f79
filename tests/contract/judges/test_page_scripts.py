"""The scripts of the status page: TypeScript judges their names and types, Prettier how they are set."""

import subprocess
from pathlib import Path

import pytest

from dev.judges.components import PAGE_CHECKS, PAGE_FILES
from tests.contract.judges.conftest import require
from tests.e2e.conftest import APP

pytestmark = pytest.mark.contract


def said(tool: str, *arguments: str | Path) -> str:
    """Return what a judge says; nothing where it has no complaint."""
    require(PAGE_CHECKS)
    command = ["node", PAGE_CHECKS.home / "node_modules" / tool, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603
    assert done.returncode == 0 or done.stdout + done.stderr
    return done.stdout + done.stderr


def test_scripts_keep_to_the_types_that_they_state() -> None:
    assert said("typescript/bin/tsc", "--project", PAGE_FILES / "tsconfig.json") == ""


def test_scripts_are_set_alike() -> None:
    """To mend it, say --write instead of --list-different."""
    options = ("--config", PAGE_FILES / "prettier.json", "--list-different")
    assert said("prettier/bin/prettier.cjs", *options, APP / "web" / "*.js") == ""
