"""Rotations that came to nothing or stand still: the sweep takes them up again, so often, and then reports them."""

import json
import sqlite3
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests

from dev.embedded_host import EmbeddedHost
from rotation.ids import instance_id
from rotation.redriving import STOPPED
from tests.e2e.conftest import APP, Running
from tests.scene import DAY, SECRET, Scene

pytestmark = pytest.mark.e2e

HOUR = timedelta(hours=1)


def told(status: dict[str, Any]) -> dict[str, Any]:
    """Return what matters of a sweep's report."""
    output = status["output"]
    return {"redriven": output["redriven"], "reported": {one["secret"]: one["reason"] for one in output["reported"]}}


def failed(running: Running, version: str, operation: str, *, status: int = 500) -> str:
    """Let a rotation fail because a service has been unwell for longer than its step's budget."""
    rule = running.scene.azure.faults.add(operation, status=status, times=None)
    ended = running.rotate(version)
    assert ended["runtimeStatus"] == "Failed"
    assert ended["customStatus"]["passes"] is True
    rule.remove()
    return str(ended["instanceId"])


# --- failed


@pytest.mark.parametrize("operation", ["storage.listKeys", "storage.regenerateKey", "keyvault.setSecret"])
def test_what_failed_for_a_reason_that_passes_is_taken_up_again(sweeping: Running, operation: str) -> None:
    scene = sweeping.scene
    instance = failed(sweeping, scene.secret().version, operation)
    assert told(sweeping.sweep()) == {"redriven": 1, "reported": {}}
    ended = sweeping.ended(instance)
    assert ended["output"]["outcome"] == "rotated"
    assert json.loads(ended["input"])["redrives"] == 1
    assert ended["output"]["cause"] == "SecretNearExpiry"
    assert scene.works()
    assert scene.holds("key2")
    assert len(scene.vault.versions(SECRET)) == 2


@pytest.mark.parametrize("episode", range(2, 8))
def test_what_died_in_an_orchestrators_episode_is_taken_up_again(sweeping: Running, episode: int) -> None:
    scene = sweeping.scene
    version = scene.secret(RetireAfter="P2D").version
    consumer = scene.azure.add_consumer(scene.vault, SECRET, scene.account, every=HOUR, reread=24 * HOUR)
    sweeping.host.crash_worker("orchestrator", "rotate_secret", nth=episode)
    died = sweeping.rotate(version)
    assert died["runtimeStatus"] == "Failed"
    assert "outcome" not in (died["customStatus"] or {}), "nothing of it ran any more"
    assert told(sweeping.sweep()) == {"redriven": 1, "reported": {}}
    assert sweeping.ended(instance_id(scene.request(version)))["output"]["outcome"] == "rotated"
    assert scene.holds("key2")
    assert scene.works()
    assert sweeping.regenerations() == 2
    sweeping.host.advance(2 * DAY)
    assert consumer.refusals == []


def test_a_retirement_that_failed_is_finished_although_nothing_is_due(sweeping: Running) -> None:
    scene = sweeping.scene
    old_key = scene.account.key("key1")
    instance = sweeping.announce(scene.secret(RetireAfter="PT1H").version)
    assert sweeping.status(instance)["customStatus"]["step"] == "grace"
    rule = scene.azure.faults.add("storage.regenerateKey", status=500, times=None)
    assert sweeping.ended(instance)["runtimeStatus"] == "Failed"
    rule.remove()
    swept = sweeping.sweep()
    assert swept["output"]["vaults"][scene.vault.host]["due"] == 0
    assert told(swept)["redriven"] == 1
    assert sweeping.ended(instance)["output"]["retired"] is True
    assert not scene.account.accepts(old_key)
    assert scene.works()


