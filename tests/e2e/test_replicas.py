"""Copies of a secret in other vaults: they follow every new version, whoever wrote it, and never go back."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

import bootstrap
from activities.copy_version import copy_version
from dev.embedded_host import EmbeddedHost
from dev.faults.arena import forget_process
from dev.simulators import SecretVersion, Vault
from rotation.arm import ResourceId
from rotation.ids import replicate_id
from rotation.replication import Origin
from rotation.tags import Tags
from tests.e2e.conftest import APP, Running
from tests.events import cloud_event, message
from tests.scene import DAY, NO_TIMERS, SECRET, Scene

pytestmark = pytest.mark.e2e

NEW_VERSION = "Microsoft.KeyVault.SecretNewVersionCreated"
COPY = copy_version._function._func
TO_BOTH: dict[str, Any] = {"ReplicateTo": "east-kv, west-kv.vault.azure.net"}


class Regions:
    """The scene's primary, and two vaults that it may be copied to."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.scene = running.scene
        self.east, self.west = (running.scene.azure.add_vault(name) for name in ("east-kv", "west-kv"))
        self.replicas = (self.east, self.west)

    def write(self, version: SecretVersion) -> str:
        """Tell the app of a version that somebody has written, and return the id of its replication."""
        body = message(cloud_event(self.scene.vault.host, version.name, version.version, NEW_VERSION))
        result = self.running.deliver(body)
        assert result.succeeded, result.error
        return replicate_id(self.scene.request(version.version, name=version.name))

    def replicate(self, version: SecretVersion) -> dict[str, Any]:
        """Tell the app of a version, and return its replication's status once it has ended."""
        return self.running.ended(self.write(version))

    def is_equal(self, vault: Vault, name: str = SECRET) -> bool:
        """Tell whether a copy is all that it should be."""
        primary, copy = self.scene.vault.current(name), vault.find(name)
        if copy is None:
            return False
        origin = Origin.told_by(Tags(copy.tags))
        kept = {tag: text for tag, text in primary.tags.items() if tag != "ReplicateTo"}
        return (
            origin is not None
            and (origin.vault, origin.secret, origin.version) == (self.scene.vault.host, name, primary.version)
            and {tag: text for tag, text in copy.tags.items() if tag != "ReplicaOf"} == kept
            and (copy.value.reveal(), copy.content_type, copy.expires_on, copy.enabled)
            == (primary.value.reveal(), primary.content_type, primary.expires_on, primary.enabled)
        )

    def copies(self, name: str = SECRET) -> list[int]:
        """Count the versions in each replica vault."""
        return [len(vault.versions(name)) for vault in self.replicas]


