"""One simulated Azure for each module that wants one without a host: entering it costs more than most tests."""

from collections.abc import Iterator

import pytest

from dev.faults.arena import Arena
from dev.faults.stage import Stage


@pytest.fixture(scope="module")
def arena() -> Iterator[Arena]:
    with Arena() as arena:
        yield arena


@pytest.fixture
def stage(arena: Arena) -> Stage:
    """An empty one."""
    arena.clear(cold=False)
    return Stage(arena)
