"""The contract of every provider with two keys: for each resource type, a rotation step by step on its simulator."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from activities import move_secret, regenerate_key, swap_slot, verify_key
from dev.faults.arena import Arena
from dev.simulators import SecretVersion, StorageAccount, TwoKeyTarget
from dev.simulators.two_key_facts import BY_TYPE
from dev.simulators.wire import Operation, Request, Response
from providers.arm_keys_table import ROWS
from providers.registry import PROVIDERS
from rotation.address import ENTRA, GENERATED, LoginsAddress
from tests.contract.provider_rotation import NAMES, STORAGE, Rotation
from tests.scene import DAY, Scene

pytestmark = pytest.mark.contract

TYPES = sorted(kind for kind in PROVIDERS if kind == STORAGE or kind in ROWS)
FAMILIES = [
    pytest.param(kind, family, id=f"{kind}-{family[0]}")
    for kind in TYPES
    for family in (BY_TYPE[kind].families or [tuple(BY_TYPE[kind].slots)] if kind != STORAGE else [("key1", "key2")])
]
FORMS = ("bare key", "connection string")

Make = Callable[..., Rotation]


@pytest.fixture
def make(arena: Arena) -> Make:
    arena.clear(cold=False)
    scene = Scene(arena.azure, arena.clock)

    def make(kind: str, **options: Any) -> Rotation:
        return Rotation(scene, kind, **options)

    return make


def forms_of(kind: str) -> list[str]:
    """Return the forms that values of a kind may have."""
    if kind == STORAGE:
        return list(FORMS)
    form = ROWS[kind].form
    return [text for text, there in zip(FORMS, (form.takes_bare_key, form.key_field), strict=True) if there]


# --- a rotation


@pytest.mark.parametrize(("kind", "form"), [(kind, form) for kind in TYPES for form in forms_of(kind)])
def test_rotated_keeps_its_form_and_the_old_key_works_until_it_is_retired(make: Make, kind: str, form: str) -> None:
    rotation = make(kind, form=form)
    before = rotation.value
    plan = rotation.planned(rotation.seed(RetireAfter="P1D"))
    assert (plan["live_slot"], plan["slot"], plan["regenerate"]) == (rotation.slot, rotation.idle, True)

    assert rotation.regenerate(plan)["regenerated"] in (True, False)
    rotation.publish(plan)
    after = rotation.scene.vault.value("secret")
    assert rotation.target.takes(before)
    assert rotation.target.takes(after)
    assert rotation.target.around_key(after) == rotation.target.around_key(before)
    assert rotation.scene.vault.current("secret").tags["CredentialId"] == rotation.idle

    assert rotation.step(swap_slot, plan=plan) == {"retired": True}
    assert not rotation.target.takes(before)
    assert rotation.target.takes(after)
    assert rotation.regenerations() == 2


@pytest.mark.parametrize(("kind", "family"), FAMILIES)
def test_each_slot_of_a_family_stands_in_for_the_other_and_no_other(
    make: Make, kind: str, family: tuple[str, str]
) -> None:
    rotation = make(kind)
    for slot, other in (family, family[::-1]):
        rotation.slot = slot
        plan = rotation.planned(rotation.seed(f"secret-{family.index(slot)}"))
        assert (plan["live_slot"], plan["slot"]) == (slot, other)


@pytest.mark.parametrize("kind", TYPES)
def test_the_new_key_is_verified_where_the_service_lets_us(make: Make, kind: str) -> None:
    rotation = make(kind)
    plan = rotation.planned(rotation.seed())
    rotation.regenerate(plan)
    proof = rotation.publish(plan)
    can_be_tried = kind == STORAGE or ROWS[kind].probe is not None
    assert proof["verified"] == ("data-plane" if can_be_tried else "control-plane")
    if can_be_tried and kind != STORAGE:
        probe = ROWS[kind].probe
        assert probe is not None
        assert rotation.scene.azure.calls_by_operation()[probe.operation] == 1


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind == STORAGE or ROWS[kind].probe])
def test_a_key_that_is_not_known_everywhere_yet_is_waited_for(make: Make, kind: str) -> None:
    rotation = make(kind)
    rotation.target.propagation_delay = timedelta(minutes=3)
    plan = rotation.planned(rotation.seed())
    rotation.regenerate(plan)
    answer = rotation.call(verify_key, plan=plan, slot=plan["slot"])
    assert answer["status"] == "retry"
    assert "not accepted yet" in answer["reason"]
    rotation.scene.clock.advance(timedelta(minutes=4))
    assert rotation.call(verify_key, plan=plan, slot=plan["slot"])["value"]["verified"] == "data-plane"


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind == STORAGE or ROWS[kind].probe])
def test_a_firewall_says_nothing_about_the_key(make: Make, kind: str) -> None:
    rotation = make(kind)
    rotation.target.firewall_closed = True
    if kind == "microsoft.search/searchservices":  # a firewall and a wrong key are answered alike: the target tells
        assert isinstance(rotation.target, TwoKeyTarget)
        rotation.target.properties["networkRuleSet"] = {"ipRules": [{"value": "203.0.113.7"}]}
    plan = rotation.planned(rotation.seed())
    answer = rotation.call(verify_key, plan=plan, slot=plan["slot"])
    found = answer["fallback"] if answer["status"] == "retry" else answer["value"]
    assert found["verified"] == "control-plane"


TRIED = ["microsoft.cognitiveservices/accounts", "microsoft.documentdb/databaseaccounts", "microsoft.maps/accounts"]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"status": 503}, "data plane: 503 ServiceUnavailable"),
        ({"status": 429, "retry_after": 17}, "data plane: 429 TooManyRequests"),
    ],
)
@pytest.mark.parametrize("kind", TRIED)
def test_an_unwell_data_plane_is_waited_for(make: Make, kind: str, fault: dict[str, Any], told: str) -> None:
    rotation = make(kind)
    plan = rotation.planned(rotation.seed())
    probe = ROWS[kind].probe
    assert probe is not None
    rotation.scene.azure.faults.add(operation=probe.operation, **fault)
    answer = rotation.call(verify_key, plan=plan, slot=plan["slot"])
    assert (answer["status"], answer["reason"], answer["after"]) == ("retry", told, fault.get("retry_after"))
    assert (answer["budget"], answer["throttled"]) == (None, "retry_after" in fault)
    assert rotation.call(verify_key, plan=plan, slot=plan["slot"])["value"]["verified"] == "data-plane"


@pytest.mark.parametrize("kind", TRIED)
def test_a_data_plane_out_of_reach_says_nothing_about_the_key(make: Make, kind: str) -> None:
    rotation = make(kind)
    plan = rotation.planned(rotation.seed())
    for host in rotation.target.hosts:
        rotation.scene.azure.set_reachable(host, False)
    answer = rotation.call(verify_key, plan=plan, slot=plan["slot"])
    # How a connection breaks that nobody answers is a matter of moments.
    assert answer["reason"].startswith("data plane: ")
    assert answer["fallback"]["verified"] == "control-plane"


def test_keys_that_are_switched_off_meanwhile_fail_with_the_service_s_word(make: Make) -> None:
    rotation = make("microsoft.cognitiveservices/accounts")
    plan = rotation.planned(rotation.seed())
    assert isinstance(rotation.target, TwoKeyTarget)
    rotation.target.turn_keys_off()
    answer = rotation.call(verify_key, plan=plan, slot=plan["slot"])
    assert answer["outcome"] == "failed"
    assert answer["reason"] == "access with a key is not permitted (data plane: 403 AuthenticationTypeDisabled)"


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind != STORAGE and ROWS[kind].described_by_parent])
def test_a_rule_without_the_right_to_look_proves_its_key_all_the_same(make: Make, kind: str) -> None:
    rotation = make(kind)
    assert isinstance(rotation.target, TwoKeyTarget)
    rotation.target.rights = ("Send",)
    plan = rotation.planned(rotation.seed())
    assert rotation.call(verify_key, plan=plan, slot=plan["slot"])["value"]["verified"] == "data-plane"


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind != STORAGE and ROWS[kind].probe is None])
def test_what_cannot_be_tried_is_refused_where_proof_is_required(make: Make, kind: str) -> None:
    rotation = make(kind)
    assert "Verification cannot be required" in refusal(rotation, rotation.seed(Verification="required"))


class Broken:
    """A Resource Manager in front of which somebody has put a sign-in page."""

    def route(self, request: Request) -> Operation:
        return Operation("arm.broken", request.path, lambda: Response(200, {"Content-Type": "text/html"}, b"<html>"))

    def failure(self, status: int, request: Request) -> Response:
        return Response(status)


def test_an_answer_that_cannot_be_read_is_waited_for(make: Make) -> None:
    rotation = make("microsoft.cache/redis")
    version = rotation.seed()
    rotation.scene.azure.mount("management.azure.com", Broken())
    answer = rotation.read(version)
    assert (answer["status"], answer["reason"]) == ("retry", "get redis: 200 with an answer that cannot be read")


# --- done once


@pytest.mark.parametrize("kind", TYPES)
def test_regenerating_again_does_nothing(make: Make, kind: str) -> None:
    rotation = make(kind)
    plan = rotation.planned(rotation.seed())
    for _ in range(3):
        rotation.regenerate(plan)
    assert rotation.regenerations() == 1
    assert rotation.scene.azure.calls_by_operation()[rotation.operation("regenerateKey")] == 1


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 503}, {"drop": True}])
@pytest.mark.parametrize("kind", TYPES)
def test_a_lost_reply_of_a_regeneration_is_not_a_second_one(make: Make, kind: str, fault: dict[str, Any]) -> None:
    rotation = make(kind)
    plan = rotation.planned(rotation.seed())
    rotation.scene.azure.faults.add(operation=rotation.operation("regenerateKey"), when="after", **fault)
    assert rotation.call(regenerate_key, plan=plan, expected_version=plan["version"])["status"] == "retry"
    rotation.regenerate(plan)
    assert rotation.regenerations() == 1
    rotation.publish(plan)
    assert rotation.target.takes(rotation.scene.vault.value("secret"))


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind != STORAGE and ROWS[kind].is_long_running])
def test_what_is_under_way_is_not_asked_for_again(make: Make, kind: str) -> None:
    rotation = make(kind)
    assert isinstance(rotation.target, TwoKeyTarget)
    rotation.target.operation_takes = timedelta(hours=3)
    plan = rotation.planned(rotation.seed())
    payload: dict[str, Any] = {"plan": plan, "expected_version": plan["version"]}
    for _ in range(5):
        answer = rotation.call(regenerate_key, **payload)
        assert answer["status"] == "retry"
        assert "under way" in answer["reason"]
        payload |= answer["memo"] or {}
        rotation.scene.clock.advance(timedelta(minutes=30))
    assert rotation.regenerations() == 0
    rotation.scene.clock.advance(timedelta(hours=1))
    assert rotation.call(regenerate_key, **payload)["value"] == {"regenerated": False}
    assert rotation.scene.azure.calls_by_operation()[rotation.operation("regenerateKey")] == 1
    assert rotation.regenerations() == 1


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind != STORAGE and BY_TYPE[kind].operation_takes])
def test_what_is_under_way_is_seen_by_a_worker_that_has_forgotten_it(make: Make, kind: str) -> None:
    rotation = make(kind)
    plan = rotation.planned(rotation.seed())
    payload = {"plan": plan, "expected_version": plan["version"]}
    assert rotation.call(regenerate_key, **payload)["status"] == "retry"
    answer = rotation.call(regenerate_key, **payload)
    assert (answer["status"], answer["memo"]) == ("retry", None)
    assert "an operation is under way" in answer["reason"]
    assert rotation.scene.azure.calls_by_operation()[rotation.operation("regenerateKey")] == 1


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind == STORAGE or any(s.age for s in ROWS[kind].slots)])
def test_a_key_that_is_known_to_be_younger_than_the_version_is_adopted(make: Make, kind: str) -> None:
    rotation = make(kind)
    version = rotation.seed()
    rotation.scene.clock.advance(DAY)
    rotation.target.regenerate(rotation.idle)
    assert rotation.planned(version)["regenerate"] is False


@pytest.mark.parametrize(
    "kind", [kind for kind in TYPES if kind != STORAGE and not any(s.age for s in ROWS[kind].slots)]
)
def test_a_key_of_unknown_age_is_regenerated(make: Make, kind: str) -> None:
    rotation = make(kind)
    version = rotation.seed()
    rotation.scene.clock.advance(DAY)
    rotation.target.regenerate(rotation.idle)
    plan = rotation.planned(version)
    assert plan["regenerate"] is True
    assert plan["witness"]["created_on"] is None


# --- refused


def refusal(rotation: Rotation, version: SecretVersion) -> str:
    answer = rotation.read(version)
    assert (answer["status"], answer.get("outcome")) == ("stop", "refused"), answer
    return str(answer["reason"])


@pytest.mark.parametrize("kind", TYPES)
def test_a_target_that_takes_no_keys_is_refused_in_its_own_words(make: Make, kind: str) -> None:
    rotation = make(kind)
    if isinstance(rotation.target, TwoKeyTarget):
        rotation.target.turn_keys_off()
        words = ROWS[kind].switch.name
    else:
        assert isinstance(rotation.target, StorageAccount)
        rotation.target.allow_shared_key_access = False
        words = "shared key access"
    reason = refusal(rotation, rotation.seed())
    assert words in reason
    assert "disabled" in reason
    assert "no key of it is accepted" in reason


@pytest.mark.parametrize("kind", TYPES)
def test_a_target_that_is_not_there_is_refused_by_name(make: Make, kind: str) -> None:
    rotation = make(kind)
    address = rotation.target.resource_id.rpartition("/")[0] + "/nosuch"
    assert "nosuch not found" in refusal(rotation, rotation.seed(ProviderAddress=address))


@pytest.mark.parametrize("action", ["read", "listKeys"])
@pytest.mark.parametrize("kind", TYPES)
def test_a_missing_right_is_refused(make: Make, kind: str, action: str) -> None:
    rotation = make(kind)
    rotation.target.deny(action)
    assert "403 AuthorizationFailed" in refusal(rotation, rotation.seed())


@pytest.mark.parametrize("kind", TYPES)
def test_a_missing_right_to_regenerate_stops_before_anything_has_changed(make: Make, kind: str) -> None:
    rotation = make(kind)
    plan = rotation.planned(rotation.seed())
    rotation.target.deny("regenerateKey")
    answer = rotation.call(regenerate_key, plan=plan, expected_version=plan["version"])
    assert (answer["outcome"], "AuthorizationFailed" in answer["reason"]) == ("refused", True)
    assert rotation.regenerations() == 0


@pytest.mark.parametrize("kind", TYPES)
def test_a_locked_target_is_refused(make: Make, kind: str) -> None:
    rotation = make(kind)
    rotation.target.read_only_lock = True
    assert "ScopeLocked" in refusal(rotation, rotation.seed())


@pytest.mark.parametrize("kind", TYPES)
def test_throttling_is_data_with_the_wait_that_was_asked_for(make: Make, kind: str) -> None:
    rotation = make(kind)
    version = rotation.seed()
    rotation.scene.azure.faults.add(operation=rotation.operation("listKeys"), status=429, retry_after=17)
    answer = rotation.read(version)
    assert (answer["status"], answer["after"], answer["throttled"]) == ("retry", 17.0, True)


@pytest.mark.parametrize("kind", TYPES)
def test_a_value_of_another_form_is_refused_by_what_was_expected(make: Make, kind: str) -> None:
    rotation = make(kind)
    version = rotation.scene.vault.set_secret(
        "secret",
        '{"key": "x"}',
        tags={"ProviderAddress": rotation.target.resource_id},
        expires_on=rotation.scene.clock.now() + DAY,
    )
    reason = refusal(rotation, version)
    assert "the secret's value (12 characters) is n" in reason
    field = ROWS[kind].form.key_field if kind != STORAGE else "AccountKey"
    assert (f"one {field}" if field else "no raw key") in reason


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind == STORAGE or ROWS[kind].form.owners])
def test_a_connection_string_of_another_target_is_refused(make: Make, kind: str) -> None:
    rotation = make(kind)
    for name in NAMES if kind != STORAGE else ("samplestore",):
        if name not in rotation.value:
            continue
        other = rotation.value.replace(name, "fabrikam").replace(rotation.target.key(str(rotation.slot)), "dead")
        version = rotation.scene.vault.set_secret(
            "secret",
            other,
            tags={"ProviderAddress": rotation.target.resource_id},
            expires_on=rotation.scene.clock.now() + DAY,
        )
        assert "the connection string is for another" in refusal(rotation, version)


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind != STORAGE and BY_TYPE[kind].families])
def test_drift_between_kinds_of_keys_is_settled_by_the_tag_or_not_at_all(make: Make, kind: str) -> None:
    family = BY_TYPE[kind].families[1]
    rotation = make(kind, slot=family[0])
    version = rotation.seed()
    rotation.target.regenerate(family[0])
    plan = rotation.planned(version)
    assert (plan["outcome"], plan["slot"], plan["regenerate"]) == ("repaired", family[0], False)
    tags = dict(rotation.scene.vault.current("secret").tags) | {"CredentialId": "somewhere"}
    rotation.scene.vault.update("secret", tags=tags)
    assert "CredentialId does not say which kind of key it was" in refusal(rotation, version)


# --- neighbours


@pytest.mark.parametrize("kind", TYPES)
def test_a_neighbour_is_moved_in_its_own_form(make: Make, kind: str) -> None:
    rotation = make(kind)
    plan = rotation.planned(rotation.seed())
    live = rotation.slot
    rotation.slot = rotation.idle
    before = rotation.value
    version = rotation.seed("neighbour")
    neighbour = {
        "vault": rotation.scene.vault.host,
        "secret": "neighbour",
        "version": version.version,
        "pinned": False,
        "grace_seconds": 60.0,
    }
    rotation.step(move_secret, plan=plan, neighbour=neighbour, slot=live)
    after = rotation.scene.vault.value("neighbour")
    assert rotation.target.takes(after)
    assert rotation.target.slot_of(rotation.target.key_in(after)) == live
    assert rotation.target.around_key(after) == rotation.target.around_key(before)


def test_every_kind_of_the_registry_is_simulated() -> None:
    assert set(TYPES) == {STORAGE, *BY_TYPE}
    servers = {kind for kind, line in PROVIDERS.items() if line.takes is LoginsAddress}
    assert set(PROVIDERS) - set(TYPES) == {ENTRA, GENERATED, *servers}, "these have contracts of their own"
