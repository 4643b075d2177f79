"""Secrets that share an account: one rotation at a time, nobody's live key regenerated, nobody refused."""

from datetime import timedelta

import pytest

from dev.faults.arena import forget_process
from dev.simulators import Consumer
from rotation.ids import instance_id
from tests.e2e.conftest import Running
from tests.events import cloud_event, message
from tests.scene import DAY, Scene

pytestmark = pytest.mark.e2e

HOUR = timedelta(hours=1)


def consumer_of(scene: Scene, name: str, reread: timedelta = DAY) -> Consumer:
    return scene.azure.add_consumer(scene.vault, name, scene.account, every=HOUR, reread=reread)


def announce_both(running: Running, first: str, second: str) -> list[str]:
    """Deliver the near-expiry events of two secrets' current versions in one batch."""
    scene = running.scene
    versions = {name: scene.vault.current(name).version for name in (first, second)}
    events = [cloud_event(scene.vault.host, name, version) for name, version in versions.items()]
    assert running.deliver(*(message(event) for event in events)).succeeded
    return [instance_id(scene.request(version, name=name)) for name, version in versions.items()]


@pytest.mark.parametrize("slots", [("key1", "key2"), ("key2", "key1"), ("key1", "key1"), ("key2", "key2")])
@pytest.mark.parametrize("tags", [{}, {"RetireAfter": "P1D"}])
def test_two_secrets_of_one_batch_both_move_on_and_nobody_is_refused(
    running: Running, slots: tuple[str, str], tags: dict[str, str]
) -> None:
    scene = running.scene
    first = scene.secret(slots[0], name="first", **tags)  # type: ignore[arg-type]
    second = scene.secret(slots[1], name="second", connection_string=True, **tags)  # type: ignore[arg-type]
    consumers = [consumer_of(scene, "first"), consumer_of(scene, "second")]
    scene.azure.watch(scene.vault, "first", scene.account)
    scene.azure.watch(scene.vault, "second", scene.account)
    outcomes = [running.ended(instance)["output"]["outcome"] for instance in announce_both(running, "first", "second")]
    assert set(outcomes) <= {"rotated", "moved"}
    # A moved secret keeps its expiry, so Key Vault announces its new version as well.
    for instance in announce_both(running, "first", "second"):
        assert running.ended(instance)["output"]["outcome"] in ("rotated", "not_due", "superseded")
    running.host.advance(4 * DAY)
    for name, before in (("first", first), ("second", second)):
        expires_on = scene.vault.current(name).expires_on
        assert expires_on is not None
        assert before.expires_on is not None
        assert expires_on > before.expires_on + 30 * DAY, f"{name} has been renewed"
    assert scene.azure.invariant_violations == []
    assert [consumer.refusals for consumer in consumers] == [[], []]


def test_neighbour_keeps_everything_but_its_key(running: Running) -> None:
    scene = running.scene
    moving = scene.secret("key2", name="neighbour", connection_string=True, owner="billing", expires_in=80 * DAY)
    version = scene.secret("key1", name="first").version
    status = running.rotate(version, "first")
    after = scene.vault.current("neighbour")
    assert status["output"]["outcome"] == "rotated"
    assert status["output"]["moved"] == [f"{scene.vault.host}/neighbour"]
    assert scene.account.key("key1") in after.value.reveal()
    assert (after.expires_on, after.content_type) == (moving.expires_on, moving.content_type)
    changed = {"CredentialId": "key1", "RotationId": f"{status['instanceId']}/moved"}
    assert dict(after.tags) == dict(moving.tags) | changed


def test_neighbour_that_moves_in_while_the_regeneration_is_throttled_is_moved_off(running: Running) -> None:
    scene = running.scene
    scene.secret("key1", name="neighbour", expires_in=80 * DAY)
    version = scene.secret("key1", name="first").version
    consumer = consumer_of(scene, "neighbour")
    scene.azure.watch(scene.vault, "neighbour", scene.account)

    def move_in() -> None:
        tags = {"ProviderAddress": scene.account.resource_id}
        expiry = scene.clock.now() + 80 * DAY
        scene.vault.set_secret("neighbour", scene.account.key("key2"), tags=tags, expires_on=expiry)

    scene.azure.faults.add("storage.regenerateKey", status=429, retry_after=1200, callback=move_in)
    assert running.rotate(version, "first")["output"]["moved"] == [f"{scene.vault.host}/neighbour"]
    running.host.advance(3 * DAY)
    assert scene.azure.invariant_violations == []
    assert consumer.refusals == []


def test_neighbour_in_another_vault_is_found(running: Running) -> None:
    scene = running.scene
    tags = {"ProviderAddress": scene.account.resource_id}
    scene.second_vault.set_secret("far", scene.account.key("key2"), tags=tags, expires_on=scene.clock.now() + 90 * DAY)
    status = running.rotate(scene.secret("key1", name="first").version, "first")
    assert status["output"]["moved"] == [f"{scene.second_vault.host}/far"]
    assert scene.second_vault.value("far") == scene.account.key_history("key1")[-1].value.reveal()


