"""The judges, each started once for all tests of its kind.

A judge that can't be had here skips its tests with a loud reason, and fails them where `CI=true`.
"""

import os
from collections.abc import Callable, Iterator, Mapping

import pytest

from dev.embedded_host import EmbeddedHost
from dev.judges.azurite import Azurite
from dev.judges.components import AZURITE, KUSTO, LOWKEY_VAULT, POSTGRESQL, WORKER_ENGINE, Component
from dev.judges.kusto_language import Judgement, judge
from dev.judges.lowkey_vault import LowkeyVault
from dev.judges.postgresql import PostgresqlServer
from dev.judges.worker_engine import WorkerEngine
from tests.e2e.conftest import APP, Running
from tests.scene import VAULT, Scene


def require(component: Component) -> None:
    reason = component.why_missing()
    if reason is None:
        return
    told = f"!!! NO JUDGE {component.name}: {reason}"
    if os.environ.get("CI") == "true" and component.required_in_ci:
        pytest.fail(told)
    pytest.skip(told)


@pytest.fixture
def running(scene: Scene) -> Iterator[Running]:
    """The app on the embedded host."""
    with EmbeddedHost(APP, clock=scene.clock) as host:
        yield Running(scene, host)


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    require(AZURITE)
    with Azurite() as azurite:
        yield azurite


@pytest.fixture(scope="session")
def lowkey_vault() -> Iterator[LowkeyVault]:
    require(LOWKEY_VAULT)
    with LowkeyVault(f"{VAULT}.vault.azure.net") as lowkey:
        yield lowkey


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    require(POSTGRESQL)
    with PostgresqlServer() as server:
        yield server


@pytest.fixture(scope="session")
def kusto() -> Callable[[Mapping[str, str]], dict[str, Judgement]]:
    require(KUSTO)
    return judge


@pytest.fixture(scope="session")
def worker_engine() -> WorkerEngine:
    require(WORKER_ENGINE)
    return WorkerEngine()
