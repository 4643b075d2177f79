"""What operators do: watch, cut a grace short, roll back, mend and restart; and what crashes do."""

from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
import requests

from dev.embedded_host import EmbeddedHost
from rotation.ids import instance_id
from tests.e2e.conftest import APP, Running
from tests.events import cloud_event, message
from tests.scene import DAY, SECRET, Scene

pytestmark = pytest.mark.e2e

ACTIVITIES = ["read_metadata", "regenerate_key", "verify_key", "write_version", "swap_slot"]


def raise_event(running: Running, instance: str, name: str, body: str = "{}") -> None:
    url = running.durable(instance, f"/raiseEvent/{name}")
    answer = requests.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=30)
    assert answer.status_code == 202, answer.text


def test_status_says_what_is_waited_for_and_until_when(running: Running) -> None:
    scene = running.scene
    scene.azure.faults.add("storage.listKeys", status=429, retry_after=90)
    instance = running.announce(scene.secret().version)
    status = running.status(instance)["customStatus"]
    assert status["step"] == "read_metadata"
    assert status["attempt"] == 1
    assert "429" in status["waitingFor"]
    assert status["until"] > (scene.clock.now() + timedelta(seconds=89)).isoformat()
    assert running.ended(instance)["output"]["outcome"] == "rotated"


def test_consumers_ready_retires_at_once(running: Running) -> None:
    scene = running.scene
    old_key = scene.account.key("key1")
    instance = running.announce(scene.secret(RetireAfter="P10D").version)
    assert running.status(instance)["customStatus"]["step"] == "grace"
    raise_event(running, instance, "ConsumersReady")
    assert running.status(instance)["runtimeStatus"] == "Completed"
    assert not scene.account.accepts(old_key)
    assert scene.works()


def test_rollback_brings_the_previous_value_back_for_good(running: Running) -> None:
    scene = running.scene
    before = scene.secret(connection_string=True, RetireAfter="P10D")
    value = scene.vault.value(SECRET)
    instance = running.announce(before.version)
    raise_event(running, instance, "Rollback", '"consumers broke"')
    status = running.status(instance)
    assert status["runtimeStatus"] == "Failed"
    assert "rolled back on request" in status["output"]
    assert scene.vault.value(SECRET) == value
    again = running.rotate(scene.vault.current(SECRET).version)
    assert again["runtimeStatus"] == "Failed", "Key Vault announces the restored version at once; it must not rotate"
    assert scene.vault.value(SECRET) == value


@pytest.mark.parametrize("new_id", [False, True])
@pytest.mark.parametrize("tags", [{}, {"SlotStrategy": "pinned"}, {"RetireAfter": "P1D"}])
def test_restarting_a_finished_rotation_changes_nothing(running: Running, tags: dict[str, Any], new_id: bool) -> None:
    scene = running.scene
    instance = running.rotate(scene.secret(**tags).version)["instanceId"]
    versions, regenerations = len(scene.vault.versions(SECRET)), running.regenerations()
    again = running.ended(running.restart(instance, new_id=new_id))
    assert again["output"]["outcome"] == "superseded"
    assert len(scene.vault.versions(SECRET)) == versions
    assert running.regenerations() == regenerations
    assert scene.works()


def break_target_read(scene: Scene) -> Any:
    scene.account.deny("read")
    return lambda: scene.account.allow("read")


def break_regenerate(scene: Scene) -> Any:
    scene.account.read_only_lock = True

    def mend() -> None:
        scene.account.read_only_lock = False

    return mend


def break_verify(scene: Scene) -> Any:
    scene.account.firewall_closed = True

    def mend() -> None:
        scene.account.firewall_closed = False

    return mend


def break_write(scene: Scene) -> Any:
    scene.vault.deny("setSecret")
    return lambda: scene.vault.allow("setSecret")


@pytest.mark.parametrize("strategy", ["alternate", "pinned"])
@pytest.mark.parametrize("breaking", [break_target_read, break_regenerate, break_verify, break_write])
def test_failure_is_seen_and_a_restart_after_mending_ends_it(running: Running, breaking: Any, strategy: str) -> None:
    scene = running.scene
    version = scene.secret(Verification="required", SlotStrategy=strategy).version
    consumer = scene.azure.add_consumer(scene.vault, SECRET, scene.account, every=timedelta(hours=1))
    mend = breaking(scene)
    failed = running.rotate(version)
    assert failed["runtimeStatus"] == "Failed"
    assert failed["customStatus"]["outcome"] in ("refused", "failed")
    assert failed["customStatus"]["reason"] in failed["output"]
    assert scene.works()
    mend()
    consumer.refusals.clear()  # a closed firewall refuses the consumer too
    status = running.ended(running.restart(failed["instanceId"]))
    assert status["output"]["outcome"] == "rotated"
    assert scene.works()
    assert running.regenerations() == 1
    running.host.advance(2 * DAY)
    assert consumer.refusals == []