@pytest.mark.parametrize("tags", [{"RotationEnabled": "false"}, {"ValidityPeriodDays": "often"}])
def test_unmanaged_neighbour_is_refused_by_name(running: Running, tags: dict[str, str]) -> None:
    scene = running.scene
    scene.secret("key2", name="untouchable", **tags)  # type: ignore[arg-type]
    status = running.rotate(scene.secret("key1", name="first").version, "first")
    assert status["runtimeStatus"] == "Failed"
    assert status["output"].count("untouchable") == 1
    assert running.regenerations() == 0


def test_lying_tag_does_not_hide_a_neighbour(running: Running) -> None:
    scene = running.scene
    scene.secret("key2", name="liar", CredentialId="key1")
    consumer = consumer_of(scene, "liar")
    running.rotate(scene.secret("key1", name="first").version, "first")
    running.host.advance(2 * DAY)
    assert consumer.refusals == []
    assert scene.works(name="liar")


def test_pinned_pair_comes_home(running: Running) -> None:
    scene = running.scene
    for name in ("first", "second"):
        scene.secret("key1", name=name, SlotStrategy="pinned")
    consumers = [consumer_of(scene, name, 23 * HOUR) for name in ("first", "second")]
    for _ in range(3):
        for instance in announce_both(running, "first", "second"):
            running.ended(instance)
    running.host.advance(2 * DAY)
    assert scene.holds("key1", name="first")
    assert scene.holds("key1", name="second")
    assert [consumer.refusals for consumer in consumers] == [[], []]


def test_slot_that_a_neighbour_lives_on_is_not_retired(running: Running) -> None:
    scene = running.scene
    instance = running.announce(scene.secret("key1", name="first", RetireAfter="P2D").version, "first")
    running.host.advance(HOUR)
    scene.secret("key1", name="newcomer", expires_in=90 * DAY)
    status = running.ended(instance)
    assert status["output"]["retired"] is False
    assert "newcomer" in status["output"]["note"]
    assert scene.works(name="newcomer")


def test_waiting_for_the_lock_shows_who_holds_it(running: Running) -> None:
    scene = running.scene
    scene.azure.faults.add("storage.regenerateKey", status=503, times=6)
    first, second = scene.secret(name="first").version, scene.secret(name="second").version
    holder = running.announce(first, "first")
    waiting = running.status(running.announce(second, "second"))["customStatus"]
    assert waiting["step"] == "lock"
    assert holder in waiting["waitingFor"]
    assert waiting["until"] > scene.clock.now().isoformat()


def test_lock_of_a_dead_owner_runs_out(running: Running) -> None:
    scene = running.scene
    first, second = scene.secret(name="first").version, scene.secret(name="second").version
    running.host.crash_worker("orchestrator", "rotate_secret", nth=4)
    assert running.rotate(first, "first")["runtimeStatus"] == "Failed"
    began = scene.clock.now()
    assert running.rotate(second, "second")["output"]["outcome"] == "rotated"
    assert scene.clock.now() - began < timedelta(hours=1, minutes=5)


def test_long_throttling_does_not_lose_the_lock(running: Running) -> None:
    scene = running.scene
    scene.azure.faults.add("storage.regenerateKey", status=429, retry_after=1200, times=2)
    first, second = scene.secret(name="first").version, scene.secret(name="second").version
    slow = running.announce(first, "first")
    other = running.announce(second, "second")
    outcomes = [running.ended(instance)["output"]["outcome"] for instance in (slow, other)]
    assert outcomes == ["rotated", "rotated"]
    assert running.regenerations() == 3, "two were throttled, one was enough for both secrets"


def test_one_listing_of_a_vault_serves_a_burst(running: Running) -> None:
    scene = running.scene
    events = []
    for number in range(30):
        scene.account = scene.azure.add_storage_account(f"burst{number}store", created=scene.clock.now() - 400 * DAY)
        name = f"secret-{number}"
        events.append(message(cloud_event(scene.vault.host, name, scene.secret(name=name).version)))
    running.deliver(*events)
    running.host.wait_idle()
    listings = [call for call in scene.azure.calls if call.operation == "keyvault.listSecrets"]
    assert len(listings) == 2 + 1, "two pages of one vault, one of the other"
    assert running.regenerations() == 30