def test_it_is_taken_up_so_often_and_then_reported(sweeping: Running) -> None:
    scene = sweeping.scene
    rule = scene.azure.faults.add("storage.listKeys", status=500, times=None)
    instance = sweeping.rotate(scene.secret().version)["instanceId"]
    for redrives in (1, 2, 3):
        assert told(sweeping.sweep()) == {"redriven": 1, "reported": {}}
        ended = sweeping.ended(instance)
        assert (ended["runtimeStatus"], json.loads(ended["input"])["redrives"]) == ("Failed", redrives)
        sweeping.host.advance(HOUR)
    for _ in range(2):
        report = told(sweeping.sweep())
        assert report["redriven"] == 0
        assert "500" in report["reported"][SECRET]
        assert "started again 3 times" in report["reported"][SECRET]
    assert sweeping.status(instance)["runtimeStatus"] == "Failed"
    rule.remove()
    assert sweeping.ended(sweeping.restart(instance))["output"]["outcome"] == "rotated"
    assert told(sweeping.sweep()) == {"redriven": 0, "reported": {}}


def test_an_event_starts_the_count_anew(sweeping: Running) -> None:
    scene = sweeping.scene
    version = scene.secret().version
    instance = failed(sweeping, version, "storage.listKeys")
    rule = scene.azure.faults.add("storage.listKeys", status=500, times=None)
    sweeping.sweep()
    assert json.loads(sweeping.ended(instance)["input"])["redrives"] == 1
    rule.remove()
    assert sweeping.announce(version) == instance
    ended = sweeping.ended(instance)
    assert (ended["output"]["outcome"], json.loads(ended["input"])["redrives"]) == ("rotated", 0)


def test_what_a_person_has_forced_stays_forced(sweeping: Running) -> None:
    scene = sweeping.scene
    request = scene.request(scene.secret(expires_in=80 * DAY).version, force=True, reason="leaked")
    rule = scene.azure.faults.add("storage.listKeys", status=500, times=None)
    sweeping.host.start("rotate_secret", instance_id(request), request.to_json())
    assert sweeping.ended(instance_id(request))["runtimeStatus"] == "Failed"
    rule.remove()
    assert told(sweeping.sweep())["redriven"] == 1
    assert sweeping.ended(instance_id(request))["output"]["outcome"] == "rotated"


def test_what_a_person_has_cancelled_is_not_taken_up_but_starts_anew_while_it_is_due(sweeping: Running) -> None:
    scene = sweeping.scene
    scene.azure.faults.add("storage.listKeys", status=500, times=8)
    instance = sweeping.announce(scene.secret().version)
    sweeping.status(instance)
    sweeping.host.terminate(instance, "not this week")
    scene.vault.update(SECRET, tags=dict(scene.vault.current(SECRET).tags) | {"RotationEnabled": "false"})
    assert told(sweeping.sweep()) == {"redriven": 0, "reported": {}}
    assert sweeping.status(instance)["runtimeStatus"] == "Terminated"
    scene.vault.update(SECRET, tags=dict(scene.vault.current(SECRET).tags) | {"RotationEnabled": "true"})
    assert sweeping.sweep()["output"]["vaults"][scene.vault.host]["started"] == 1


# --- standing still


@pytest.mark.parametrize("activity", ["read_metadata", "regenerate_key", "verify_key", "write_version", "swap_slot"])
def test_what_stands_still_is_stopped_and_taken_up_again(sweeping: Running, activity: str) -> None:
    scene = sweeping.scene
    version = scene.secret(RetireAfter="PT30M").version
    old_key = scene.account.key("key1")
    sweeping.host.lose_activity(activity)
    instance = sweeping.announce(version)
    sweeping.host.advance(HOUR)
    assert sweeping.status(instance)["customStatus"]["step"] == activity
    assert told(sweeping.sweep())["redriven"] == 0, "for all we know, it is at work"
    sweeping.host.advance(2 * HOUR)
    assert told(sweeping.sweep()) == {"redriven": 1, "reported": {}}
    ended = sweeping.ended(instance)
    assert ended["output"]["outcome"] == "rotated"
    assert json.loads(ended["input"])["redrives"] == 1
    assert sweeping.regenerations() == 2
    assert not scene.account.accepts(old_key)
    assert scene.works()


def test_a_wait_of_days_is_no_standing_still(sweeping: Running) -> None:
    instance = sweeping.announce(sweeping.scene.secret(RetireAfter="P20D").version)
    created = sweeping.status(instance)["createdTime"]
    for _ in range(4):
        sweeping.host.advance(4 * DAY)
        assert told(sweeping.sweep()) == {"redriven": 0, "reported": {}}
    status = sweeping.status(instance)
    assert (status["createdTime"], status["customStatus"]["step"]) == (created, "grace")


