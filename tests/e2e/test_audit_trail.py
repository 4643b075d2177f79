"""The audit trail of real rotations: the exact records, one for each end, and how they hang together."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
import requests

from dev.faults.canaries import search
from rotation.audit import LOGGER
from tests.e2e.conftest import Running
from tests.events import cloud_event, message
from tests.scene import SECRET, Scene
from tests.trail import listen, records
from tests.unit.audit_samples import FIELDS

pytestmark = pytest.mark.e2e

PLAIN = ["read_metadata", "find_neighbours", "regenerate_key", "verify_key", "write_version"]


@pytest.fixture(autouse=True)
def captured(caplog: pytest.LogCaptureFixture) -> None:
    listen(caplog)


def end_of(caplog: pytest.LogCaptureFixture, instance: str) -> dict[str, Any]:
    """Return the one record of an instance's end."""
    (record,) = records(caplog, "rotation", instanceId=instance)
    assert list(record) == FIELDS["rotation"]
    return record


def rotated(scene: Scene, instance: str, version: str) -> dict[str, Any]:
    """Return what the record of a plain rotation says, but for its times."""
    return {
        "record": "rotation",
        "instanceId": instance,
        "rotationId": instance,
        "vault": scene.vault.host,
        "secret": SECRET,
        "provider": scene.account.resource_id.casefold(),
        "cause": "SecretNearExpiry",
        "force": False,
        "redrives": 0,
        "outcome": "rotated",
        "reason": None,
        "passes": None,
        "late": False,
        "previousVersion": version,
        "version": scene.vault.current(SECRET).version,
        "previousSlot": "key1",
        "slot": "key2",
        "verified": "data-plane",
        "retired": None,
        "rolledBack": False,
        "moved": 0,
        "note": None,
        "retries": 0,
        "throttled": 0,
        "lockWaits": 0,
        "graceSeconds": 0.0,
        "lockSeconds": 0.0,
        "consentSeconds": 0.0,
    }


def without_times(record: dict[str, Any]) -> dict[str, Any]:
    lowered = {"provider": record["provider"] and record["provider"].casefold()}
    return {name: value for name, value in record.items() if name not in ("started", "seconds", "expiresOn")} | lowered


