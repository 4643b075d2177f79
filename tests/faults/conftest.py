"""One simulated Azure for each module: entering one costs more than most cases."""

from collections.abc import Iterator

import pytest

from dev.faults.arena import Arena
from dev.faults.case import rehearse
from dev.faults.scenarios import MAIN


@pytest.fixture(scope="module")
def arena() -> Iterator[Arena]:
    with Arena() as arena:
        rehearse(arena, MAIN)  # the process is warm from here on: its calls are the same each time
        yield arena
