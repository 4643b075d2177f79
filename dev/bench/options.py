"""What a run of the benchmark is asked for; every section takes from it what concerns it."""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True)
class Latencies:
    """How long simulated Azure takes to answer."""

    vault: timedelta = timedelta(milliseconds=30)
    list_keys: timedelta = timedelta(milliseconds=150)
    regenerate: timedelta = timedelta(milliseconds=800)
    blob: timedelta = timedelta(milliseconds=20)


@dataclass(frozen=True)
class Options:
    """Everything that can be set on the command line."""

    seed: int = 1
    """What every random choice follows from."""
    secrets: int = 1000
    days: int = 365
    """How long the simulated year is."""
    latencies: Latencies = field(default_factory=Latencies)