@pytest.fixture
def regions(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[Regions]:
    monkeypatch.setenv("REPLICA_VAULTS", "east-kv.vault.azure.net,west-kv.vault.azure.net,second-kv.vault.azure.net")
    forget_process()
    with EmbeddedHost(APP, clock=scene.clock) as host:
        yield Regions(Running(scene, host))


# --- whoever has written it


def test_a_rotation_s_version_is_copied_and_not_waited_for(regions: Regions) -> None:
    version = regions.scene.secret(**TO_BOTH).version
    regions.scene.azure.set_reachable(regions.east.host, False)
    output = regions.running.rotate(version)["output"]
    assert output["outcome"] == "rotated"
    instance = replicate_id(regions.scene.request(output["version"]))
    assert regions.running.status(instance)["runtimeStatus"] == "Running"
    assert regions.is_equal(regions.west)
    regions.scene.azure.set_reachable(regions.east.host, True)
    done = regions.running.ended(instance)["output"]
    assert {each["vault"]: each["state"] for each in done["replicas"]} == {
        regions.east.host: "copied", regions.west.host: "copied",
    }  # fmt: skip
    assert regions.is_equal(regions.east)
    assert len(regions.east.versions(SECRET)) == 1, "resumed from the one that had failed"


def test_a_person_s_version_is_copied_once_however_often_it_is_announced(regions: Regions) -> None:
    version = regions.scene.secret(**TO_BOTH)
    assert regions.replicate(version)["output"]["outcome"] == "replicated"
    regions.replicate(version)
    assert all(regions.is_equal(vault) for vault in regions.replicas)
    assert regions.copies() == [1, 1]


def test_a_restart_writes_nothing_that_is_there(regions: Regions) -> None:
    instance = regions.write(regions.scene.secret(**TO_BOTH))
    regions.running.ended(instance)
    regions.running.restart(instance)
    states = regions.running.ended(instance)["output"]["replicas"]
    assert [each["state"] for each in states] == ["equal", "equal"]
    assert regions.copies() == [1, 1]


def test_a_secret_that_nobody_rotates_is_copied_too(regions: Regions) -> None:
    version = regions.scene.vault.set_secret("api-key", "made-by-hand", tags={"ReplicateTo": "east-kv"})
    assert regions.replicate(version)["output"]["outcome"] == "replicated"
    assert regions.is_equal(regions.east, "api-key")


def test_a_restored_version_is_copied(regions: Regions) -> None:
    version = regions.scene.secret(**TO_BOTH, RetireAfter="P2D").version
    instance = regions.running.announce(version)
    regions.running.host.wait_idle()
    regions.running.host.raise_event(instance, "Rollback", {})
    regions.running.ended(instance)
    regions.running.host.wait_idle()
    assert regions.scene.holds("key1")
    assert all(regions.is_equal(vault) for vault in regions.replicas)


def test_the_stopover_of_a_pinned_secret_is_copied_and_so_is_its_way_home(regions: Regions) -> None:
    version = regions.scene.secret(**TO_BOTH, SlotStrategy="pinned").version
    assert regions.running.rotate(version)["output"]["slot"] == "key1"
    regions.running.host.wait_idle()
    for vault in regions.replicas:
        assert "key2" in [each.tags["CredentialId"] for each in vault.versions(SECRET)]
    assert all(regions.is_equal(vault) for vault in regions.replicas)


# --- never back, never over a stranger


def test_of_two_that_race_each_replica_ends_with_the_newest(regions: Regions) -> None:
    scene = regions.scene
    first = scene.secret(**TO_BOTH)

    def somebody_writes() -> None:
        scene.clock.slip(timedelta(seconds=2))
        second = scene.vault.set_secret(SECRET, scene.account.key("key2"), tags=first.tags)
        # The second version's replication overtakes: it has written before the first one's write is carried out.
        regions.east.set_secret(
            SECRET, second.value.reveal(),
            tags={"ReplicaOf": str(Origin(scene.vault.host, SECRET, second.version, second.created))},
        )  # fmt: skip

    scene.azure.faults.add("keyvault.setSecret", nth=1, callback=somebody_writes)
    regions.replicate(first)
    assert scene.vault.current(SECRET).value.reveal() == scene.account.key("key2")
    assert all(regions.is_equal(vault) for vault in regions.replicas)


def test_a_replica_is_never_set_back(regions: Regions) -> None:
    scene = regions.scene
    version = scene.secret(**TO_BOTH)
    later = Origin(scene.vault.host, SECRET, "f" * 32, scene.clock.now() + DAY)
    regions.east.set_secret(SECRET, "promoted", tags={"ReplicaOf": str(later)})
    status = regions.replicate(version)
    assert status["runtimeStatus"] == "Failed"
    assert "holds a newer version" in status["customStatus"]["reason"]
    assert regions.east.value(SECRET) == "promoted"
    assert regions.is_equal(regions.west), "the others are not kept back"


def test_another_secret_of_that_name_is_not_written_over(regions: Regions) -> None:
    regions.east.set_secret(SECRET, "somebody else's", tags={"owner": "shop"})
    status = regions.replicate(regions.scene.secret(**TO_BOTH))
    assert status["runtimeStatus"] == "Failed"
    assert "no replica of this one" in status["customStatus"]["reason"]
    assert regions.east.value(SECRET) == "somebody else's"
    assert regions.is_equal(regions.west)


def test_a_vault_that_is_not_allowed_is_refused_up_front(regions: Regions) -> None:
    stranger = regions.scene.azure.add_vault("stranger-kv")
    version = regions.scene.secret(ReplicateTo="east-kv stranger-kv")
    status = regions.running.rotate(version.version)
    assert "ReplicateTo" in status["output"]
    assert "entry 2 is none of them, expected names of vaults in REPLICA_VAULTS" in status["output"]
    assert regions.running.regenerations() == 0
    assert regions.replicate(version)["runtimeStatus"] == "Failed"
    assert stranger.names() == []
    answer = COPY({"vault": regions.scene.vault.host, "secret": SECRET, "replica": stranger.host})
    assert "not in REPLICA_VAULTS" in answer["reason"]


def test_fifteen_tags_fit_because_one_takes_the_place_of_the_other(regions: Regions) -> None:
    tags = {f"t{number}": "x" for number in range(14)} | {"ReplicateTo": "east-kv"}
    version = regions.scene.vault.set_secret("api-key", "value", tags=tags)
    assert regions.replicate(version)["output"]["outcome"] == "replicated"
    assert len(regions.east.current("api-key").tags) == 15


# --- a replica starts nothing


def test_events_of_a_replica_start_nothing(regions: Regions) -> None:
    scene = regions.scene
    version = scene.secret(ReplicateTo="second-kv")
    regions.replicate(version)
    copy = scene.second_vault.current(SECRET)
    body = message(
        cloud_event(scene.second_vault.host, SECRET, copy.version),
        cloud_event(scene.second_vault.host, SECRET, copy.version, NEW_VERSION),
    )
    assert regions.running.deliver(body).succeeded
    regions.running.host.wait_idle()
    asked = scene.request(copy.version)
    about = [one for one in regions.running.instances("r") if copy.version in json.dumps(one["input"])]
    outcomes = sorted((one["name"], one["customStatus"]["outcome"]) for one in about)
    assert outcomes == [("replicate_secret", "skipped"), ("rotate_secret", "skipped")]
    assert asked.secret == SECRET
    assert len(scene.second_vault.versions(SECRET)) == 1


# --- disabled and deleted


def test_a_disabled_secret_s_copies_are_disabled_and_enabled_again(regions: Regions) -> None:
    scene = regions.scene
    version = scene.secret(**TO_BOTH)
    regions.replicate(version)
    scene.vault.disable(SECRET)
    instance = replicate_id(scene.request(version.version))
    regions.running.restart(instance)
    assert regions.running.ended(instance)["output"]["outcome"] == "replicated"
    assert [vault.current(SECRET).enabled for vault in regions.replicas] == [False, False]
    scene.vault.update(SECRET, enabled=True)
    regions.running.restart(instance)
    regions.running.ended(instance)
    assert all(regions.is_equal(vault) for vault in regions.replicas)


def test_a_deleted_secret_s_copies_are_left(regions: Regions) -> None:
    version = regions.scene.secret(**TO_BOTH)
    regions.replicate(version)
    regions.scene.vault.delete(SECRET)
    instance = replicate_id(regions.scene.request(version.version))
    regions.running.restart(instance)
    assert "does not exist any more" in regions.running.ended(instance)["output"]["reason"]
    assert regions.copies() == [1, 1]


# --- whose key dies


def test_a_slot_is_not_retired_under_a_replica_that_has_not_followed(regions: Regions) -> None:
    scene = regions.scene
    first = scene.secret(**TO_BOTH, RetireAfter="P1D")
    regions.replicate(first)
    regions.east.deny("setSecret")
    output = regions.running.rotate(first.version)["output"]
    assert output["retired"] is False
    assert f"the replica of {SECRET} in {regions.east.host} may still hold key1" in output["note"]
    assert scene.account.accepts(regions.east.value(SECRET)), "the key that its consumers hold"


def test_a_slot_is_retired_once_the_replica_has_followed_for_a_grace(regions: Regions) -> None:
    scene = regions.scene
    first = scene.secret(**TO_BOTH, RetireAfter="P1D")
    regions.replicate(first)
    old = regions.east.value(SECRET)
    began = scene.clock.now()
    regions.east.deny("setSecret")
    instance = regions.running.announce(first.version)
    regions.running.host.advance(DAY - timedelta(minutes=1))
    regions.east.allow("setSecret")
    output = regions.running.ended(instance)["output"]
    assert output["retired"] is True
    assert not scene.account.accepts(old)
    assert scene.clock.now() - began >= 2 * DAY - timedelta(minutes=2), "the replica's consumers have a grace too"
    assert all(regions.is_equal(vault) for vault in regions.replicas)


def test_an_idle_slot_is_not_regenerated_under_a_stale_replica(regions: Regions) -> None:
    scene = regions.scene
    regions.replicate(scene.secret("key2", **TO_BOTH))
    second = scene.secret("key1", **TO_BOTH)  # nobody has copied this one
    regions.east.deny("setSecret")
    scene.clock.advance(2 * DAY)
    status = regions.running.rotate(second.version)
    assert status["runtimeStatus"] == "Failed"
    assert "may still hold key2" in status["output"]
    assert scene.account.accepts(regions.east.value(SECRET))
    assert regions.running.regenerations() == 0


def test_a_version_whose_event_was_lost_is_copied_before_its_old_key_dies(regions: Regions) -> None:
    scene = regions.scene
    regions.replicate(scene.secret("key2", **TO_BOTH))
    second = scene.secret("key1", **TO_BOTH)
    scene.clock.advance(2 * DAY)
    began = scene.clock.now()
    assert regions.running.rotate(second.version)["output"]["outcome"] == "rotated"
    assert scene.clock.now() - began >= DAY, "the replicas' consumers have had their grace"
    assert regions.running.regenerations() == 1


def test_a_replica_in_a_served_vault_is_no_neighbour_to_be_moved(regions: Regions) -> None:
    scene = regions.scene
    version = scene.secret(ReplicateTo="second-kv", RetireAfter="P1D")
    regions.replicate(version)
    output = regions.running.rotate(version.version)["output"]
    assert (output["outcome"], output["retired"]) == ("rotated", True)
    assert "moved" not in output
    assert regions.is_equal(scene.second_vault)


def test_a_replica_that_nobody_names_any_more_is_not_moved_and_its_key_is_not_killed(regions: Regions) -> None:
    scene = regions.scene
    regions.replicate(scene.secret("key2", ReplicateTo="second-kv"))
    second = scene.secret("key1")
    scene.clock.advance(2 * DAY)
    status = regions.running.rotate(second.version)
    assert f"the replica of {SECRET} in {scene.second_vault.host} may still hold key2" in status["output"]
    assert len(scene.second_vault.versions(SECRET)) == 1
    assert regions.running.regenerations() == 0


def test_a_copy_claims_nothing_of_a_target(regions: Regions) -> None:
    """Else a login of one secret alone would be taken for shared, by its own replica."""
    scene = regions.scene
    regions.replicate(scene.secret(ReplicateTo="second-kv"))
    scene.clock.advance(timedelta(hours=1))
    address = ResourceId.parse(scene.account.resource_id)
    assert address is not None
    tenants = bootstrap.inventory().tenants(address, scene.clock.now())
    assert tenants.secrets == [(scene.vault.host, SECRET)]
    assert tenants.replicas == [(scene.second_vault.host, SECRET)]


def test_a_region_that_is_down_keeps_no_rotation_from_its_end(regions: Regions) -> None:
    first = regions.scene.secret(**TO_BOTH, RetireAfter="P1D")
    regions.replicate(first)
    regions.scene.azure.set_reachable(regions.east.host, False)
    output = regions.running.rotate(first.version)["output"]
    assert output["outcome"] == "rotated"
    assert output["retired"] is False
    assert regions.east.host in output["note"]


# --- the sweep


@pytest.fixture
def sweeping(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[Regions]:
    for name in NO_TIMERS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("REPLICA_VAULTS", "east-kv.vault.azure.net,west-kv.vault.azure.net")
    forget_process()
    with EmbeddedHost(APP, clock=scene.clock) as host:
        regions = Regions(Running(scene, host))
        regions.replicate(scene.secret(**TO_BOTH, expires_in=80 * DAY))
        yield regions


def sweep(regions: Regions) -> dict[str, Any]:
    """Sweep, let the replications come to their end, and return the report."""
    report: dict[str, Any] = regions.running.sweep()["output"]
    for row in regions.running.instances("replicate-"):
        regions.running.ended(row["instanceId"])
    return report


def told(report: dict[str, Any]) -> list[str]:
    return [one["reason"] for one in report["reported"]]


def edited_by_hand(regions: Regions) -> str:
    regions.east.set_secret(SECRET, "edited by hand")
    return "it is missing, or has lost its tags"


def lost(regions: Regions) -> str:
    regions.east.delete(SECRET)
    regions.east.purge(SECRET)
    return "it is missing, or has lost its tags"


def metadata_edited(regions: Regions) -> str:
    regions.east.update(SECRET, tags=dict(regions.east.current(SECRET).tags) | {"owner": "x"}, content_type="x")
    return "content type, tags"


def disabled(regions: Regions) -> str:
    regions.east.disable(SECRET)
    return "enabled"


def missed_a_version(regions: Regions) -> str:
    regions.scene.secret("key2", **TO_BOTH, expires_in=90 * DAY)
    return "version, expiry, tags"


@pytest.mark.parametrize("drift", [edited_by_hand, lost, metadata_edited, disabled, missed_a_version])
def test_drift_is_reported_and_mended_without_reading_a_value_to_find_it(sweeping: Regions, drift: Any) -> None:
    expected = drift(sweeping)
    report = sweep(sweeping)
    assert report["drifted"] == (2 if drift is missed_a_version else 1)
    assert told(report)[0] == f"its replica in {sweeping.east.host} differs: {expected}"
    assert all(sweeping.is_equal(vault) for vault in sweeping.replicas)
    assert told(sweep(sweeping)) == []


def test_a_replica_that_was_made_a_primary_is_reported_and_not_written_over(sweeping: Regions) -> None:
    tags = {name: text for name, text in sweeping.east.current(SECRET).tags.items() if name != "ReplicaOf"}
    sweeping.east.set_secret(SECRET, "promoted", tags=tags)
    for _ in range(2):
        (reason,) = told(sweep(sweeping))
        assert reason == f"its replica in {sweeping.east.host} differs: another secret of that name is there"
    assert sweeping.east.value(SECRET) == "promoted"
    (row,) = sweeping.running.instances("replicate-")
    assert row["runtimeStatus"] == "Failed"


def test_a_value_edited_with_all_tags_kept_is_mended_by_the_next_sweep(sweeping: Regions) -> None:
    before = sweeping.east.current(SECRET)
    sweeping.east.set_secret(
        SECRET, "edited", tags=before.tags, content_type=before.content_type, expires_on=before.expires_on
    )
    sweep(sweeping)
    assert all(sweeping.is_equal(vault) for vault in sweeping.replicas)
    (row,) = sweeping.running.instances("replicate-")
    states = {each["vault"]: each["state"] for each in sweeping.running.status(row["instanceId"])["output"]["replicas"]}
    assert states == {sweeping.east.host: "mended", sweeping.west.host: "equal"}


def test_what_is_well_and_old_costs_the_sweep_no_call_beside_its_listings(sweeping: Regions) -> None:
    sweeping.running.host.advance(8 * DAY)
    before = sweeping.scene.azure.calls_by_operation()
    assert sweep(sweeping)["drifted"] == 0
    after = sweeping.scene.azure.calls_by_operation()
    listings = {"keyvault.listSecrets", "keyvault.listCertificates", "keyvault.listKeys"}
    assert {name for name, many in after.items() if many > before.get(name, 0)} <= listings


def test_copies_without_a_primary_are_reported_and_left(sweeping: Regions) -> None:
    scene = sweeping.scene
    tags = dict(scene.vault.current(SECRET).tags) | {"ReplicateTo": "west-kv"}
    scene.vault.update(SECRET, tags=tags)
    assert told(sweep(sweeping)) == [
        f"ReplicateTo does not name {sweeping.east.host}, which holds a replica of it: that is left"
    ]
    scene.vault.delete(SECRET)
    reasons = told(sweep(sweeping))
    assert sorted(reasons) == [
        f"it does not exist any more, or has lost its tags; its replica in {vault.host} is left"
        for vault in sweeping.replicas
    ]
    assert sweeping.copies() == [1, 1]


def test_a_replica_vault_that_cannot_be_listed_is_told_and_stops_nobody(sweeping: Regions) -> None:
    missed_a_version(sweeping)
    sweeping.east.deny("listSecrets")
    report = sweep(sweeping)
    assert sweeping.east.host in report["unreachable"]
    assert sweeping.is_equal(sweeping.west)


def test_a_replication_that_gave_up_is_taken_up_again(sweeping: Regions) -> None:
    version = sweeping.scene.secret("key2", **TO_BOTH, expires_in=90 * DAY)
    sweeping.east.deny("setSecret")
    assert sweeping.replicate(version)["runtimeStatus"] == "Failed"
    sweeping.east.allow("setSecret")
    sweep(sweeping)
    assert all(sweeping.is_equal(vault) for vault in sweeping.replicas)


def test_an_expired_copy_in_a_served_vault_is_no_business_of_the_sweep(sweeping: Regions) -> None:
    scene = sweeping.scene
    copy = sweeping.east.current(SECRET)
    expired = scene.clock.now() - DAY
    scene.second_vault.set_secret(SECRET, copy.value.reveal(), tags=copy.tags, expires_on=expired)
    report = sweep(sweeping)
    assert report["late"] == 0
    assert sweeping.running.instances("rotate-") == []


# --- shown


def shown(regions: Regions, vault: str) -> dict[str, Any]:
    answer = requests.get(f"{regions.running.host.url}/api/secrets?vault={vault}&secret={SECRET}", timeout=30)
    (secret,) = answer.json()["secrets"]
    assert isinstance(secret, dict)
    return secret


def test_the_api_shows_how_replicas_stand(regions: Regions) -> None:
    scene = regions.scene
    version = scene.secret(ReplicateTo="east-kv second-kv", expires_in=80 * DAY)
    assert [each["state"] for each in shown(regions, "sample-kv")["replicas"]] == ["behind", "behind"]
    regions.replicate(version)
    scene.clock.advance(timedelta(minutes=1))
    primary = shown(regions, "sample-kv")
    assert primary["state"] == "ok"
    assert primary["replicas"] == [
        {"vault": regions.east.host, "state": "equal"},
        {"vault": scene.second_vault.host, "state": "equal"},
    ]
    copy = shown(regions, "second-kv")
    assert copy["state"] == "replica"
    assert copy["replicaOf"] == {"vault": scene.vault.host, "secret": SECRET, "version": version.version}
    assert "nextRotation" not in copy
    regions.east.deny("listSecrets")
    scene.clock.advance(timedelta(minutes=1))
    assert shown(regions, "sample-kv")["replicas"][0]["state"] == "unknown"
