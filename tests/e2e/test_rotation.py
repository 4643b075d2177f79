"""Whole rotations: a real event in, and what is true afterwards for the vault, the account and a consumer."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from rotation.ids import instance_id
from tests.e2e.conftest import Running
from tests.events import EXPIRED, cloud_event, event_grid_event, message
from tests.scene import DAY, SECRET
from tests.trail import records

pytestmark = pytest.mark.e2e

HOUR = timedelta(hours=1)
DATA = Path(__file__).parents[1] / "data" / "events"


@pytest.mark.parametrize("connection_string", [False, True])
def test_rotation_publishes_the_idle_slot_and_keeps_all_else(running: Running, connection_string: bool) -> None:
    scene = running.scene
    before = scene.secret(connection_string=connection_string, ValidityPeriodDays="60")
    value_before, live_key = scene.vault.value(SECRET), scene.account.key("key1")
    status = running.rotate(before.version)
    after = scene.vault.current(SECRET)
    assert status["output"]["outcome"] == "rotated"
    assert status["output"]["verified"] == "data-plane"
    assert status["output"]["version"] == after.version
    assert scene.vault.value(SECRET) == value_before.replace(live_key, scene.account.key("key2"))
    assert scene.account.accepts(scene.account.key("key2"))
    assert scene.account.accepts(live_key), "the previous key lives until the next rotation"
    assert dict(after.tags) == dict(before.tags) | {"CredentialId": "key2", "RotationId": status["instanceId"]}
    assert after.content_type == before.content_type
    assert after.expires_on is not None
    assert timedelta(0) <= scene.clock.now() + 60 * DAY - after.expires_on < timedelta(minutes=1)


@pytest.mark.parametrize("schema", [cloud_event, event_grid_event])
@pytest.mark.parametrize("kind", ["Microsoft.KeyVault.SecretNearExpiry", EXPIRED])
def test_both_schemas_and_both_kinds_of_event_rotate(running: Running, schema: object, kind: str) -> None:
    version = running.scene.secret().version
    assert callable(schema)
    running.deliver(message(schema(running.scene.vault.host, SECRET, version, kind)))
    assert running.ended(instance_id(running.scene.request(version)))["output"]["outcome"] == "rotated"


@pytest.mark.parametrize(
    ("sample", "vault", "secret", "version"),
    [
        ("event-grid-near-expiry.json", "sample-kv", "storage-key", "ee059b2bb5bc48398a53b168c6cdcb10"),
        ("cloud-events-batch.json", "sample-kv", "storage-key", "ee059b2bb5bc48398a53b168c6cdcb10"),
        ("kssedr-near-expiry.json", "second-kv", "blob-connection-string", "fb87f021a36946c69bb0108ac694733b"),
    ],
)
def test_published_samples_rotate(running: Running, sample: str, vault: str, secret: str, version: str) -> None:
    scene = running.scene
    if vault == "second-kv":
        scene.vault = scene.second_vault
    body = (DATA / sample).read_text().replace("rotateexam-dev-euw-kv", "second-kv")
    tags = {"ProviderAddress": scene.account.resource_id}
    scene.vault.set_secret(
        secret, scene.account.key("key1"), tags=tags, expires_on=scene.clock.now() + 10 * DAY, version=version
    )
    running.deliver(body)
    assert running.ended(instance_id(scene.request(version, name=secret)))["output"]["outcome"] == "rotated"
    assert scene.holds("key2", name=secret)


def test_consumer_is_never_refused_and_the_old_key_dies_after_the_grace(running: Running) -> None:
    scene = running.scene
    version = scene.secret(RetireAfter="P2D").version
    old_key = scene.account.key("key1")
    consumer = scene.azure.add_consumer(scene.vault, SECRET, scene.account, every=HOUR / 4, reread=24 * HOUR)
    scene.account.propagation_delay = timedelta(minutes=2)
    status = running.rotate(version)
    running.host.advance(3 * DAY)
    assert status["output"]["retired"] is True
    assert not scene.account.accepts(old_key)
    assert consumer.ticks > 400
    assert consumer.refusals == []
    assert running.regenerations() == 2


def test_pinned_secret_ends_on_its_slot_and_its_consumer_is_never_refused(running: Running) -> None:
    scene = running.scene
    version = scene.secret(SlotStrategy="pinned").version
    old_key = scene.account.key("key1")
    consumer = scene.azure.add_consumer(scene.vault, SECRET, scene.account, every=HOUR / 4, reread=23 * HOUR)
    status = running.rotate(version)
    running.host.advance(2 * DAY)
    assert status["output"]["slot"] == "key1"
    assert scene.holds("key1")
    assert not scene.account.accepts(old_key)
    assert scene.vault.current(SECRET).tags["CredentialId"] == "key1"
    assert len(scene.vault.versions(SECRET)) == 3
    assert consumer.refusals == []
    assert running.regenerations() == 1


def test_second_rotation_waits_for_those_who_may_still_hold_the_slot(running: Running) -> None:
    scene = running.scene
    first = running.rotate(scene.secret().version)["output"]["version"]
    consumer = scene.azure.add_consumer(scene.vault, SECRET, scene.account, every=HOUR, reread=24 * HOUR)
    running.host.start("rotate_secret", "again", scene.request(first, force=True).to_json())
    waiting = running.status("again")["customStatus"]
    assert waiting["waitingFor"] == "those who may still hold key1"
    assert running.ended("again")["output"]["slot"] == "key1"
    assert consumer.refusals == []


def test_the_next_period_adopts_the_standby_that_the_last_one_left(running: Running) -> None:
    scene = running.scene
    running.rotate(scene.secret(RetireAfter="P1D").version)
    running.host.advance(70 * DAY)
    second = running.rotate(scene.vault.current(SECRET).version)
    assert second["output"]["slot"] == "key1"
    assert running.regenerations() == 3 - 1 + 1, "one for each period, and one standby for each retirement"
    assert scene.works()


def test_repeats_do_nothing(running: Running) -> None:
    scene = running.scene
    version = scene.secret().version
    event = message(cloud_event(scene.vault.host, SECRET, version))
    running.deliver(event, event, event)
    running.ended(instance_id(scene.request(version)))
    calls = scene.azure.calls_by_operation()
    for _ in range(5):
        assert running.deliver(event, event).succeeded
    running.host.wait_idle()
    assert scene.azure.calls_by_operation() == calls
    assert running.regenerations() == 1
    assert len(scene.vault.versions(SECRET)) == 2


def test_broken_neighbours_cost_nothing_and_are_reported(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    scene = running.scene
    version = scene.secret().version
    good = cloud_event(scene.vault.host, SECRET, version)
    foreign = cloud_event("evil-kv.vault.azure.net", SECRET, version)
    lookalike = cloud_event("sample-kv.vault.azure.net.evil.example", SECRET, version)
    other = cloud_event(scene.vault.host, SECRET, version, "Microsoft.KeyVault.SecretNewVersionCreated")
    result = running.deliver(
        "{not json", b"\xff\xfe\x00", "[" * 5000, "null", json.dumps({"eventType": good["type"], "data": "?"}),
        message(foreign, lookalike, {"type": 7}, good, other, "x"),
    )  # fmt: skip
    assert result.succeeded
    assert result.attempts == 1
    assert running.ended(instance_id(scene.request(version)))["output"]["outcome"] == "rotated"
    parked = records(caplog, "parked", partition="3")
    assert len(parked) == 9
    entity = requests.get(f"{running.host.url}/runtime/webhooks/durabletask/entities/ParkedEvents/all", timeout=10)
    assert [event["reason"] for event in entity.json()] == [event["reason"] for event in reversed(parked)]
    assert scene.azure.refused_hosts == []
    assert scene.azure.unresolved_hosts == []


def test_expiry_starts_what_was_not_due_before(running: Running) -> None:
    scene = running.scene
    version = scene.secret(RotateBeforeDays="5").version
    assert running.rotate(version)["output"]["outcome"] == "not_due"
    running.host.advance(20 * DAY)
    running.deliver(message(cloud_event(scene.vault.host, SECRET, version, EXPIRED)))
    assert running.ended(instance_id(scene.request(version)))["output"]["outcome"] == "rotated"


def test_drift_is_repaired(running: Running) -> None:
    scene = running.scene
    version = scene.secret(connection_string=True).version
    scene.account.regenerate("key1")
    assert running.rotate(version)["output"]["outcome"] == "repaired"
    assert scene.works()
    assert running.regenerations() == 0


def test_tag_that_lies_never_costs_the_live_key(running: Running) -> None:
    scene = running.scene
    version = scene.secret("key2", CredentialId="key1").version
    live = scene.account.key("key2")
    status = running.rotate(version)
    assert status["output"]["slot"] == "key1"
    assert scene.account.accepts(live)
    assert scene.vault.current(SECRET).tags["CredentialId"] == "key1"


def test_fresh_idle_key_is_adopted(running: Running) -> None:
    scene = running.scene
    version = scene.secret().version
    running.host.advance(DAY)
    scene.account.regenerate("key2")
    assert running.rotate(version)["output"]["outcome"] == "rotated"
    assert running.regenerations() == 0


def test_firewall_is_marked_or_fails_as_the_tag_says(running: Running) -> None:
    scene = running.scene
    scene.account.firewall_closed = True
    lenient = running.rotate(scene.secret(name="lenient").version, "lenient")
    strict = running.rotate(scene.secret(name="strict", Verification="required").version, "strict")
    assert lenient["output"]["verified"] == "control-plane"
    assert "AuthorizationFailure" in lenient["output"]["note"]
    assert strict["runtimeStatus"] == "Failed"
    assert "AuthorizationFailure" in strict["output"]


def test_sovereign_cloud_is_one_setting(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.scene import app_environment

    scene = running.scene
    scene.vault = scene.azure.add_vault("china-kv", cloud="AzureChinaCloud")
    scene.account = scene.azure.add_storage_account("chinastore", cloud="AzureChinaCloud", created=scene.clock.now())
    settings = {"AZURE_CLOUD": "AzureChinaCloud", "KEY_VAULTS": scene.vault.host}
    with app_environment(scene.azure, monkeypatch, settings):
        status = running.rotate(scene.secret(connection_string=True).version)
    assert status["output"]["outcome"] == "rotated"
    assert status["output"]["verified"] == "data-plane"


def test_is_alive_answers_anybody(running: Running) -> None:
    answer = requests.get(f"{running.host.url}/api/IsAlive", timeout=10)
    assert answer.status_code == 200
    body = answer.json()
    assert body["isAlive"] is True
    assert body["regionName"] == "westeurope"
    assert set(body) == {"isAlive", "timestamp", "version", "regionName"}
