"""The app's side of the year: it takes events in, survives its deaths, and tells what it has given up."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.bench.year.notices import Notices
from dev.bench.year.ours import Ours
from dev.bench.year.population import DAY
from dev.bench.year.stage import BEGIN, Stage
from tests.bench.conftest import SECRET, Staging

pytestmark = pytest.mark.e2e


@pytest.fixture
def stage(staged: Staging) -> Stage:
    return staged()


@pytest.fixture
def ours(stage: Stage, tmp_path: Path) -> Iterator[Ours]:
    app = Ours(stage, tmp_path / "hub.sqlite")
    Notices(stage, 1, app.deliver)
    yield app
    app.close()


def play(stage: Stage, ours: Ours, days: int) -> None:
    while (due := stage.clock.next_due()) is not None and due <= BEGIN + days * DAY:
        stage.clock.advance(max(due, stage.clock.now()) - stage.clock.now())
        ours.step()


@pytest.mark.parametrize("death", ["kill_worker", "kill_host"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_death_in_the_middle_costs_nobody_anything(stage: Stage, ours: Ours, death: str, when: str) -> None:
    died = stage.azure.faults.add(
        "storage.regenerateKey",
        drop=True,
        when=when,  # type: ignore[arg-type]
        callback=getattr(ours, death),
    )
    play(stage, ours, 2)
    assert died.fired == 1
    assert stage.live_slot(SECRET) == "key2"
    assert [one.slot for one in stage.regenerations] == ["key2"]
    assert ours.failed() == []


def test_what_it_has_given_up_is_named_until_it_is_made_good(stage: Stage, ours: Ours) -> None:
    stage.accounts["store"].deny("regenerateKey")
    play(stage, ours, 2)
    assert [one.partition(":")[0] for one in ours.failed()] == [SECRET]
    stage.vault.set_secret(SECRET, "by hand")
    assert ours.failed() == []
