"""Fixtures that more than one tier uses."""

from collections.abc import Iterator

import pytest

from dev.clock import VirtualClock
from dev.simulators import SimulatedAzure
from tests.scene import START, Scene, app_environment


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
def azure(clock: VirtualClock) -> Iterator[SimulatedAzure]:
    with SimulatedAzure(clock) as azure:
        yield azure


@pytest.fixture
def scene(azure: SimulatedAzure, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    with app_environment(azure, monkeypatch):
        yield Scene(azure, clock)
