"""The peers do on a simulator what their sources say, and what hosts them does what its documentation says."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest
from azure.core.exceptions import HttpResponseError

from dev.bench.baselines.clients import PeerClients
from dev.bench.baselines.kssedr import Kssedr
from dev.bench.baselines.powershell import PowerShellRotation
from dev.bench.year.notices import EXPIRED, NEAR_EXPIRY
from dev.bench.year.peers import OnEventGrid, OnEventHub, as_written
from dev.bench.year.population import DAY
from dev.bench.year.stage import Stage
from tests.bench.conftest import NEIGHBOUR, SECRET, Staging, spec

pytestmark = pytest.mark.contract

HOUR = timedelta(hours=1)


def event(stage: Stage, secret: str = SECRET, kind: str = NEAR_EXPIRY) -> dict[str, Any]:
    version = stage.vault.current(secret)
    vault = f"/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/{stage.vault.name}"
    data = {"Id": version.id, "VaultName": stage.vault.name, "ObjectName": secret, "Version": version.version}
    return {"type": kind, "source": vault, "subject": secret, "data": data}


def clients(stage: Stage) -> PeerClients:
    return PeerClients(lambda seconds: stage.clock.slip(timedelta(seconds=seconds)))


def kssedr(stage: Stage) -> Kssedr:
    return Kssedr(clients(stage), stage.clock.now)


def powershell(stage: Stage) -> PowerShellRotation:
    return PowerShellRotation(clients(stage), stage.clock.now)


def pass_time(stage: Stage, contender: OnEventGrid | OnEventHub, until: datetime) -> None:
    while (due := stage.clock.next_due()) is not None and due <= until:
        stage.clock.advance(due - stage.clock.now())
        contender.step()


# --- KSSEDR


def test_kssedr_regenerates_key1_in_place_and_writes_it_down_bare_for_two_hours(staged: Staging) -> None:
    stage = staged()
    account, before = stage.accounts["store"], stage.vault.current(SECRET)
    idle = account.key("key2")
    kssedr(stage).on_batch([json.dumps([event(stage)])])
    written = stage.vault.current(SECRET)
    assert written.value.reveal() == account.key("key1")
    assert stage.key(SECRET) != before.value.reveal()
    assert account.key("key2") == idle
    assert written.expires_on == written.created + 2 * HOUR
    assert written.content_type == before.content_type
    assert list(written.tags) == ["AutoRotate"]
    assert [one.cause for one in stage.regenerations] == ["own"]


def test_kssedr_looks_at_the_first_event_of_each_message(staged: Staging) -> None:
    stage = staged(spec(), spec(NEIGHBOUR, account="other"), spec("three", account="third"))
    kssedr(stage).on_batch([json.dumps([event(stage), event(stage, NEIGHBOUR)]), json.dumps([event(stage, "three")])])
    rotated = [name for name in stage.specs if len(stage.vault.versions(name)) == 2]
    assert rotated == [SECRET, "three"]


def test_kssedr_does_not_look_at_the_version(staged: Staging) -> None:
    stage = staged()
    old = json.dumps([event(stage)])
    for _ in range(3):
        kssedr(stage).on_batch([old])
    assert len(stage.regenerations) == 3


def test_a_message_that_fails_costs_kssedr_that_message_and_leaves_the_vault_with_a_dead_key(staged: Staging) -> None:
    stage = staged(spec(), spec(NEIGHBOUR, account="other"))
    stage.azure.faults.add("keyvault.setSecret", target=SECRET, status=503, times=9)
    hub = OnEventHub(stage, as_written)
    for name in (SECRET, NEIGHBOUR):
        hub.deliver(event(stage, name))
    hub.step()
    pass_time(stage, hub, stage.clock.now() + DAY)
    assert len(stage.vault.versions(SECRET)) == 1
    assert stage.live_slot(SECRET) is None
    assert len(stage.vault.versions(NEIGHBOUR)) == 2


def test_a_batch_in_which_the_process_died_comes_again(staged: Staging) -> None:
    stage = staged()
    hub = OnEventHub(stage, as_written)
    stage.azure.faults.add("keyvault.setSecret", drop=True, callback=hub.kill_host)
    hub.deliver(event(stage))
    hub.step()
    assert stage.live_slot(SECRET) is None
    pass_time(stage, hub, stage.clock.now() + HOUR)
    assert stage.live_slot(SECRET) == "key1"
    assert len(stage.regenerations) == 2


def test_neither_peer_subscribes_to_expiry(staged: Staging) -> None:
    stage = staged()
    for peer in (OnEventHub(stage, as_written), OnEventGrid(stage)):
        peer.deliver(event(stage, kind=EXPIRED))
        peer.step()
    assert stage.regenerations == []


def test_waits_of_a_peers_sdk_pass_on_the_clock(staged: Staging) -> None:
    stage = staged()
    began = stage.clock.now()
    stage.azure.faults.add("keyvault.getSecret", status=429, retry_after=30, times=2)
    kssedr(stage).on_batch([json.dumps([event(stage)])])
    assert stage.clock.now() - began >= timedelta(seconds=60)
    assert len(stage.regenerations) == 1


# --- PowerShell


def test_powershell_regenerates_the_other_slot_and_keeps_three_tags(staged: Staging) -> None:
    stage = staged()
    account, before = stage.accounts["store"], stage.vault.current(SECRET)
    live = account.key("key1")
    powershell(stage).on_event(event(stage))
    written = stage.vault.current(SECRET)
    assert written.value.reveal() == account.key("key2")
    assert account.key("key1") == live
    assert written.expires_on == written.created + 100 * DAY
    assert written.content_type is None
    kept = {name: before.tags[name] for name in ("ValidityPeriodDays", "ProviderAddress")}
    assert written.tags == kept | {"CredentialId": "key2"}


def test_powershell_leaves_a_version_alone_that_is_not_the_events_unless_a_person_asks(staged: Staging) -> None:
    stage = staged()
    old = event(stage)
    function = powershell(stage)
    function.on_event(old)
    function.on_event(old)
    assert len(stage.vault.versions(SECRET)) == 2
    function.on_request(stage.vault.host, SECRET)
    assert stage.live_slot(SECRET) == "key1"


def test_powershell_believes_a_tag_that_lies(staged: Staging) -> None:
    stage = staged()
    with stage.by_hand():
        tags = {**stage.vault.current(SECRET).tags, "CredentialId": "key2"}
        stage.vault.update(SECRET, tags=tags)
        stage.lied.add(SECRET)
    powershell(stage).on_event(event(stage))
    assert [(one.slot, one.cause) for one in stage.regenerations] == [("key1", "lie")]


def test_powershell_checks_the_credential_id_before_and_the_validity_after_regenerating(staged: Staging) -> None:
    stage = staged()
    tags = dict(stage.vault.current(SECRET).tags)
    stage.vault.update(SECRET, tags={**tags, "CredentialId": "primary"})
    with pytest.raises(ValueError, match="invalid credential id"):
        powershell(stage).on_event(event(stage))
    assert stage.regenerations == []
    stage.vault.update(SECRET, tags={**tags, "ValidityPeriodDays": "many"})
    with pytest.raises(ValueError, match="many"):
        powershell(stage).on_event(event(stage))
    assert len(stage.regenerations) == 1


def test_event_grid_pushes_again_until_it_succeeds(staged: Staging) -> None:
    stage = staged()
    grid = OnEventGrid(stage)
    stage.azure.faults.add("storage.listKeys", status=500, times=20)
    began = stage.clock.now()
    grid.deliver(event(stage))
    grid.step()
    pass_time(stage, grid, began + DAY)
    assert len(stage.vault.versions(SECRET)) == 2
    # Each failed push had regenerated the slot; it is the one that nobody uses.
    assert len(stage.regenerations) == 6
    assert {one.slot for one in stage.regenerations} == {"key2"}


def test_event_grid_gives_up_after_a_day(staged: Staging) -> None:
    stage = staged()
    grid = OnEventGrid(stage)
    stage.azure.faults.add("keyvault.getSecret", status=500, times=None)
    began = stage.clock.now()
    grid.deliver(event(stage))
    grid.step()
    pass_time(stage, grid, began + 5 * DAY)
    last = stage.azure.calls[-1].time
    assert began + 10 * HOUR < last <= began + DAY + HOUR


def test_a_push_whose_process_died_comes_again(staged: Staging) -> None:
    stage = staged()
    grid = OnEventGrid(stage)
    stage.azure.faults.add("storage.regenerateKey", when="after", drop=True, callback=grid.kill_worker)
    grid.deliver(event(stage))
    grid.step()
    assert len(stage.vault.versions(SECRET)) == 1
    pass_time(stage, grid, stage.clock.now() + HOUR)
    assert len(stage.vault.versions(SECRET)) == 2


def test_what_the_sdk_cannot_retry_away_reaches_the_function(staged: Staging) -> None:
    stage = staged()
    stage.azure.faults.add("keyvault.getSecret", status=503, times=None)
    with pytest.raises(HttpResponseError):
        powershell(stage).on_request(stage.vault.host, SECRET)
    assert stage.azure.calls_by_operation()["keyvault.getSecret"] == 4


def by_kssedr(stage: Stage) -> None:
    kssedr(stage).on_batch([json.dumps([event(stage)])])


def by_powershell(stage: Stage) -> None:
    powershell(stage).on_event(event(stage))


@pytest.mark.parametrize("rotate", [by_kssedr, by_powershell])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_regeneration_whose_connection_breaks_is_tried_again_as_the_peers_own_sdks_do(
    staged: Staging, rotate: Callable[[Stage], None], when: Literal["before", "after"]
) -> None:
    stage = staged()
    stage.azure.faults.add("storage.regenerateKey", when=when, drop=True)
    rotate(stage)
    assert len(stage.vault.versions(SECRET)) == 2
    assert stage.live_slot(SECRET) is not None