def test_vault_that_was_never_there_does_not_stop_the_others(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = running.scene
    vaults = f"{scene.vault.host},third-kv.vault.azure.net"
    monkeypatch.setenv("KEY_VAULTS", vaults)
    forget_process()
    began = scene.clock.now()
    status = running.rotate(scene.secret().version)
    assert status["output"]["outcome"] == "rotated"
    assert "third-kv.vault.azure.net" in status["output"]["inventory"]
    assert scene.clock.now() - began < timedelta(minutes=1)


def test_vault_that_does_not_answer_is_waited_for(running: Running) -> None:
    scene = running.scene
    scene.azure.set_reachable(scene.second_vault.host, False)
    began = scene.clock.now()
    status = running.rotate(scene.secret().version)
    assert status["output"]["outcome"] == "rotated"
    assert scene.second_vault.host in status["output"]["inventory"]
    assert scene.clock.now() - began > timedelta(minutes=10)


def test_vault_that_cannot_be_listed_stops_a_regeneration(running: Running) -> None:
    scene = running.scene
    scene.second_vault.deny("listSecrets")
    status = running.rotate(scene.secret().version)
    assert status["runtimeStatus"] == "Failed"
    assert "list secrets" in status["output"]
    assert running.regenerations() == 0


@pytest.mark.parametrize("tags", [{}, {"SlotStrategy": "pinned"}])
def test_slot_that_a_neighbour_has_just_left_is_spared_for_its_grace(running: Running, tags: dict[str, str]) -> None:
    scene = running.scene
    version = scene.secret("key1", name="first").version
    consumer = consumer_of(scene, "first", 23 * HOUR)
    running.rotate(version, "first")
    newcomer = scene.secret("key2", name="newcomer", **tags)  # type: ignore[arg-type]
    running.host.advance(HOUR / 6)
    assert running.rotate(newcomer.version, "newcomer")["output"]["outcome"] == "rotated"
    running.host.advance(2 * DAY)
    assert consumer.refusals == []


def test_slot_that_a_neighbour_has_just_left_is_not_retired_before_its_grace(running: Running) -> None:
    scene = running.scene
    first = scene.secret("key1", name="first", RetireAfter="P1D").version
    second = scene.secret("key1", name="second").version
    consumer = consumer_of(scene, "second", 23 * HOUR)
    instance = running.announce(first, "first")
    running.host.advance(20 * HOUR)
    consumer.read_now()
    assert running.rotate(second, "second")["output"]["outcome"] == "rotated"
    status = running.ended(instance)
    assert status["output"]["retired"] is True
    running.host.advance(2 * DAY)
    assert consumer.refusals == []


def test_version_written_by_hand_gives_its_predecessors_consumers_a_grace(running: Running) -> None:
    scene = running.scene
    before = scene.secret("key1", name="first")
    consumer = consumer_of(scene, "first", 23 * HOUR)
    scene.vault.set_secret("first", scene.account.key("key2"), tags=before.tags, expires_on=before.expires_on)
    running.rotate(scene.vault.current("first").version, "first")
    running.host.advance(2 * DAY)
    assert consumer.refusals == []


def test_brief_outage_does_not_hide_a_neighbour(running: Running) -> None:
    scene = running.scene
    scene.secret("key2", name="neighbour", expires_in=80 * DAY)
    consumer = consumer_of(scene, "neighbour")
    scene.azure.watch(scene.vault, "neighbour", scene.account)
    version = scene.secret("key1", name="first").version
    back = timedelta(seconds=20)

    def cut_off() -> None:
        scene.azure.set_reachable(scene.vault.host, False)
        scene.clock.call_at(scene.clock.now() + back, lambda: scene.azure.set_reachable(scene.vault.host, True))

    scene.azure.faults.add("keyvault.listSecrets", drop=True, callback=cut_off)
    status = running.rotate(version, "first")
    assert status["output"]["moved"] == [f"{scene.vault.host}/neighbour"]
    assert scene.azure.invariant_violations == []
    assert consumer.refusals == []


def test_neighbour_that_was_disabled_while_it_was_listed_is_found_once_it_is_enabled(running: Running) -> None:
    scene = running.scene
    scene.secret("key2", name="neighbour", expires_in=80 * DAY)
    version = scene.secret("key1", name="first").version
    scene.azure.watch(scene.vault, "neighbour", scene.account)
    scene.vault.disable("neighbour")
    scene.azure.faults.add(
        "keyvault.listSecrets", when="after", callback=lambda: scene.vault.update("neighbour", enabled=True)
    )
    assert running.rotate(version, "first")["output"]["moved"] == [f"{scene.vault.host}/neighbour"]
    assert scene.azure.invariant_violations == []


def test_version_written_over_the_same_key_makes_nobody_wait(running: Running) -> None:
    scene = running.scene
    scene.secret("key1")
    running.host.advance(HOUR)
    began = scene.clock.now()
    assert running.rotate(scene.secret("key1").version)["output"]["outcome"] == "rotated"
    assert scene.clock.now() - began < HOUR


def test_slot_that_a_pinned_neighbour_has_just_left_is_spared_for_its_grace(running: Running) -> None:
    scene = running.scene
    version = scene.secret("key1", name="first", SlotStrategy="pinned").version
    consumer = consumer_of(scene, "first", 23 * HOUR)
    running.rotate(version, "first")
    newcomer = scene.secret("key1", name="newcomer")
    running.host.advance(HOUR / 6)
    assert running.rotate(newcomer.version, "newcomer")["output"]["outcome"] == "rotated"
    running.host.advance(2 * DAY)
    assert consumer.refusals == []