def test_what_keeps_standing_still_is_reported_in_the_end(sweeping: Running) -> None:
    scene = sweeping.scene
    for _ in range(5):
        sweeping.host.lose_activity("read_metadata")
    sweeping.announce(scene.secret().version)
    for redriven in (1, 1, 1, 0):
        sweeping.host.advance(3 * HOUR)
        report = told(sweeping.sweep())
        assert report["redriven"] == redriven
    assert "no progress since" in report["reported"][SECRET]


def test_what_was_stopped_and_then_not_started_is_taken_up_by_the_next_sweep(sweeping: Running) -> None:
    scene = sweeping.scene
    sweeping.host.lose_activity("swap_slot")
    instance = sweeping.announce(scene.secret(RetireAfter="PT30M").version)
    sweeping.host.advance(HOUR)
    sweeping.host.terminate(instance, STOPPED)
    assert told(sweeping.sweep())["redriven"] == 1
    assert sweeping.ended(instance)["output"]["retired"] is True


def test_what_a_person_has_suspended_is_reported_and_left(sweeping: Running) -> None:
    scene = sweeping.scene
    instance = sweeping.announce(scene.secret(RetireAfter="P1D").version)
    sweeping.status(instance)
    assert requests.post(sweeping.durable(instance, "/suspend?reason=looking"), timeout=30).status_code == 202
    sweeping.host.advance(2 * DAY)
    assert "suspended since" in told(sweeping.sweep())["reported"][SECRET]
    assert sweeping.status(instance)["runtimeStatus"] == "Suspended"


def test_what_no_worker_has_taken_up_is_reported_and_not_multiplied(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AzureWebJobs.sweep.Disabled", "")
    state = tmp_path / "state.sqlite"
    request = scene.request(scene.secret(RetireAfter="P9D").version)
    with EmbeddedHost(APP, clock=scene.clock, state=state) as first:
        instance = Running(scene, first).announce(request.version)
        first.wait_idle()
    with sqlite3.connect(state) as database:
        row = database.execute("SELECT body FROM documents WHERE kind = 'instance' AND key = ?", (instance,))
        lost: dict[str, Any] = {"status": "Pending", "history": [], "inbox": [], "custom_status": None}
        body = json.dumps(json.loads(row.fetchone()[0]) | lost)
        database.execute("UPDATE documents SET body = ? WHERE kind = 'instance' AND key = ?", (body, instance))
    database.close()
    scene.clock.advance(3 * HOUR)
    with EmbeddedHost(APP, clock=scene.clock, state=state) as second:
        running = Running(scene, second)
        report = told(running.sweep())
        assert "no worker has taken it up" in report["reported"][SECRET]
        assert report["redriven"] == 0
        assert running.status(instance)["runtimeStatus"] == "Pending"


# --- many


def test_many_are_taken_up_a_page_at_a_time_and_paced(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AzureWebJobs.sweep.Disabled", "")
    monkeypatch.setenv("MAX_CONCURRENT_ROTATIONS", "1")  # which makes pages of four
    instances = []
    with EmbeddedHost(APP, clock=scene.clock) as host:
        running = Running(scene, host)
        for number in range(6):
            scene.account = scene.azure.add_storage_account(f"many{number}", created=scene.clock.now() - 400 * DAY)
            host.crash_worker("orchestrator", "rotate_secret", nth=8)
            died = running.rotate(
                scene.secret(name=f"secret-{number}", RetireAfter="PT10M").version, f"secret-{number}"
            )
            assert (died["runtimeStatus"], died["customStatus"]["step"]) == ("Failed", "grace")
            instances.append(died["instanceId"])
        swept = running.sweep()
        assert swept["output"]["vaults"][scene.vault.host]["due"] == 0
        assert told(swept) == {"redriven": 6, "reported": {}}
        ended = [running.ended(one) for one in instances]
    assert {one["output"]["retired"] for one in ended} == {True}
    spans = sorted((one["createdTime"], one["lastUpdatedTime"]) for one in ended)
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(spans)), "one after the other"
