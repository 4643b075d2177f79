"""The machinery sees what it looks for: planted violations, and planted credentials."""

import logging
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from dev.faults.arena import Arena
from dev.faults.canaries import Ear, forms, keys_of, leaks, search
from dev.faults.case import rehearse
from dev.faults.matrix import singles
from dev.faults.scenarios import MAIN, SCENARIOS
from dev.faults.schedule import schedule
from dev.faults.trial import StuckError, Trial
from dev.faults.verdict import conclude, promises

pytestmark = pytest.mark.faults


def test_every_call_of_a_rotation_is_struck_by_every_fault(arena: Arena) -> None:
    rehearsal = rehearse(arena, MAIN)
    made = {str(point) for point in rehearsal.points}
    assert {"storage.regenerateKey 1 (regenerate_key 1)", "keyvault.setSecret 1 (write_version 1)"} <= made
    cases = list(singles({MAIN: rehearsal}))
    assert len(cases) == len(rehearsal.points) * 23 + rehearsal.episodes


def test_live_slot_regenerated_by_the_app_is_seen_at_once(arena: Arena) -> None:
    with Trial(arena, SCENARIOS[MAIN]) as trial:
        trial.stage.managed["storage-key"].account.regenerate("key1")
        told = "\n".join(trial.ledger.broken)
        assert "the app regenerated samplestore/key1, the live slot of storage-key" in told
        assert "which the consumer of storage-key holds" in told
        assert "is not accepted since “samplestore/key1: regenerated”" in told
        assert "*** BROKEN: the app regenerated samplestore/key1" in schedule(trial)


def test_the_same_by_somebody_else_is_not_held_against_the_app(arena: Arena) -> None:
    with Trial(arena, SCENARIOS[MAIN]) as trial:
        trial.outsider.make("live slot regenerated")
        assert trial.ledger.broken == []
        assert len(trial.ledger.outside) == 1
        assert list(conclude(trial, with_newcomer=False)) == []
        assert list(promises(trial)) == []


def test_lost_tag_and_a_changed_format_are_seen(arena: Arena) -> None:
    with Trial(arena, SCENARIOS["connection string"]) as trial:
        assert list(conclude(trial, with_newcomer=False)) == []
        secret = trial.stage.managed["storage-key"]
        trial.stage.vault.set_secret("storage-key", secret.account.key("key2"), tags={"CredentialId": "key2"})
        told = "\n".join(promises(trial))
        assert "the value's format has changed" in told
        assert "tag owner is None instead of payments" in told
        assert "has not been renewed" in told


def test_rotation_that_never_ends_is_told(arena: Arena) -> None:
    with Trial(arena, SCENARIOS[MAIN]) as trial:
        trial.host.start("rotate_secret", "waits", trial._request("storage-key", "0" * 32).to_json())
        trial.azure.faults.add("keyvault.*", status=429, retry_after=1200, times=None)
        trial.host.wait_idle()
        assert trial.run(["waits"])[0]["runtimeStatus"] == "Failed"
        with pytest.raises(StuckError):
            trial.run(["was-never-started"])


def in_an_input(trial: Trial, key: str) -> None:
    trial.host.start("rotate_secret", "planted", {"vault": key})
    trial.host.wait_idle()


def in_the_log(trial: Trial, key: str) -> None:
    logging.getLogger("azure.core").debug("failed", exc_info=ValueError(key))


def on_stdout(trial: Trial, key: str) -> None:
    sys.stdout.write(key)


@pytest.mark.parametrize("plant", [in_an_input, in_the_log, on_stdout])
def test_planted_credential_is_found(arena: Arena, tmp_path: Path, plant: Callable[[Trial, str], None]) -> None:
    with Trial(arena, SCENARIOS[MAIN], tmp_path / "state.sqlite") as trial, Ear() as ear:
        assert leaks(trial, ear.heard) == []
        plant(trial, keys_of(trial)[0])
        assert leaks(trial, ear.heard) != []


def test_every_form_of_a_credential_is_found(arena: Arena) -> None:
    with Trial(arena, SCENARIOS[MAIN]) as trial:
        key = keys_of(trial)[0]
        for form in forms([key]):
            assert search(f'{{"text": "{form}"}}', [key]), form
        assert search(f"AccountName=a;AccountKey={key};EndpointSuffix=b", [key])


def test_slow_call_lets_time_pass_for_everybody(arena: Arena) -> None:
    before = arena.clock.now()
    arena.clock.slip(timedelta(seconds=50))
    assert arena.clock.now() - before == timedelta(seconds=50)
