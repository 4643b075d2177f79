"""The sweep: what events have missed is found, started once and paced; what cannot be rotated is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from dev.embedded_host import EmbeddedHost
from rotation.ids import instance_id
from tests.e2e.conftest import APP, Running
from tests.events import EXPIRED, cloud_event, message
from tests.scene import DAY, NO_TIMERS, SECRET, VAULT, Scene, app_environment
from tests.trail import listen, records

pytestmark = pytest.mark.e2e

HOUR = timedelta(hours=1)
HOST = f"{VAULT}.vault.azure.net"


def fleet(scene: Scene, many: int, **tags: Any) -> list[str]:
    """Seed secrets that are due, each alone on an account, and return their names."""
    names = [f"fleet-{number:04}" for number in range(many)]
    for number, name in enumerate(names):
        scene.account = scene.azure.add_storage_account(f"fleet{number:04}", created=scene.clock.now() - 400 * DAY)
        scene.account.propagation_delay = timedelta(seconds=20)
        scene.secret(name=name, **tags)
    return names


def reported(status: dict[str, Any]) -> dict[str, str]:
    return {one["secret"]: one["reason"] for one in status["output"]["reported"]}


def most_at_once(spans: list[tuple[str, str]]) -> int:
    """Return how many of some spans of time, from and until when, overlap at most."""
    steps = sorted([(begin, 1) for begin, _ in spans] + [(end, -1) for _, end in spans], key=lambda each: each)
    most = now = 0
    for _, change in steps:
        now += change
        most = max(most, now)
    return most


@contextmanager
def app(scene: Scene, patch: pytest.MonkeyPatch, state: Path | None = None, **settings: str) -> Iterator[Running]:
    """Run the app with its timers, and with settings of its own."""
    with (
        app_environment(scene.azure, patch, settings | dict.fromkeys(NO_TIMERS, "")),
        EmbeddedHost(APP, clock=scene.clock, state=state) as host,
    ):
        yield Running(scene, host)


# --- found, and started once


def test_a_secret_whose_event_was_lost_is_rotated(sweeping: Running) -> None:
    scene = sweeping.scene
    version = scene.secret(connection_string=True).version
    scene.secret(name="later", expires_in=80 * DAY)
    status = sweeping.sweep()
    rotation = sweeping.ended(instance_id(scene.request(version)))
    assert rotation["output"]["outcome"] == "rotated"
    assert rotation["output"]["cause"] == "sweep"
    assert scene.works()
    assert len(scene.vault.versions("later")) == 1
    assert status["output"]["vaults"][HOST] == {"listed": 2, "due": 1, "started": 1, "joined": 0, "settled": 0}
    assert status["output"]["reported"] == []
    assert status["customStatus"]["started"] == 1


def test_the_timer_does_it_every_night(sweeping: Running) -> None:
    scene = sweeping.scene
    scene.secret(expires_in=40 * DAY)
    sweeping.host.advance(5 * DAY)
    assert len(scene.vault.versions(SECRET)) == 1
    sweeping.host.advance(7 * DAY)
    assert len(scene.vault.versions(SECRET)) == 2
    assert sweeping.status("sweep")["createdTime"].startswith("2026-08-05T02:")


def test_event_sweep_and_person_make_one_rotation(sweeping: Running) -> None:
    scene = sweeping.scene
    version = scene.secret().version
    scene.azure.faults.add("storage.listKeys", status=503, times=8)
    instance = sweeping.announce(version)
    assert sweeping.status(instance)["customStatus"]["step"] == "read_metadata"
    swept = sweeping.sweep()
    assert swept["output"]["vaults"][HOST]["joined"] == 1
    url = f"{sweeping.host.url}/runtime/webhooks/durabletask/orchestrators/rotate_secret/{instance}"
    request = scene.request(version, reason="me", force=True).to_json()
    assert requests.post(url, json=request, timeout=30).status_code in (202, 409)
    sweeping.announce(version)
    sweeping.ended(instance)
    assert sweeping.sweep()["output"]["vaults"][HOST]["due"] == 0
    assert sweeping.regenerations() == 1
    assert len(scene.vault.versions(SECRET)) == 2
    assert [one["instanceId"] for one in sweeping.instances()] == [instance]


def test_an_event_joins_what_the_sweep_has_started(sweeping: Running) -> None:
    scene = sweeping.scene
    version = scene.secret().version
    scene.azure.faults.add("storage.listKeys", status=503, times=8)
    sweeping.sweep()
    instance = sweeping.announce(version)
    assert sweeping.ended(instance)["output"]["cause"] == "sweep"
    assert sweeping.regenerations() == 1


def test_a_sweep_in_hand_is_not_started_twice(sweeping: Running) -> None:
    url = f"{sweeping.host.url}/admin/functions/sweep"
    for _ in range(3):
        assert requests.post(url, json={"input": ""}, timeout=30).status_code == 202
    sweeping.host.wait_idle()
    created = sweeping.status("sweep")["createdTime"]
    requests.post(url, json={"input": ""}, timeout=30)
    assert sweeping.status("sweep")["createdTime"] == created
    assert sweeping.ended("sweep")["output"]["outcome"] == "swept"


def test_a_person_can_start_it_over_the_durable_api(sweeping: Running) -> None:
    scene = sweeping.scene
    version = scene.secret().version
    url = f"{sweeping.host.url}/runtime/webhooks/durabletask/orchestrators/sweep_vaults/sweep"
    assert requests.post(url, timeout=30).status_code == 202
    assert sweeping.ended("sweep")["output"]["vaults"][HOST]["started"] == 1
    assert sweeping.ended(instance_id(scene.request(version)))["output"]["outcome"] == "rotated"
    sweeping.host.advance(HOUR)
    assert sweeping.ended(sweeping.restart("sweep"))["output"]["vaults"][HOST]["listed"] == 1


def test_a_version_that_a_restored_vault_has_brought_back_is_rotated_again(sweeping: Running) -> None:
    scene = sweeping.scene
    before = scene.secret()
    sweeping.rotate(before.version)
    sweeping.host.advance(DAY)
    scene.vault.delete(SECRET)
    scene.vault.purge(SECRET)
    scene.vault.set_secret(
        SECRET, scene.account.key("key1"), tags=before.tags, expires_on=before.expires_on, version=before.version
    )
    swept = sweeping.sweep()
    assert swept["output"]["vaults"][HOST]["started"] == 1
    assert sweeping.ended(instance_id(scene.request(before.version)))["output"]["outcome"] == "rotated"
    assert scene.works()


# --- what presses most


def test_what_has_expired_goes_first_and_is_told_late(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    near = fleet(scene, 3)
    scene.account = scene.azure.add_storage_account("expiredstore", created=scene.clock.now() - 400 * DAY)
    expired = scene.secret(name="zz-expired", expires_in=-DAY).version
    with app(scene, monkeypatch, MAX_CONCURRENT_ROTATIONS="1") as running:
        status = running.sweep()
        late = running.ended(instance_id(scene.request(expired, name="zz-expired")))
        created = {one["customStatus"]["secret"]: one["createdTime"] for one in running.instances()}
    assert all(created["zz-expired"] < created[name] for name in near)
    assert status["output"]["late"] == 1
    assert late["output"]["late"] is True


def test_in_a_batch_of_events_what_has_expired_goes_first(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    listen(caplog)
    scene = running.scene
    versions = {}
    for number in range(30):
        scene.account = scene.azure.add_storage_account(f"batch{number}", created=scene.clock.now() - 400 * DAY)
        expires_in = -DAY if number >= 28 else 20 * DAY
        versions[f"secret-{number}"] = scene.secret(name=f"secret-{number}", expires_in=expires_in).version
    kinds = {name: {"event_type": EXPIRED} if name in ("secret-28", "secret-29") else {} for name in versions}
    events = [cloud_event(HOST, name, version, **kinds[name]) for name, version in versions.items()]
    assert running.deliver(message(*events)).succeeded
    running.host.wait_idle()
    started = [one["secret"] for one in records(caplog, "start")]
    assert {"secret-28", "secret-29"} <= set(started[:16]), "sixteen are started at a time"


# --- paced


def test_no_more_are_at_work_than_may_be(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet(scene, 30)
    with app(scene, monkeypatch, MAX_CONCURRENT_ROTATIONS="5") as running:
        status = running.sweep()
        ended = [running.ended(one["instanceId"]) for one in running.instances()]
    assert {one["output"]["outcome"] for one in ended} == {"rotated"}
    assert len(ended) == status["output"]["vaults"][HOST]["started"] == 30
    assert 4 <= most_at_once([(one["createdTime"], one["lastUpdatedTime"]) for one in ended]) <= 5


def test_whoever_waits_out_a_grace_keeps_no_place(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet(scene, 6, RetireAfter="P9D")
    with app(scene, monkeypatch, MAX_CONCURRENT_ROTATIONS="2") as running:
        began = scene.clock.now()
        assert running.sweep()["output"]["vaults"][HOST]["started"] == 6
        assert scene.clock.now() - began < HOUR
        assert {one["runtimeStatus"] for one in running.instances()} == {"Running"}


@pytest.mark.timeout(300)
def test_a_thousand_secrets_take_one_listing_and_a_few_calls_each(sweeping: Running) -> None:
    scene = sweeping.scene
    due = fleet(scene, 60)
    for number in range(940):
        scene.secret(name=f"fine-{number:04}", expires_in=80 * DAY)
    before = scene.azure.calls_by_operation()
    status = sweeping.sweep()
    listed = scene.azure.calls_by_operation().get("keyvault.listSecrets", 0) - before.get("keyvault.listSecrets", 0)
    tally = status["output"]["vaults"][HOST]
    assert tally == {"listed": 1000, "due": 60, "started": 60, "joined": 0, "settled": 0}
    assert listed == 1000 // 25 + 1, "a page for each 25 secrets, one for the empty vault; none for the rotations"
    for one in sweeping.instances():
        assert sweeping.ended(one["instanceId"])["output"]["outcome"] == "rotated"
    calls = scene.azure.calls_by_operation()
    assert calls["storage.regenerateKey"] == len(due)
    assert calls["keyvault.setSecret"] == len(due)


# --- told


def test_what_cannot_be_rotated_is_told_with_every_complaint(sweeping: Running) -> None:
    scene = sweeping.scene
    scene.secret(name="odd", ValidityPeriodDays="many", RetireAfter="soon", SlotStrategy="both")
    scene.secret(name="homeless", ProviderAddress="")
    scene.secret(name="eternal", expires_in=None)
    scene.secret(name="paused", RotationEnabled="false", ValidityPeriodDays="many")
    scene.secret(name="disabled")
    scene.vault.disable("disabled")
    scene.secret(name="rolled-back", RotationId="rotate-x/restored")
    scene.vault.set_secret("unmanaged", "a password", tags={"owner": "me"})
    status = sweeping.sweep()
    told = reported(status)
    assert set(told) == {"odd", "homeless", "eternal", "disabled", "rolled-back"}
    assert all(name in told["odd"] for name in ("ValidityPeriodDays", "RetireAfter", "SlotStrategy"))
    assert "ProviderAddress" in told["homeless"]
    assert "never expires" in told["eternal"]
    assert status["customStatus"]["reported"] == 5
    assert sweeping.instances() == []


def test_what_was_refused_is_looked_at_again_each_time_and_rotates_once_it_is_mended(sweeping: Running) -> None:
    scene = sweeping.scene
    version = scene.secret().version
    instance = instance_id(scene.request(version))
    scene.account.deny("listKeys")
    for _ in range(2):
        sweeping.sweep()
        assert sweeping.ended(instance)["customStatus"]["outcome"] == "refused"
        sweeping.host.advance(HOUR)
    scene.account.allow("listKeys")
    assert sweeping.sweep()["output"]["vaults"][HOST]["started"] == 1
    assert sweeping.ended(instance)["output"]["outcome"] == "rotated"


def test_what_a_person_has_rolled_back_stays_so(sweeping: Running) -> None:
    scene = sweeping.scene
    instance = sweeping.announce(scene.secret(RetireAfter="P9D").version)
    sweeping.status(instance)
    sweeping.host.raise_event(instance, "Rollback")
    assert "rolled back" in sweeping.ended(instance)["output"]
    for _ in range(2):
        told = sweeping.sweep()
        assert "rollback" in reported(told)[SECRET]
        assert told["output"]["redriven"] == 0
    assert scene.holds("key1")
    assert len(sweeping.instances()) == 1


@pytest.mark.parametrize("kind", ["unknown", "unreachable", "denied", "throttled"])
def test_a_vault_that_cannot_be_looked_through_is_told_and_stops_nobody(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    vaults = f"first-kv.vault.azure.net,{scene.vault.host},third-kv.vault.azure.net"
    first, third = (scene.azure.add_vault(name) for name in ("first-kv", "third-kv"))
    if kind == "unknown":
        vaults = vaults.replace("first-kv", "gone-kv")
    if kind == "denied":
        first.deny("listSecrets")
    if kind == "throttled":
        scene.azure.faults.add("keyvault.listSecrets", status=429, retry_after=600, times=None, target="first-kv")
    own, scene.vault = scene.vault, third
    scene.secret(name="third")
    scene.vault = own
    scene.secret()
    if kind == "unreachable":
        scene.azure.set_reachable(first.host, False)
    with app(scene, monkeypatch, KEY_VAULTS=vaults) as running:
        began = scene.clock.now()
        status = running.sweep()
    missing = "gone-kv" if kind == "unknown" else "first-kv"
    assert list(status["output"]["unreachable"]) == [f"{missing}.vault.azure.net"]
    assert [one["started"] for one in status["output"]["vaults"].values()] == [1, 1]
    assert scene.clock.now() - began < 2 * HOUR


def test_one_secret_that_cannot_be_read_is_told_and_stops_nobody(sweeping: Running) -> None:
    scene = sweeping.scene
    names = fleet(scene, 4)
    scene.azure.faults.add("keyvault.getSecret", status=500, times=None, target=f"{VAULT}/{names[0]}")
    status = sweeping.sweep()
    assert reported(status) == {names[0]: "get secret: 500 InternalServerError"}
    assert status["output"]["vaults"][HOST]["started"] == 3


# --- interrupted


@pytest.mark.parametrize("operation", ["keyvault.listSecrets", "keyvault.getSecret"])
def test_a_killed_host_goes_on_where_it_was(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, operation: str
) -> None:
    names = fleet(scene, 12)
    state = tmp_path / "state.sqlite"
    with app(scene, monkeypatch, state, MAX_CONCURRENT_ROTATIONS="2") as first:
        # Slow enough for the kill to come while the activity is in hand.
        scene.azure.faults.add(operation, nth=2, when="after", delay=timedelta(seconds=1), callback=first.host.kill)
        requests.post(f"{first.host.url}/admin/functions/sweep", json={"input": ""}, timeout=30)
        first.host.advance(timedelta(minutes=5))
    with app(scene, monkeypatch, state) as running:
        status = running.ended("sweep")
        outcomes = {running.ended(one["instanceId"])["output"]["outcome"] for one in running.instances()}
    tally = status["output"]["vaults"][HOST]
    assert outcomes == {"rotated"}
    assert tally["due"] == len(names)
    assert tally["started"] + tally["joined"] + tally["settled"] == len(names)
    assert [len(scene.vault.versions(name)) for name in names] == [2] * len(names)
    assert running.regenerations() == len(names)


def test_a_sweep_whose_worker_died_is_made_up_for_by_the_next(sweeping: Running) -> None:
    scene = sweeping.scene
    version = scene.secret().version
    sweeping.host.crash_worker("orchestrator", "sweep_vaults", nth=4)
    assert sweeping.sweep()["runtimeStatus"] == "Failed"
    assert sweeping.sweep()["output"]["outcome"] == "swept"
    assert sweeping.ended(instance_id(scene.request(version)))["output"]["outcome"] == "rotated"
    assert sweeping.regenerations() == 1


def test_a_sweep_that_somebody_has_suspended_is_left_alone(sweeping: Running) -> None:
    sweeping.host.start("sweep_vaults", "sweep")
    sweeping.host.wait_idle()
    assert requests.post(sweeping.durable("sweep", "/suspend?reason=migration"), timeout=30).status_code == 202
    sweeping.host.advance(3 * DAY)
    assert sweeping.status("sweep")["runtimeStatus"] == "Suspended"


def test_a_sweep_that_stands_still_makes_way_for_the_next(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    with app(scene, monkeypatch) as running:
        running.host.lose_activity("begin_sweep")
        requests.post(f"{running.host.url}/admin/functions/sweep", json={"input": ""}, timeout=30)
        assert running.status("sweep")["runtimeStatus"] == "Running"
        running.host.advance(HOUR)
        assert running.status("sweep")["runtimeStatus"] == "Running"
        running.host.advance(2 * DAY)
        assert running.ended("sweep")["output"]["outcome"] == "swept"
