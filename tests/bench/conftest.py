"""A stage of one or two secrets, inside simulated Azure."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest

from dev.bench.year.inside import inside
from dev.bench.year.population import DAY, SecretSpec
from dev.bench.year.stage import Stage

Staging = Callable[..., Stage]

SECRET, NEIGHBOUR = "one", "two"


def spec(name: str = SECRET, **changes: object) -> SecretSpec:
    """Return a secret that lives on key1 of an account of its own, a connection string of 100 days."""
    known: dict[str, object] = {
        "name": name,
        "account": "store",
        "slot": "key1",
        "connection_string": True,
        "validity": 100 * DAY,
        "age": 70 * DAY,
        "retire_after": None,
        "propagation": timedelta(0),
    }
    return SecretSpec(**(known | changes))  # type: ignore[arg-type]


@pytest.fixture
def staged() -> Iterator[Staging]:
    """Makes a stage of some secrets and enters its Azure."""
    with ExitStack() as stack:

        def make(*specs: SecretSpec) -> Stage:
            stage = Stage("bench-kv", list(specs or [spec()]), seed=1)
            stack.enter_context(inside(stage.azure, stage.vault))
            return stage

        yield make
