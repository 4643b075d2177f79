"""What ends a rotation before anything is touched, and in which order."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from rotation.failures import RefusedError
from rotation.model import Surroundings, Target
from rotation.outcomes import Conclusion, OutcomeName
from rotation.plan import INTERIM, RESTORED
from rotation.policy import Defaults, Policy
from rotation.refusals import EARLY_NOTICE, check_secret, check_target, check_vault, check_wanted
from rotation.situation import Situation
from tests.unit.builders import (
    ADDRESS,
    DAY,
    HOUR,
    KEY1,
    KEY2,
    KNOWN,
    NOW,
    SURROUNDINGS,
    TARGET,
    planned,
    replacing,
    request,
    secret,
    slots,
)

pytestmark = pytest.mark.unit

SECOND = timedelta(seconds=1)


def check(asked: Any = None, now: datetime = NOW, **about: Any) -> Policy:
    return check_secret(Situation(asked or request(), secret(**about), now), SURROUNDINGS, Defaults())


def conclusion(asked: Any = None, now: datetime = NOW, **about: Any) -> tuple[OutcomeName, str]:
    with pytest.raises(Conclusion) as ended:
        check(asked, now, **about)
    return ended.value.outcome.name, ended.value.outcome.reason


# --- the vault, and whether anybody wants it


@pytest.mark.parametrize("allowed", [frozenset(), frozenset({"fabrikam-kv.vault.azure.net"})])
def test_a_vault_that_is_not_on_the_list_is_refused(allowed: frozenset[str]) -> None:
    with pytest.raises(RefusedError, match="is not in KEY_VAULTS"):
        check_vault(request(), Surroundings(allowed, KNOWN))


def test_a_vault_on_the_list_passes() -> None:
    check_vault(request(), SURROUNDINGS)


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"tagged": {"RotationEnabled": "false"}}, "RotationEnabled is false"),
        ({"tagged": {"RotationEnabled": "False", "ProviderAddress": None}}, "RotationEnabled is false"),
        ({"tagged": {"RotationEnabled": "false", "ValidityPeriodDays": "many"}}, "RotationEnabled is false"),
        ({"tagged": {"ProviderAddress": None}}, "no provider"),
        ({"tagged": {"ProviderAddress": ""}, "content_type": "text/plain"}, "no provider"),
        ({"tagged": {"ProviderAddress": None, "ValidityPeriodDays": "many"}}, "no provider"),
    ],
)
def test_what_nobody_asked_for_is_skipped_before_its_tags_are_judged(about: dict[str, Any], reason: str) -> None:
    with pytest.raises(Conclusion, match=reason) as skipped:
        check_wanted(secret(**about))
    assert skipped.value.outcome.name is OutcomeName.SKIPPED


@pytest.mark.parametrize(
    "about",
    [{}, {"tagged": {"ProviderAddress": None}, "content_type": ADDRESS}, {"tagged": {"ProviderAddress": "nonsense"}}],
)
def test_what_names_a_provider_in_any_way_is_wanted(about: dict[str, Any]) -> None:
    check_wanted(secret(**about))


# --- tags before due


@pytest.mark.parametrize(
    "about",
    [
        {"expires_on": NOW + 400 * DAY},
        {"expires_on": None},
        {"tagged": {"RotationId": f"rotate-before{RESTORED}"}},
        {},
    ],
)
def test_wrong_tags_are_refused_whether_due_or_not(about: dict[str, Any]) -> None:
    wrong = {"ValidityPeriodDays": "many", "Verification": "maybe", "SlotStrategy": "none"}
    about = about | {"tagged": about.get("tagged", {}) | wrong}
    with pytest.raises(RefusedError) as refused:
        check(**about)
    assert refused.value.reason.startswith("tags: ")
    assert all(name in refused.value.reason for name in wrong)


def test_force_does_not_excuse_wrong_tags() -> None:
    with pytest.raises(RefusedError, match=r"^tags: "):
        check(request(force=True), tagged={"ValidityPeriodDays": "many"})


# --- due


def due_from(expires_on: datetime, lead: timedelta = 30 * DAY) -> datetime:
    return expires_on - lead


@pytest.mark.parametrize("lead", [None, "7", "45"])
def test_a_version_is_due_from_its_lead_on_or_from_a_notice_that_comes_early(lead: str | None) -> None:
    expires_on = NOW + 60 * DAY
    due = due_from(expires_on, timedelta(days=int(lead or 30)))
    about: dict[str, Any] = {"expires_on": expires_on, "tagged": {"RotateBeforeDays": lead}}
    for now in (due - EARLY_NOTICE, due, due + DAY, expires_on, expires_on + 400 * DAY):
        assert isinstance(check(now=now, **about), Policy)
    assert conclusion(now=due - EARLY_NOTICE - SECOND, **about) == (
        OutcomeName.NOT_DUE,
        f"due from {due.isoformat()}",
    )


@pytest.mark.parametrize("early", [timedelta(0), timedelta(minutes=4), 15 * HOUR])
def test_the_event_that_key_vault_sends_thirty_days_ahead_is_in_time(early: timedelta) -> None:
    assert isinstance(check(expires_on=NOW + 30 * DAY + early), Policy)


@pytest.mark.parametrize("validity", [1, 2, 7, 30, 60, 90])
def test_no_version_is_due_at_birth(validity: int) -> None:
    """Key Vault announces a version that has less than 30 days to live within minutes: it would never end."""
    about = {"created_on": NOW, "expires_on": NOW + validity * DAY, "tagged": {"ValidityPeriodDays": str(validity)}}
    assert conclusion(now=NOW + timedelta(minutes=5), **about)[0] is OutcomeName.NOT_DUE


def test_a_version_without_expiry_is_never_due() -> None:
    assert conclusion(expires_on=None) == (OutcomeName.NOT_DUE, "the current version never expires")


@pytest.mark.parametrize("expires_on", [None, NOW + 400 * DAY])
def test_force_rotates_what_is_not_due(expires_on: datetime | None) -> None:
    assert isinstance(check(request(force=True), expires_on=expires_on), Policy)


# --- restored versions


@pytest.mark.parametrize("expires_on", [None, NOW + DAY, NOW - DAY])
def test_a_restored_version_is_not_rotated_unasked(expires_on: datetime | None) -> None:
    with pytest.raises(RefusedError, match="came from a rollback: start with force"):
        check(expires_on=expires_on, tagged={"RotationId": f"rotate-before{RESTORED}"})


def test_a_restored_version_is_rotated_when_somebody_insists() -> None:
    current = secret(tagged={"RotationId": f"rotate-before{RESTORED}"}, created_on=NOW - HOUR)
    plan = planned(current, asked=request(force=True), replaced=replacing(KEY2, current))
    assert (plan.live_slot, plan.slot, plan.regenerate) == ("key1", "key2", True)
    # Consumers may still hold the version that was rolled back.
    assert plan.not_before == NOW + 23 * HOUR


# --- the target


def policy() -> Policy:
    return check()


def test_an_account_that_may_be_rotated_passes() -> None:
    check_target(policy(), TARGET, SURROUNDINGS)


@pytest.mark.parametrize("keys_refused", [None, "shared key access disabled"])
def test_the_storage_that_the_app_runs_on_is_refused_first(keys_refused: str | None) -> None:
    mine = Surroundings(SURROUNDINGS.allowed_vaults, KNOWN, frozenset({"contosodata"}))
    with pytest.raises(RefusedError, match="this app itself runs on"):
        check_target(policy(), Target(keys_refused, None), mine)


def test_an_account_without_shared_keys_is_refused() -> None:
    with pytest.raises(RefusedError, match="contosodata has shared key access disabled: no key of it is accepted"):
        check_target(policy(), Target("shared key access disabled", None), SURROUNDINGS)


# --- the value and the keys


def connection(account: str, key: str = KEY1) -> str:
    return f"DefaultEndpointsProtocol=https;AccountName={account};AccountKey={key};EndpointSuffix=core.windows.net"


@pytest.mark.parametrize("key", [KEY1, KEY2, "unknown"])
def test_a_connection_string_of_another_account_is_refused(key: str) -> None:
    with pytest.raises(RefusedError, match="for another account than contosodata") as refused:
        planned(secret(connection("fabrikamdata", key)))
    assert key not in refused.value.reason


@pytest.mark.parametrize("account", ["contosodata", "ContosoData"])
def test_a_connection_string_of_the_account_is_planned(account: str) -> None:
    assert planned(secret(connection(account))).slot == "key2"


def test_a_value_of_unknown_format_is_refused() -> None:
    with pytest.raises(RefusedError, match="neither a raw key nor a connection string"):
        planned(secret("UseDevelopmentStorage=true"))


@pytest.mark.parametrize("missing", ["key1", "key2"])
def test_an_account_without_two_keys_is_refused(missing: str) -> None:
    with pytest.raises(RefusedError, match="fewer than two keys"):
        planned(secret(), {name: slot for name, slot in slots().items() if name != missing})


# --- what this rotation has written is past the question of due


@pytest.mark.parametrize("mark", ["", INTERIM])
def test_the_version_that_this_rotation_wrote_is_never_not_due(mark: str) -> None:
    own = planned(secret()).rotation_id + mark
    assert isinstance(check(expires_on=NOW + 90 * DAY, version="f" * 32, tagged={"RotationId": own}), Policy)


def test_the_interim_version_of_another_rotation_is_due_like_any_other() -> None:
    tagged = {"RotationId": f"rotate-before{INTERIM}", "SlotStrategy": "pinned"}
    assert conclusion(expires_on=NOW + 90 * DAY, tagged=tagged)[0] is OutcomeName.NOT_DUE
