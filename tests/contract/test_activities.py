"""Each activity against simulated Azure through the real SDK clients: what is true afterwards."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from activities import (
    read_metadata,
    regenerate_key,
    restore_version,
    swap_slot,
    verify_key,
    write_version,
)
from rotation.request import RotationRequest
from tests.contract import steps
from tests.scene import DAY, SECRET, Scene, app_environment

pytestmark = pytest.mark.contract

Activity = Callable[[dict[str, Any]], dict[str, Any]]


def call(module: Any, scene: Scene, **payload: Any) -> dict[str, Any]:
    """Call an activity as the worker does, with plain JSON."""
    return steps.call(scene.clock, module, **payload)


def read(scene: Scene, request: RotationRequest) -> dict[str, Any]:
    return call(read_metadata, scene, request=request.to_json())


def planned(scene: Scene, **tags: Any) -> dict[str, Any]:
    version = scene.secret(**tags)
    answer = read(scene, scene.request(version.version))
    assert answer["status"] == "done", answer
    plan: dict[str, Any] = answer["value"]
    return plan


def write(scene: Scene, plan: dict[str, Any], slot: str = "key2", **fields: Any) -> dict[str, Any]:
    proof = call(verify_key, scene, plan=plan, slot=slot)["value"]
    payload = {"fingerprint": proof["fingerprint"], "expected_version": plan["version"], "interim": False}
    return call(write_version, scene, plan=plan, slot=slot, **(payload | fields))


# --- read_metadata ------------------------------------------------------------------------------------


def test_plan_names_the_idle_slot_and_nothing_secret(scene: Scene) -> None:
    plan = planned(scene)
    assert (plan["live_slot"], plan["slot"], plan["regenerate"]) == ("key1", "key2", True)
    assert scene.account.key("key1") not in str(plan)
    assert scene.account.key("key2") not in str(plan)


def test_planning_changes_nothing(scene: Scene) -> None:
    planned(scene)
    assert set(scene.azure.calls_by_operation()) <= {
        "identity.token",
        "keyvault.getSecret",
        "keyvault.listSecretVersions",
        "storage.getAccount",
        "storage.listKeys",
    }


def test_tag_that_lies_is_overruled_by_the_value(scene: Scene) -> None:
    version = scene.secret("key2", CredentialId="key1")
    assert read(scene, scene.request(version.version))["value"]["live_slot"] == "key2"


def test_key_younger_than_the_version_is_adopted(scene: Scene) -> None:
    version = scene.secret()
    scene.clock.advance(DAY)
    scene.account.regenerate("key2")
    assert read(scene, scene.request(version.version))["value"]["regenerate"] is False


def test_key_without_a_creation_time_is_regenerated(scene: Scene) -> None:
    for slot in ("key1", "key2"):
        scene.account.set_key_created(slot, None)
    assert planned(scene)["regenerate"] is True


def test_drift_is_repaired_without_regenerating(scene: Scene) -> None:
    version = scene.secret()
    scene.account.regenerate("key1")
    plan = read(scene, scene.request(version.version))["value"]
    assert (plan["outcome"], plan["slot"], plan["regenerate"]) == ("repaired", "key1", False)


def stopped(scene: Scene, request: RotationRequest) -> tuple[str, str]:
    answer = read(scene, request)
    assert answer["status"] == "stop", answer
    return answer["outcome"], answer["reason"]


def test_vault_outside_the_allow_list_is_refused_and_never_contacted(scene: Scene) -> None:
    other = RotationRequest("evil-kv.vault.azure.net", SECRET, "a" * 32)
    outcome, reason = stopped(scene, other)
    assert outcome == "refused"
    assert "evil-kv.vault.azure.net" in reason
    assert scene.azure.calls == []
    assert scene.azure.unresolved_hosts == []


def test_secret_that_is_gone_is_skipped(scene: Scene) -> None:
    version = scene.secret()
    scene.vault.delete(SECRET)
    assert stopped(scene, scene.request(version.version))[0] == "skipped"


def test_disabled_secret_is_skipped(scene: Scene) -> None:
    version = scene.secret()
    scene.vault.disable(SECRET)
    assert stopped(scene, scene.request(version.version))[0] == "skipped"


def test_paused_secret_is_skipped_whatever_else_is_wrong_with_it(scene: Scene) -> None:
    version = scene.secret(RotationEnabled="False", ValidityPeriodDays="never")
    assert stopped(scene, scene.request(version.version)) == ("skipped", "RotationEnabled is false")


def test_secret_without_a_provider_is_skipped(scene: Scene) -> None:
    version = scene.vault.set_secret(SECRET, "hunter2", expires_on=scene.clock.now() + DAY)
    assert stopped(scene, scene.request(version.version))[0] == "skipped"


def test_content_type_may_name_the_provider(scene: Scene) -> None:
    version = scene.vault.set_secret(
        SECRET,
        scene.account.key("key1"),
        content_type=scene.account.resource_id,
        expires_on=scene.clock.now() + DAY,
    )
    assert read(scene, scene.request(version.version))["status"] == "done"


def test_newer_current_version_supersedes_the_event(scene: Scene) -> None:
    old = scene.secret()
    new = scene.secret()
    outcome, reason = stopped(scene, scene.request(old.version))
    assert outcome == "superseded"
    assert new.version in reason


def test_version_that_cannot_be_read_yet_is_waited_for(scene: Scene) -> None:
    scene.secret()
    answer = read(scene, scene.request("f" * 32))
    assert answer["status"] == "retry"
    assert "cannot be read yet" in answer["reason"]


def test_every_complaint_about_the_tags_comes_at_once(scene: Scene) -> None:
    version = scene.secret(ValidityPeriodDays="0", RotateBeforeDays="x", SlotStrategy="random", RetireAfter="1 day")
    outcome, reason = stopped(scene, scene.request(version.version))
    assert outcome == "refused"
    assert all(tag in reason for tag in ("ValidityPeriodDays", "RotateBeforeDays", "SlotStrategy", "RetireAfter"))


def test_secret_that_is_not_due_is_left_alone_unless_forced(scene: Scene) -> None:
    version = scene.secret(expires_in=80 * DAY)
    assert stopped(scene, scene.request(version.version))[0] == "not_due"
    assert read(scene, scene.request(version.version, force=True))["status"] == "done"


def test_target_that_does_not_exist_is_refused_by_name(scene: Scene) -> None:
    version = scene.secret(ProviderAddress=scene.account.resource_id.replace("samplestore", "nosuchstore"))
    outcome, reason = stopped(scene, scene.request(version.version))
    assert outcome == "refused"
    assert "nosuchstore" in reason


@pytest.mark.parametrize("action", ["read", "listKeys"])
def test_missing_right_on_the_target_is_refused(scene: Scene, action: str) -> None:
    scene.account.deny(action)
    version = scene.secret()
    outcome, reason = stopped(scene, scene.request(version.version))
    assert outcome == "refused"
    assert "AuthorizationFailed" in reason


def test_own_host_storage_is_refused(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {"AzureWebJobsStorage": scene.account.connection_string("key1")}
    version = scene.secret()
    with app_environment(scene.azure, monkeypatch, connection):
        outcome, reason = stopped(scene, scene.request(version.version))
    assert outcome == "refused"
    assert "runs on" in reason


def test_account_without_shared_keys_is_refused(scene: Scene) -> None:
    account = scene.azure.add_storage_account("keyless", allow_shared_key_access=False)
    version = scene.secret(ProviderAddress=account.resource_id)
    outcome, reason = stopped(scene, scene.request(version.version))
    assert outcome == "refused"
    assert "shared key access disabled" in reason


def test_value_in_an_unknown_format_is_refused(scene: Scene) -> None:
    version = scene.secret(value='{"key": "x"}')
    assert stopped(scene, scene.request(version.version))[0] == "refused"


def test_connection_string_of_another_account_is_refused(scene: Scene) -> None:
    other = scene.azure.add_storage_account("otherstore")
    version = scene.secret(value=other.connection_string("key1"))
    outcome, reason = stopped(scene, scene.request(version.version))
    assert outcome == "refused"
    assert "another account" in reason


def test_throttling_is_data_with_the_wait_that_was_asked_for(scene: Scene) -> None:
    version = scene.secret()
    scene.azure.faults.add(operation="storage.listKeys", nth=1, when="before", status=429, retry_after=17)
    answer = read(scene, scene.request(version.version))
    assert (answer["status"], answer["after"]) == ("retry", 17.0)


@pytest.mark.parametrize("status", [500, 503])
def test_failing_service_is_data(scene: Scene, status: int) -> None:
    version = scene.secret()
    scene.azure.faults.add(operation="keyvault.getSecret", nth=1, when="before", status=status)
    answer = read(scene, scene.request(version.version))
    assert answer["status"] == "retry"
    assert str(status) in answer["reason"]


def test_dropped_connection_is_data(scene: Scene) -> None:
    version = scene.secret()
    scene.azure.faults.add(operation="storage.getAccount", nth=1, when="before", drop=True)
    assert read(scene, scene.request(version.version))["status"] == "retry"


# --- regenerate_key -----------------------------------------------------------------------------------


def test_regenerating_changes_the_idle_slot_only(scene: Scene) -> None:
    plan = planned(scene)
    key1, key2 = scene.account.key("key1"), scene.account.key("key2")
    call(regenerate_key, scene, plan=plan, expected_version=plan["version"])
    assert scene.account.key("key1") == key1
    assert scene.account.key("key2") != key2


def test_regenerating_again_does_nothing(scene: Scene) -> None:
    plan = planned(scene)
    for _ in range(3):
        call(regenerate_key, scene, plan=plan, expected_version=plan["version"])
    assert scene.azure.calls_by_operation()["storage.regenerateKey"] == 1


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 503}, {"drop": True}])
def test_lost_reply_of_a_regeneration_is_not_a_second_one(scene: Scene, fault: dict[str, Any]) -> None:
    plan = planned(scene)
    scene.azure.faults.add(operation="storage.regenerateKey", nth=1, when="after", **fault)
    assert call(regenerate_key, scene, plan=plan, expected_version=plan["version"])["status"] == "retry"
    again = call(regenerate_key, scene, plan=plan, expected_version=plan["version"])
    assert again["value"] == {"regenerated": False}
    assert scene.azure.calls_by_operation()["storage.regenerateKey"] == 1


def test_slot_that_became_live_meanwhile_is_not_touched(scene: Scene) -> None:
    plan = planned(scene)
    scene.secret("key2")
    answer = call(regenerate_key, scene, plan=plan, expected_version=plan["version"])
    assert answer["outcome"] == "superseded"
    assert scene.works()


def test_locked_account_is_refused_with_the_code(scene: Scene) -> None:
    plan = planned(scene)
    scene.account.read_only_lock = True
    answer = call(regenerate_key, scene, plan=plan, expected_version=plan["version"])
    assert answer["outcome"] == "refused"
    assert "ScopeLocked" in answer["reason"]


# --- verify_key ---------------------------------------------------------------------------------------


def test_good_key_is_verified_on_the_data_plane(scene: Scene) -> None:
    plan = planned(scene)
    answer = call(verify_key, scene, plan=plan, slot="key2")
    assert answer["value"]["verified"] == "data-plane"


def test_files_only_account_is_verified_on_its_file_endpoint(scene: Scene) -> None:
    scene.account = scene.azure.add_storage_account("filesonly", kind="FileStorage", created=scene.clock.now() - DAY)
    plan = planned(scene)
    assert call(verify_key, scene, plan=plan, slot="key2")["value"]["verified"] == "data-plane"
    assert scene.azure.calls_by_operation()["file.getServiceProperties"] == 1


def test_key_that_has_not_arrived_everywhere_is_waited_for(scene: Scene) -> None:
    scene.account.propagation_delay = timedelta(minutes=3)
    plan = planned(scene)
    call(regenerate_key, scene, plan=plan, expected_version=plan["version"])
    assert call(verify_key, scene, plan=plan, slot="key2")["status"] == "retry"
    scene.clock.advance(timedelta(minutes=4))
    assert call(verify_key, scene, plan=plan, slot="key2")["status"] == "done"


@pytest.mark.parametrize(("wish", "fallback"), [("best-effort", "control-plane"), ("required", None)])
def test_firewall_says_nothing_about_the_key(scene: Scene, wish: str, fallback: str | None) -> None:
    plan = planned(scene, Verification=wish)
    scene.account.firewall_closed = True
    answer = call(verify_key, scene, plan=plan, slot="key2")
    assert answer["status"] == "retry"
    assert "AuthorizationFailure" in answer["reason"]
    assert (answer["fallback"] or {}).get("verified") == fallback


def test_private_endpoint_out_of_reach_says_nothing_about_the_key(scene: Scene) -> None:
    plan = planned(scene)
    scene.azure.set_reachable(scene.account.host("blob"), False)
    answer = call(verify_key, scene, plan=plan, slot="key2")
    assert answer["fallback"]["verified"] == "control-plane"


def test_policy_against_shared_keys_fails_with_that_reason(scene: Scene) -> None:
    plan = planned(scene)
    scene.account.allow_shared_key_access = False
    answer = call(verify_key, scene, plan=plan, slot="key2")
    assert answer["outcome"] == "failed"
    assert "KeyBasedAuthenticationNotPermitted" in answer["reason"]


def test_verification_that_is_off_signs_nothing(scene: Scene) -> None:
    plan = planned(scene, Verification="off")
    assert call(verify_key, scene, plan=plan, slot="key2")["value"]["verified"] == "off"
    assert not any(name.startswith("blob.") for name in scene.azure.calls_by_operation())


# --- write_version ------------------------------------------------------------------------------------


def test_new_version_carries_the_key_and_keeps_everything_else(scene: Scene) -> None:
    plan = planned(scene, ValidityPeriodDays="60")
    before = scene.vault.current(SECRET)
    write(scene, plan)
    after = scene.vault.current(SECRET)
    assert scene.vault.value(SECRET) == scene.account.key("key2")
    assert dict(after.tags) == dict(before.tags) | {"CredentialId": "key2", "RotationId": plan["rotation_id"]}
    assert after.content_type == before.content_type
    assert after.expires_on == scene.clock.now() + 60 * DAY


def test_connection_string_keeps_every_other_field_and_its_order(scene: Scene) -> None:
    version = scene.secret(connection_string=True)
    before = scene.vault.value(SECRET)
    write(scene, read(scene, scene.request(version.version))["value"])
    expected = before.replace(scene.account.key("key1"), scene.account.key("key2"))
    assert scene.vault.value(SECRET) == expected


def test_writing_twice_makes_one_version(scene: Scene) -> None:
    plan = planned(scene)
    first = write(scene, plan)
    assert write(scene, plan) == first
    assert len(scene.vault.versions(SECRET)) == 2


@pytest.mark.parametrize("fault", [{"status": 500}, {"drop": True}])
def test_lost_reply_of_a_write_is_not_a_second_version(scene: Scene, fault: dict[str, Any]) -> None:
    plan = planned(scene)
    scene.azure.faults.add(operation="keyvault.setSecret", nth=1, when="after", **fault)
    assert write(scene, plan)["status"] == "retry"
    assert write(scene, plan)["status"] == "done"
    assert len(scene.vault.versions(SECRET)) == 2


def test_version_of_somebody_else_is_never_overwritten(scene: Scene) -> None:
    plan = planned(scene)
    scene.secret("key1")
    assert write(scene, plan)["outcome"] == "superseded"
    assert scene.holds("key1")


def test_tags_edited_while_the_rotation_runs_survive(scene: Scene) -> None:
    plan = planned(scene)
    scene.vault.update(SECRET, tags=dict(scene.vault.current(SECRET).tags) | {"owner": "billing", "cost": "42"})
    write(scene, plan)
    tags = scene.vault.current(SECRET).tags
    assert (tags["owner"], tags["cost"]) == ("billing", "42")


def test_slot_regenerated_after_verification_is_not_published(scene: Scene) -> None:
    plan = planned(scene)
    proof = call(verify_key, scene, plan=plan, slot="key2")["value"]
    scene.account.regenerate("key2")
    answer = write(scene, plan, fingerprint=proof["fingerprint"])
    assert answer["value"] == {"changed": True}
    assert len(scene.vault.versions(SECRET)) == 1


def test_provider_changed_meanwhile_is_refused(scene: Scene) -> None:
    plan = planned(scene)
    other = scene.azure.add_storage_account("otherstore")
    tags = dict(scene.vault.current(SECRET).tags) | {"ProviderAddress": other.resource_id}
    scene.vault.update(SECRET, tags=tags)
    assert write(scene, plan)["outcome"] == "refused"


# --- swap_slot, restore_version -----------------------------------------------------------------------


def test_retired_slot_is_regenerated_once_and_the_secret_still_works(scene: Scene) -> None:
    plan = planned(scene, RetireAfter="P2D")
    write(scene, plan)
    old = scene.account.key("key1")
    for _ in range(2):
        assert call(swap_slot, scene, plan=plan)["value"] == {"retired": True}
    assert not scene.account.accepts(old)
    assert scene.works()
    assert scene.azure.calls_by_operation()["storage.regenerateKey"] == 1


def test_slot_that_the_secret_lives_on_again_is_not_retired(scene: Scene) -> None:
    plan = planned(scene, RetireAfter="P2D")
    write(scene, plan)
    scene.secret("key1")
    assert call(swap_slot, scene, plan=plan)["value"]["retired"] is False
    assert scene.works()


def test_nothing_is_retired_once_the_secret_is_deleted(scene: Scene) -> None:
    plan = planned(scene, RetireAfter="P2D")
    write(scene, plan)
    scene.vault.delete(SECRET)
    assert call(swap_slot, scene, plan=plan)["value"]["retired"] is False


def restore(scene: Scene, plan: dict[str, Any], written: str, **changes: Any) -> dict[str, Any]:
    fields = ("rotation_id", "vault", "secret", "provider", "previous_version")
    return call(restore_version, scene, **{name: plan[name] for name in fields} | {"version": written} | changes)


def test_previous_value_is_restored_as_a_new_version_with_its_expiry(scene: Scene) -> None:
    plan = planned(scene, RetireAfter="P2D")
    before = scene.vault.current(SECRET)
    written = write(scene, plan)["value"]["version"]
    answers = [restore(scene, plan, written) for _ in range(2)]
    assert answers[0] == answers[1]
    assert before.expires_on is not None
    assert answers[0]["value"]["expires_on"] == before.expires_on.isoformat()
    assert answers[0]["value"]["slot"] == "key1"
    after = scene.vault.current(SECRET)
    assert scene.holds("key1")
    assert len(scene.vault.versions(SECRET)) == 3
    assert after.expires_on == before.expires_on
    assert after.tags["CredentialId"] == "key1"
    assert after.tags["owner"] == "payments"


def test_dead_value_is_not_restored(scene: Scene) -> None:
    plan = planned(scene, RetireAfter="P2D")
    written = write(scene, plan)["value"]["version"]
    scene.account.regenerate("key1")
    answer = restore(scene, plan, written)
    assert answer["outcome"] == "refused"
    assert scene.works()


def test_nothing_is_restored_over_a_version_that_somebody_else_has_written(scene: Scene) -> None:
    plan = planned(scene, RetireAfter="P2D")
    written = write(scene, plan)["value"]["version"]
    newest = scene.secret("key2")
    assert restore(scene, plan, written)["outcome"] == "superseded"
    assert scene.vault.current(SECRET).version == newest.version


@pytest.mark.parametrize("field", ["vault", "provider"])
def test_restoring_does_not_reach_beyond_what_the_app_serves(scene: Scene, field: str) -> None:
    plan = planned(scene, RetireAfter="P2D")
    written = write(scene, plan)["value"]["version"]
    elsewhere = {
        "vault": "evil-kv.vault.azure.net",
        "provider": plan["provider"].casefold().replace("microsoft.storage/storageaccounts", "microsoft.web/sites"),
    }
    assert restore(scene, plan, written, **{field: elsewhere[field]})["outcome"] == "refused"
    assert scene.vault.current(SECRET).version == written
    assert scene.azure.unresolved_hosts == []


def test_restored_secret_is_not_rotated_again_unasked(scene: Scene) -> None:
    plan = planned(scene, RetireAfter="P2D")
    written = write(scene, plan)["value"]["version"]
    restored = restore(scene, plan, written)["value"]["version"]
    assert stopped(scene, scene.request(restored))[0] == "refused"
    assert read(scene, scene.request(restored, force=True))["status"] == "done"


# --- the shell ----------------------------------------------------------------------------------------


def test_bug_is_reported_by_class_and_place_alone(scene: Scene) -> None:
    answer = call(regenerate_key, scene, plan={"nonsense": "hunter2"})
    assert answer["outcome"] == "failed"
    assert "KeyError" in answer["reason"]
    assert "hunter2" not in str(answer)
