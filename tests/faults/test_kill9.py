"""A real host, really killed; `make faults` does it 200 times."""

import pytest

from dev.faults.kill9 import kill_again_and_again

pytestmark = pytest.mark.faults


def test_killed_host_ends_everything_that_it_had_begun() -> None:
    assert kill_again_and_again(3, seed=7) == []
