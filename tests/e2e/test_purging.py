"""Histories of what ended long ago are deleted, and nothing else is."""

import asyncio
from collections.abc import Iterator
from typing import Any

import azure.durable_functions as df
import pytest

from dev.embedded_host import EmbeddedHost
from dev.embedded_host.urls import client_binding
from rotation.ids import instance_id
from task_hub.purging import purge
from tests.e2e.conftest import APP, Running
from tests.scene import DAY, SECRET, Scene

pytestmark = pytest.mark.e2e


@pytest.fixture
def purging(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """The app with the timer that purges, and without the sweep, which would have instances of its own."""
    monkeypatch.setenv("AzureWebJobs.purge_history.Disabled", "")
    with EmbeddedHost(APP, clock=scene.clock) as host:
        yield Running(scene, host)


def known(running: Running) -> set[str]:
    return {one["instanceId"] for one in running.instances("") if not one["instanceId"].startswith("@")}


def entities(running: Running) -> set[str]:
    return {one["instanceId"] for one in running.instances("@")}


def rotated(running: Running, name: str, **tags: Any) -> str:
    """Rotate a secret on an account of its own and return the instance."""
    scene = running.scene
    scene.account = scene.azure.add_storage_account(f"{name}store", created=scene.clock.now() - 400 * DAY)
    return running.announce(scene.secret(name=name, **tags).version, name)


def test_what_ended_long_ago_is_deleted_and_what_ended_lately_is_kept(purging: Running) -> None:
    rotation, refused = rotated(purging, "rotated"), rotated(purging, "refused", ValidityPeriodDays="many")
    cancelled = rotated(purging, "cancelled", RetireAfter="P50D")
    purging.host.wait_idle()
    purging.host.terminate(cancelled, "enough")
    old = {rotation: "Completed", refused: "Failed", cancelled: "Terminated"}
    assert {one: purging.ended(one)["runtimeStatus"] for one in old} == old
    purging.host.advance(60 * DAY)
    recent = rotated(purging, "recent")
    purging.ended(recent)
    assert known(purging) == {*old, recent}, "not before their time"
    purging.host.advance(31 * DAY)
    assert known(purging) == {recent}
    purging.host.advance(91 * DAY)
    assert known(purging) == set()


def test_what_still_runs_is_kept_however_old_it_is(purging: Running) -> None:
    waiting = rotated(purging, "waiting", RetireAfter="P120D", ValidityPeriodDays="365")
    long = rotated(purging, "long", RetireAfter="P80D", ValidityPeriodDays="365")
    purging.host.advance(100 * DAY)
    assert purging.status(waiting)["runtimeStatus"] == "Running"
    assert purging.status(long)["runtimeStatus"] == "Completed", "begun long ago, ended lately"
    assert known(purging) == {waiting, long}
    purging.host.advance(75 * DAY)
    assert known(purging) == {waiting}
    assert purging.status(waiting)["output"]["retired"] is True


def test_entities_are_no_histories(purging: Running) -> None:
    purging.deliver("{not json")
    rotated(purging, "old")
    purging.host.wait_idle()
    before = entities(purging)
    assert len(before) == 2
    purging.host.advance(200 * DAY)
    assert known(purging) == set()
    assert entities(purging) == before


def test_instances_of_every_orchestration_are_deleted(purging: Running) -> None:
    purging.host.start("sweep_vaults", "sweep")
    purging.ended("sweep")
    by_hand = purging.host.start("rotate_secret", None, purging.scene.request("0" * 32).to_json())
    purging.ended(by_hand)
    purging.host.advance(91 * DAY)
    assert known(purging) == set()


def test_a_repeat_after_the_purge_is_harmless(purging: Running) -> None:
    scene = purging.scene
    version = scene.secret().version
    purging.rotate(version)
    purging.host.advance(100 * DAY)
    assert known(purging) == set()
    versions = len(scene.vault.versions(SECRET))
    again = purging.rotate(version)
    assert again["instanceId"] == instance_id(scene.request(version))
    assert again["output"]["outcome"] == "superseded"
    assert len(scene.vault.versions(SECRET)) == versions
    assert purging.regenerations() == 1


@pytest.mark.timeout(300)
def test_thousands_are_deleted_in_one_go(purging: Running) -> None:
    for number in range(1200):
        purging.host.start("rotate_secret", f"rotate-wrong-{number:05}", {"vault": "?"})
    purging.host.wait_idle(120)
    assert len(known(purging)) == 1200
    client = df.DurableOrchestrationClient(client_binding(purging.host.url, "SecretRotation"))
    looks = iter([False, True])
    purged = asyncio.run(purge(client, purging.scene.clock.now() + DAY, lambda: next(looks)))
    assert (purged.deleted, purged.is_all) == (500, False), "enough after the first page"
    purging.host.advance(91 * DAY)
    assert known(purging) == set()