def test_plain_rotation(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    scene = running.scene
    began = scene.clock.now()
    version = scene.secret().version
    status = running.rotate(version)
    instance = status["instanceId"]
    record = end_of(caplog, instance)
    assert without_times(record) == rotated(scene, instance, version)
    assert began.isoformat() <= record["started"] <= scene.clock.now().isoformat()
    assert record["expiresOn"] == status["output"]["expiresOn"]
    assert 0 <= record["seconds"] < 60

    (start,) = records(caplog, "start")
    asked = {"cause": "SecretNearExpiry", "force": False, "redrives": 0, "result": "started"}
    names = {"vault": scene.vault.host, "secret": SECRET}
    assert start == {"record": "start", "instanceId": instance, **names, "version": version, **asked}

    steps = records(caplog, "step", instanceId=instance)
    assert [step["step"] for step in steps] == PLAIN
    assert all(list(step) == FIELDS["step"] for step in steps)
    assert {(step["vault"], step["secret"], step["result"], step["attempt"]) for step in steps} == {
        (scene.vault.host, SECRET, "done", 1)
    }
    assert [step["slot"] for step in steps] == [None, "key2", "key2", "key2", "key2"]
    assert [step["version"] for step in steps] == [None, None, None, None, record["version"]]
    assert len(records(caplog, "step")) == len(steps), "every step names its instance"


def test_repeats_of_an_event_are_recorded_as_what_became_of_them(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    version = running.scene.secret(RetireAfter="P1D").version
    instance = running.announce(version)
    running.announce(version)
    running.ended(instance)
    running.announce(version)
    assert [start["result"] for start in records(caplog, "start", instanceId=instance)] == [
        "started",
        "joined",
        "settled",
    ]
    assert end_of(caplog, instance)["retired"] is True


def test_throttled_rotation(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    scene = running.scene
    version = scene.secret().version
    scene.azure.faults.add("storage.regenerateKey", status=429, retry_after=90, times=2)
    scene.azure.faults.add("keyvault.setSecret", status=503)
    instance = running.rotate(version)["instanceId"]
    record = end_of(caplog, instance)
    assert without_times(record) == rotated(scene, instance, version) | {"retries": 3, "throttled": 2}
    assert record["seconds"] > 180
    retries = records(caplog, "step", instanceId=instance, result="retry")
    assert [(step["step"], step["attempt"], step["throttled"], step["retryAfter"]) for step in retries] == [
        ("regenerate_key", 1, True, 90.0),
        ("regenerate_key", 2, True, 90.0),
        ("write_version", 1, False, None),
    ]
    assert "429" in retries[0]["reason"]


def test_refused_rotation(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    scene = running.scene
    version = scene.secret(ValidityPeriodDays="often").version
    status = running.rotate(version)
    record = end_of(caplog, status["instanceId"])
    assert record["outcome"] == "refused"
    assert record["reason"] == status["customStatus"]["reason"]
    assert (record["secret"], record["slot"], record["version"]) == (SECRET, None, None)
    (step,) = records(caplog, "step")
    assert (step["result"], step["outcome"]) == ("stop", "refused")
    levels = {entry.levelno for entry in caplog.records if entry.name == LOGGER and '"refused"' in entry.getMessage()}
    assert levels == {logging.WARNING}


def test_failed_rotation_and_its_restart_are_two_records(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    scene = running.scene
    version = scene.secret().version
    scene.azure.faults.add("storage.regenerateKey", status=503, times=None)
    failed = running.rotate(version)
    record = end_of(caplog, failed["instanceId"])
    assert record["outcome"] == "failed"
    assert "gave up" in record["reason"]
    assert record["passes"] is True
    assert record["retries"] == len(records(caplog, "step", step="regenerate_key", result="retry")) - 1
    assert (record["slot"], record["version"]) == ("key2", None)
    scene.azure.faults.clear()
    running.ended(running.restart(failed["instanceId"]))
    both = records(caplog, "rotation", instanceId=failed["instanceId"])
    assert [each["outcome"] for each in both] == ["failed", "rotated"]
    assert both[0]["started"] < both[1]["started"]


def test_a_worker_that_dies_leaves_no_step_record_but_a_retry(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    version = running.scene.secret().version
    running.host.crash_worker("activity", "verify_key", when="before")
    instance = running.rotate(version)["instanceId"]
    assert end_of(caplog, instance)["retries"] == 1
    (step,) = records(caplog, "step", step="verify_key")
    assert step["attempt"] == 2


def test_moved_neighbour_is_named_by_the_step_and_counted_by_the_rotation(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    scene = running.scene
    scene.secret("key2", name="neighbour", expires_in=timedelta(days=80))
    version = scene.secret("key1").version
    instance = running.rotate(version)["instanceId"]
    assert end_of(caplog, instance)["moved"] == 1
    (step,) = records(caplog, "step", step="move_secret")
    assert (step["secret"], step["slot"], step["instanceId"]) == ("neighbour", "key1", instance)
    assert step["version"] == scene.vault.current("neighbour").version


def test_rolled_back_rotation(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    scene = running.scene
    version = scene.secret(RetireAfter="P10D").version
    instance = running.announce(version)
    running.status(instance)
    running.host.advance(timedelta(hours=3))
    url = running.durable(instance, "/raiseEvent/Rollback")
    requests.post(url, data="{}", headers={"Content-Type": "application/json"}, timeout=30)
    running.ended(instance)
    record = end_of(caplog, instance)
    assert (record["outcome"], record["reason"]) == ("failed", f"rolled back on request: {version} restored")
    assert record["version"] == scene.vault.current(SECRET).version
    assert record["rolledBack"] is True
    assert 3 * 3600 <= record["graceSeconds"] <= record["seconds"] < 4 * 3600


@pytest.mark.parametrize("expired", [True, False])
def test_late_rotation_is_told_when_it_is_planned_and_when_it_ends(
    running: Running, caplog: pytest.LogCaptureFixture, expired: bool
) -> None:
    days = timedelta(days=-1 if expired else 20)
    instance = running.rotate(running.scene.secret(expires_in=days, RetireAfter="P2D").version)["instanceId"]
    record = end_of(caplog, instance)
    assert (record["outcome"], record["late"]) == ("rotated", expired)
    assert {step["late"] for step in records(caplog, "step", instanceId=instance)} == {expired}


def test_waiting_for_another_rotation_on_the_account_is_told(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    scene = running.scene
    first = scene.secret("key1", name="first").version
    second = scene.secret("key1", name="second").version
    scene.azure.faults.add("storage.regenerateKey", status=429, retry_after=120)
    holder = running.announce(first, "first")
    running.status(holder)
    waiter = running.announce(second, "second")
    assert running.ended(holder)["output"]["outcome"] == "rotated"
    assert running.ended(waiter)["output"]["lockWaits"] == 1
    record = end_of(caplog, waiter)
    assert record["lockWaits"] == 1
    assert 0 < record["lockSeconds"] <= record["seconds"]
    assert end_of(caplog, holder)["lockWaits"] == 0


def test_what_people_do_is_told(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    scene = running.scene
    instance = running.announce(scene.secret(RetireAfter="P10D").version)
    running.status(instance)
    for action in ("consumers-ready", "cancel"):  # the second comes too late
        url = f"{running.host.url}/api/rotations/{instance}/{action}"
        requests.post(url, json={"reason": "all redeployed"}, timeout=30)
        running.status(instance)
    (record,) = records(caplog, "action")
    assert list(record) == FIELDS["action"]
    assert (record["instanceId"], record["action"], record["cause"]) == (instance, "consumers-ready", "all redeployed")
    assert (record["vault"], record["secret"]) == (scene.vault.host, SECRET)


def test_rollback_of_a_finished_rotation(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    scene = running.scene
    version = scene.secret().version
    instance = running.rotate(version)["instanceId"]
    answer = requests.post(f"{running.host.url}/api/rotations/{instance}/rollback", json={}, timeout=30).json()
    running.ended(answer["instance"])
    record = end_of(caplog, answer["instance"])
    assert (record["outcome"], record["rolledBack"], record["rotationId"]) == ("restored", True, instance)
    assert (record["previousVersion"], record["version"]) == (version, scene.vault.current(SECRET).version)
    (step,) = records(caplog, "step", step="restore_version")
    assert (step["instanceId"], step["slot"], step["version"]) == (answer["instance"], "key1", record["version"])


def test_sweep(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    scene = running.scene
    scene.secret(name="due")
    scene.secret(name="expired", expires_in=timedelta(days=-1))
    scene.secret(name="odd", ValidityPeriodDays="often")
    scene.second_vault.firewall_closed = True
    url = f"{running.host.url}/runtime/webhooks/durabletask/orchestrators/sweep_vaults/sweep"
    assert requests.post(url, json={}, timeout=30).status_code == 202
    status = running.ended("sweep")
    (record,) = records(caplog, "sweep")
    assert list(record) == FIELDS["sweep"]
    numbers = {"vaults": 1, "listed": 3, "due": 2, "started": 2, "late": 1, "reported": 1, "unreachable": 1}
    assert {name: record[name] for name in numbers} == numbers
    assert record["since"] == status["output"]["since"]
    first, second = records(caplog, "finding")
    assert (first["secret"], second["secret"], second["vault"]) == ("odd", None, scene.second_vault.host)
    assert {start["cause"] for start in records(caplog, "start", result="started")} == {"sweep"}


def test_parked_events(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    scene = running.scene
    foreign = cloud_event("evil-kv.vault.azure.net", SECRET, "0" * 32)
    running.deliver("{not json", message(foreign))
    first, second = records(caplog, "parked")
    assert list(first) == FIELDS["parked"]
    assert (first["partition"], first["position"]) == ("3", 0)
    assert second["reason"] == "vault evil-kv.vault.azure.net is not in KEY_VAULTS"
    assert second["enqueued"] == scene.clock.now().isoformat()
    assert second["sequenceNumber"] == first["sequenceNumber"] + 1


def test_no_record_holds_a_credential(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    scene = running.scene
    for operation in ("keyvault.setSecret", "storage.listKeys", "storage.regenerateKey"):
        scene.azure.faults.add(operation, nth=2, status=503)
        scene.azure.faults.add(operation, nth=3, when="after", drop=True)
    running.rotate(scene.secret(connection_string=True, RetireAfter="P1D").version)
    running.rotate(scene.secret(name="odd", value="AccountKey=a;AccountKey=b").version, "odd")
    running.deliver(json.dumps({"type": "Microsoft.KeyVault.SecretNearExpiry", "data": scene.account.key("key1")}))
    running.host.start("rotate_secret", "planted", {"vault": scene.account.key("key1"), "secret": SECRET})
    running.host.wait_idle()
    trail = "\n".join(entry.getMessage() for entry in caplog.records if entry.name == LOGGER)
    assert trail.count('"record":"rotation"') == 3
    keys = [made.value.reveal() for made in scene.account.key_history()]
    assert search(trail, keys) == []