def test_unfinished_retirement_is_finished_by_a_restart(running: Running) -> None:
    scene = running.scene
    old_key = scene.account.key("key1")
    instance = running.announce(scene.secret(RetireAfter="P2D").version)
    scene.account.deny("regenerateKey")
    assert running.ended(instance)["runtimeStatus"] == "Failed"
    assert scene.account.accepts(old_key)
    scene.account.allow("regenerateKey")
    assert running.ended(running.restart(instance))["output"]["retired"] is True
    assert not scene.account.accepts(old_key)
    assert scene.works()


def test_failed_instance_is_started_again_by_a_repeated_event(running: Running) -> None:
    scene = running.scene
    version = scene.secret().version
    scene.account.deny("listKeys")
    assert running.rotate(version)["runtimeStatus"] == "Failed"
    scene.account.allow("listKeys")
    assert running.rotate(version)["output"]["outcome"] == "rotated"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("activity", ACTIVITIES)
def test_worker_that_dies_in_an_activity_costs_a_retry(
    running: Running, activity: str, when: Literal["before", "after"]
) -> None:
    scene = running.scene
    version = scene.secret(RetireAfter="P2D").version
    running.host.crash_worker("activity", activity, when=when)
    assert running.rotate(version)["output"]["outcome"] == "rotated"
    assert scene.works()
    assert len(scene.vault.versions(SECRET)) == 2
    assert running.regenerations() == 2


@pytest.mark.parametrize("episode", range(2, 7))
def test_worker_that_dies_in_an_episode_fails_the_instance_and_a_restart_ends_it(
    running: Running, episode: int
) -> None:
    scene = running.scene
    version = scene.secret(RetireAfter="P2D").version
    running.host.crash_worker("orchestrator", "rotate_secret", nth=episode)
    failed = running.rotate(version)
    assert failed["runtimeStatus"] == "Failed"
    assert scene.works()
    running.ended(running.restart(failed["instanceId"]))
    assert scene.works()
    assert scene.holds("key2")
    assert running.regenerations() == 2


@pytest.mark.parametrize("stop_at", ["read_metadata", "regenerate_key", "write_version", "swap_slot"])
def test_killed_host_goes_on_where_it_was(scene: Scene, tmp_path: Path, stop_at: str) -> None:
    version = scene.secret(RetireAfter="P2D").version
    instance = instance_id(scene.request(version))
    state = tmp_path / "state.sqlite"
    operation = {
        "read_metadata": "storage.getAccount",
        "regenerate_key": "storage.regenerateKey",
        "write_version": "keyvault.setSecret",
        "swap_slot": "storage.regenerateKey",
    }[stop_at]
    first = EmbeddedHost(APP, clock=scene.clock, state=state)
    with first:
        running = Running(scene, first)
        if stop_at == "swap_slot":
            running.announce(version)
        # Slow enough for the kill to come while the activity is in hand.
        scene.azure.faults.add(operation, when="after", delay=timedelta(seconds=1), callback=first.kill)
        if stop_at == "swap_slot":
            first.advance(3 * DAY)
        else:
            first.deliver_event_hub("rotate_on_vault_event", [message(cloud_event(scene.vault.host, SECRET, version))])
    with EmbeddedHost(APP, clock=scene.clock, state=state) as second:
        assert Running(scene, second).ended(instance)["output"]["outcome"] == "rotated"
    assert scene.works()
    assert len(scene.vault.versions(SECRET)) == 2


def test_early_timers_are_tolerated(scene: Scene) -> None:
    scene.azure.faults.add("storage.regenerateKey", status=503, times=3)
    version = scene.secret(RetireAfter="P9D").version
    written_before = scene.clock.now()
    with EmbeddedHost(APP, clock=scene.clock, early_timers=True) as host:
        status = Running(scene, host).rotate(version)
    assert status["output"]["retired"] is True
    assert scene.clock.now() - written_before >= 9 * DAY


def test_listing_by_vault_and_secret_finds_the_instances(running: Running) -> None:
    scene = running.scene
    for name in ("first-key", "second-key"):
        running.rotate(scene.secret(name=name, SlotStrategy="alternate").version, name)
    url = f"{running.host.url}/runtime/webhooks/durabletask/instances"
    by_vault = requests.get(url, params={"instanceIdPrefix": "rotate-sample-kv-"}, timeout=30).json()
    by_secret = requests.get(url, params={"instanceIdPrefix": "rotate-sample-kv-first-key-"}, timeout=30).json()
    assert len(by_vault) == 2
    assert [one["output"]["secret"] for one in by_secret] == ["first-key"]
