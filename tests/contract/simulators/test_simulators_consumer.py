"""The consumer and the check of the invariant: the witnesses that other tests rely on, so they must not lie."""

import time
from datetime import timedelta

import pytest
from azure.keyvault.secrets import SecretClient

from dev.clock import VirtualClock
from dev.simulators import SimulatedAzure, StorageAccount, Vault

pytestmark = pytest.mark.contract

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("form", ["key", "connection-string"])
@pytest.mark.parametrize("kind", ["StorageV2", "FileStorage", "BlockBlobStorage"])
def test_a_consumer_ticks_and_is_never_refused_while_nothing_happens(
    azure: SimulatedAzure, vault: Vault, clock: VirtualClock, form: str, kind: str
) -> None:
    account = azure.add_storage_account("anystore", kind=kind)
    vault.set_secret("store-key", account.key("key1") if form == "key" else account.connection_string("key1"))
    consumer = azure.add_consumer(vault, "store-key", account, every=timedelta(minutes=5), reread=timedelta(hours=24))
    clock.advance(timedelta(days=2))
    assert (consumer.ticks, consumer.accepted, consumer.reads) == (1 + 2 * 288, 1 + 2 * 288, 3)
    assert consumer.refusals == consumer.read_failures == []


def test_a_key_that_dies_is_noticed_at_the_next_tick_and_until_the_next_reading(
    azure: SimulatedAzure, vault: Vault, account: StorageAccount, clock: VirtualClock
) -> None:
    first = vault.set_secret("store-key", account.key("key1"))
    consumer = azure.add_consumer(vault, "store-key", account, every=HOUR, reread=6 * HOUR)
    start = clock.now()
    clock.advance(timedelta(minutes=150))
    account.regenerate("key1")
    second = vault.set_secret("store-key", account.key("key1"))
    clock.advance(timedelta(hours=24))
    assert [each.time - start for each in consumer.refusals] == [3 * HOUR, 4 * HOUR, 5 * HOUR]
    assert {(each.status, each.code, each.version) for each in consumer.refusals} == {
        (403, "AuthenticationFailed", first.version)
    }
    assert consumer.versions_seen == [first.version, second.version]


def test_alternating_slots_refuse_nobody(
    azure: SimulatedAzure, vault: Vault, account: StorageAccount, clock: VirtualClock
) -> None:
    vault.set_secret("store-key", account.key("key1"))
    azure.watch(vault, "store-key", account)
    consumer = azure.add_consumer(vault, "store-key", account, every=HOUR, reread=24 * HOUR)
    for slot in ("key2", "key1", "key2"):
        clock.advance(timedelta(days=60))
        account.regenerate(slot)
        vault.set_secret("store-key", account.key(slot))
    clock.advance(timedelta(days=60))
    assert consumer.refusals == []
    assert len(consumer.versions_seen) == 4
    assert azure.invariant_violations == []


def test_a_failed_reading_keeps_the_last_value(
    azure: SimulatedAzure, vault: Vault, account: StorageAccount, clock: VirtualClock
) -> None:
    vault.set_secret("store-key", account.key("key1"))
    consumer = azure.add_consumer(vault, "store-key", account, every=HOUR, reread=2 * HOUR)
    vault.disable("store-key")
    clock.advance(3 * HOUR)
    assert [each.code for each in consumer.read_failures] == ["SecretDisabled"]
    assert consumer.refusals == []


def test_without_a_value_there_is_nothing_to_sign_with(
    azure: SimulatedAzure, vault: Vault, account: StorageAccount, clock: VirtualClock
) -> None:
    consumer = azure.add_consumer(vault, "store-key", account, every=HOUR, reread=HOUR)
    clock.advance(HOUR)
    assert (len(consumer.read_failures), len(consumer.refusals)) == (2, 2)
    vault.set_secret("store-key", "not a key at all")
    clock.advance(HOUR)
    assert consumer.refusals[-1].code == "UnusableKey"


def test_a_consumer_stops(azure: SimulatedAzure, vault: Vault, account: StorageAccount, clock: VirtualClock) -> None:
    vault.set_secret("store-key", account.key("key1"))
    consumer = azure.add_consumer(vault, "store-key", account, every=HOUR)
    consumer.stop()
    clock.advance(10 * HOUR)
    assert consumer.ticks == 1


def test_consumers_are_told_apart_from_the_app(
    azure: SimulatedAzure, vault: Vault, account: StorageAccount, secrets: SecretClient
) -> None:
    vault.set_secret("store-key", account.key("key1"))
    rule = azure.faults.add("keyvault.getSecret", status=500)
    vault.deny()
    consumer = azure.add_consumer(vault, "store-key", account)
    assert (consumer.read_failures, rule.seen, azure.calls_by_operation()) == ([], 0, {})
    assert azure.calls_by_operation("consumer") == {"keyvault.getSecret": 1, "blob.getAccountInformation": 1}
    azure.faults.add("blob.*", caller="consumer", drop=True)
    consumer.tick()
    assert [(each.status, each.code) for each in consumer.refusals] == [(None, None)]
    account.regenerate("key1")
    consumer.tick()
    assert [call.operation for call in azure.refusals("consumer")] == ["blob.getAccountInformation"]
    assert azure.refusals("app") == []


def test_a_month_of_ticks_is_cheap(
    azure: SimulatedAzure, vault: Vault, account: StorageAccount, clock: VirtualClock
) -> None:
    vault.set_secret("store-key", account.key("key1"))
    consumer = azure.add_consumer(vault, "store-key", account)
    began = time.perf_counter()
    clock.advance(timedelta(days=30))
    assert consumer.ticks > 8_000
    assert time.perf_counter() - began < 10  # about half a second; ten on the busiest machine


def test_the_invariant_sees_each_way_to_break_it(
    azure: SimulatedAzure, vault: Vault, account: StorageAccount, clock: VirtualClock
) -> None:
    good = vault.set_secret("store-key", account.connection_string("key1"))
    azure.watch(vault, "store-key", account)
    account.regenerate("key2")
    assert azure.invariant_violations == []
    account.regenerate("key1")
    assert [each.version for each in azure.invariant_violations] == [good.version]
    assert "regenerated" in azure.invariant_violations[0].change
    vault.set_secret("store-key", account.key("key2"))
    bad = vault.set_secret("store-key", "wrong")
    assert [each.version for each in azure.invariant_violations] == [good.version, bad.version]
    vault.disable("store-key")
    vault.update("store-key", enabled=True)
    assert len(azure.invariant_violations) == 3


def test_the_invariant_sees_a_lingering_key_die(
    azure: SimulatedAzure, vault: Vault, account: StorageAccount, clock: VirtualClock
) -> None:
    vault.set_secret("store-key", account.key("key1"))
    azure.watch(vault, "store-key", account)
    account.propagation_delay, account.old_key_lingers = timedelta(minutes=5), True
    account.regenerate("key1")
    clock.advance(timedelta(minutes=4))
    assert azure.invariant_violations == []
    clock.advance(timedelta(minutes=2))
    assert [each.time for each in azure.invariant_violations] == [clock.now() - timedelta(minutes=1)]


def test_a_version_written_before_its_key_arrives_breaks_it(
    azure: SimulatedAzure, vault: Vault, account: StorageAccount
) -> None:
    vault.set_secret("store-key", account.key("key1"))
    azure.watch(vault, "store-key", account)
    account.propagation_delay = timedelta(minutes=5)
    account.regenerate("key2")
    assert azure.invariant_violations == []
    vault.set_secret("store-key", account.key("key2"))
    assert len(azure.invariant_violations) == 1
