"""Fixtures that more than one tier uses."""

import os
from collections.abc import Iterator

import pytest

from dev.clock import VirtualClock
from dev.simulators import SimulatedAzure
from tests.scene import SETTINGS, START, Scene, app_environment

# The app checks its settings when it is imported, and test modules import it before any fixture runs.
for _name, _value in SETTINGS.items():
    os.environ.setdefault(_name, _value)


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
