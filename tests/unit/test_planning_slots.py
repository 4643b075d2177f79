"""Which slot is published, which is regenerated, and when: secrets that alternate."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotation.model import SecretVersion
from rotation.outcomes import Conclusion, OutcomeName
from rotation.plan import Plan
from rotation.policy import Verification
from rotation.request import RotationRequest
from tests.unit.builders import (
    DAY,
    HOUR,
    KEY1,
    KEY2,
    KEY3,
    NEXT_VERSION,
    NOW,
    TARGET,
    VERSION,
    planned,
    replacing,
    request,
    secret,
    slots,
)

pytestmark = pytest.mark.unit

OLD = NOW - 400 * DAY
CREATED = NOW - 70 * DAY


def written(
    plan: Plan, key: str, *, slot: str, at: datetime = NOW - HOUR, mark: str = "", **tagged: str | None
) -> SecretVersion:
    """Return the version that `write_version` leaves behind for a plan."""
    stamp = {"RotationId": plan.rotation_id + mark, "CredentialId": slot}
    return secret(
        key, version=NEXT_VERSION, created_on=at, expires_on=at + plan.validity_days * DAY, tagged=stamp | tagged
    )


# --- slot truth


@pytest.mark.parametrize("claim", ["key1", "key2", "KEY2", "key3", "kerb1", "", "nonsense", None])
@pytest.mark.parametrize(("value", "live", "idle"), [(KEY1, "key1", "key2"), (KEY2, "key2", "key1")])
def test_the_value_decides_the_slot_whatever_the_tag_says(value: str, live: str, idle: str, claim: str | None) -> None:
    plan = planned(secret(value, tagged={"CredentialId": claim}))
    assert (plan.live_slot, plan.slot) == (live, idle)
    assert (plan.regenerate, plan.publish, plan.outcome) == (True, True, OutcomeName.ROTATED)


def test_a_plan_tells_all_that_the_steps_need() -> None:
    plan = planned(secret(tagged={"ValidityPeriodDays": "45", "Verification": "required", "RetireAfter": "PT36H"}))
    assert (plan.version, plan.previous_version) == (VERSION, VERSION)
    assert (plan.validity_days, plan.grace_seconds) == (45, 36 * 3600)
    assert (plan.verification, plan.probe_endpoint) == (Verification.REQUIRED, TARGET.probe_endpoint)
    assert (plan.witness, plan.not_before) == (slots()["key2"].witness, None)
    assert (plan.retire_slot, plan.retire_witness, plan.retire_at) == ("key1", slots()["key1"].witness, None)
    assert (plan.interim_slot, plan.publish) == (None, True)


def test_nothing_is_retired_unless_a_tag_asks_for_it() -> None:
    plan = planned(secret())
    assert (plan.retire_slot, plan.retire_witness, plan.grace_seconds) == (None, None, 86400)


def test_whether_the_version_had_expired_is_remembered() -> None:
    assert planned(secret(expires_on=NOW)).late is True
    assert planned(secret(expires_on=NOW + HOUR)).late is False
    assert planned(secret(expires_on=None), asked=request(force=True)).late is False


# --- drift


@pytest.mark.parametrize(
    ("claim", "made1", "made2", "expected"),
    [
        ("key1", OLD, CREATED, "key1"),
        ("key2", CREATED, OLD, "key2"),
        ("KEY2", CREATED, OLD, "key2"),
        (None, OLD, CREATED, "key2"),
        (None, CREATED, OLD, "key1"),
        ("key3", CREATED, OLD, "key1"),
        (None, None, OLD, "key2"),
        (None, OLD, None, "key1"),
        (None, None, None, "key1"),
    ],
)
@pytest.mark.parametrize("strategy", ["alternate", "pinned"])
def test_drift_is_repaired_with_the_claimed_slot_or_the_youngest(
    claim: str | None, made1: datetime | None, made2: datetime | None, expected: str, strategy: str
) -> None:
    tagged = {"CredentialId": claim, "SlotStrategy": strategy, "RetireAfter": "P1D"}
    plan = planned(secret(KEY3, tagged=tagged), slots(made1=made1, made2=made2))
    assert (plan.outcome, plan.slot, plan.live_slot) == (OutcomeName.REPAIRED, expected, None)
    assert (plan.regenerate, plan.interim_slot, plan.retire_slot) == (False, None, None)
    assert plan.publish


def test_a_run_that_finds_its_own_version_drifted_repairs_it_and_would_restore_the_first() -> None:
    plan = planned(written(planned(secret()), KEY3, slot="key2"))
    assert (plan.outcome, plan.slot) == (OutcomeName.REPAIRED, "key2")
    assert (plan.version, plan.previous_version) == (NEXT_VERSION, VERSION)


def test_restarting_a_repair_regenerates_nothing_either() -> None:
    """Nobody knows who lives on the other slot: the secret did not come from there."""
    repair = planned(secret(KEY3, tagged={"RetireAfter": "P1D"}))
    with pytest.raises(Conclusion) as ended:
        planned(written(repair, KEY1, slot="key1", at=NOW - 2 * DAY, mark=repair.mark, RetireAfter="P1D"))
    assert ended.value.outcome.name is OutcomeName.SUPERSEDED


# --- adoption


@pytest.mark.parametrize(
    ("live", "idle", "adopted"),
    [
        (OLD, CREATED + HOUR, True),
        (OLD, CREATED, True),  # Key Vault drops the fraction of the version's second
        (OLD, CREATED - HOUR, False),
        (OLD, None, False),
        (None, CREATED + HOUR, True),
        (None, CREATED - HOUR, False),
        (None, None, False),
        (CREATED, CREATED, False),  # both keys of an account that was made in the version's second
        (CREATED - HOUR, CREATED - HOUR, False),
    ],
)
def test_an_idle_key_younger_than_the_version_is_adopted(
    live: datetime | None, idle: datetime | None, adopted: bool
) -> None:
    plan = planned(secret(created_on=CREATED), slots(made1=live, made2=idle))
    assert (plan.slot, plan.regenerate) == ("key2", not adopted)
    assert plan.outcome is OutcomeName.ROTATED


def test_the_age_of_the_live_key_does_not_matter() -> None:
    assert planned(secret(created_on=CREATED), slots(made1=CREATED + HOUR, made2=OLD)).regenerate


def test_a_run_that_died_after_regenerating_adopts_its_own_key() -> None:
    current = secret(created_on=CREATED)
    assert planned(current).regenerate
    again = planned(current, slots(key2=KEY3, made2=NOW - HOUR))
    assert (again.slot, again.regenerate, again.not_before) == ("key2", False, None)


def test_an_adopted_key_still_retires_the_slot_that_is_left() -> None:
    plan = planned(secret(created_on=CREATED, tagged={"RetireAfter": "P2D"}), slots(made2=NOW - HOUR))
    assert (plan.retire_slot, plan.regenerate) == ("key1", False)


# --- no slot is regenerated within a grace of being left


@pytest.mark.parametrize(
    ("created_on", "retire_after", "not_before"),
    [
        (NOW - HOUR, None, NOW + 23 * HOUR),
        (NOW - HOUR, "PT3H", NOW + 2 * HOUR),
        (NOW - 24 * HOUR, None, None),
        (NOW - 23 * HOUR, None, NOW + HOUR),
        (NOW - 10 * DAY, "P14D", NOW + 4 * DAY),
        (NOW, "PT0S", None),
        (NOW - 70 * DAY, None, None),
    ],
)
def test_a_slot_that_the_secret_has_left_is_spared_for_one_grace(
    created_on: datetime, retire_after: str | None, not_before: datetime | None
) -> None:
    current = secret(created_on=created_on, tagged={"RetireAfter": retire_after})
    plan = planned(current, asked=request(force=True), replaced=replacing(KEY2, current))
    assert (plan.regenerate, plan.not_before) == (True, not_before)


def test_a_slot_that_the_secret_did_not_leave_is_held_by_nobody() -> None:
    current = secret(created_on=NOW - 2 * HOUR)
    assert planned(current, replaced=replacing(KEY1, current)).not_before is None


def test_there_is_nothing_to_wait_for_when_the_slot_is_not_regenerated() -> None:
    current = secret(created_on=NOW - 2 * HOUR)
    plan = planned(current, slots(made2=NOW - HOUR), replaced=replacing(KEY2, current))
    assert (plan.regenerate, plan.not_before) == (False, None)


# --- again, after this rotation has written


@pytest.mark.parametrize("force", [False, True])
def test_restarting_a_finished_rotation_is_superseded_by_its_own_version(force: bool) -> None:
    first = planned(secret(), asked=request(force=force))
    with pytest.raises(Conclusion) as ended:
        planned(written(first, KEY2, slot="key2"), asked=request(force=force))
    assert ended.value.outcome.name is OutcomeName.SUPERSEDED


@pytest.mark.parametrize(("made1", "keys"), [(OLD, (KEY1, KEY2)), (None, (KEY1, KEY2))])
def test_a_retirement_that_was_interrupted_is_resumed(made1: datetime | None, keys: tuple[str, str]) -> None:
    first = planned(secret(tagged={"RetireAfter": "P2D"}))
    current = written(first, KEY2, slot="key2", RetireAfter="P2D")
    plan = planned(current, slots(*keys, made1=made1, made2=NOW - 2 * HOUR))
    assert (plan.publish, plan.regenerate, plan.interim_slot) == (False, False, None)
    assert (plan.live_slot, plan.retire_slot, plan.retire_at) == ("key2", "key1", current.created_on + 2 * DAY)
    assert plan.retire_witness == slots(made1=made1)["key1"].witness
    assert (plan.version, plan.previous_version) == (NEXT_VERSION, VERSION)
    assert plan.rotation_id == first.rotation_id


def test_a_retirement_that_is_done_is_not_repeated() -> None:
    first = planned(secret(tagged={"RetireAfter": "PT1H"}))
    current = written(first, KEY2, slot="key2", at=NOW - 3 * HOUR, RetireAfter="PT1H")
    with pytest.raises(Conclusion) as ended:
        planned(current, slots(key1=KEY3, made1=NOW - HOUR, made2=NOW - 4 * HOUR))
    assert ended.value.outcome.name is OutcomeName.SUPERSEDED


def test_the_next_event_rotates_what_this_rotation_wrote() -> None:
    current = written(planned(secret()), KEY2, slot="key2", at=NOW - 70 * DAY)
    plan = planned(current, asked=request(NEXT_VERSION))
    assert (plan.live_slot, plan.slot, plan.regenerate) == ("key2", "key1", True)
    assert plan.version == plan.previous_version == NEXT_VERSION


# --- whatever the facts

times = st.none() | st.datetimes(datetime(2024, 1, 1), datetime(2026, 7, 1)).map(lambda t: t.replace(tzinfo=NOW.tzinfo))  # noqa: DTZ001 - made aware


@given(
    value=st.sampled_from([KEY1, KEY2, KEY3]),
    asked=st.builds(request, st.just(VERSION), force=st.booleans()),
    made=st.tuples(times, times),
    tagged=st.fixed_dictionaries(
        {},
        optional={
            "SlotStrategy": st.sampled_from(["alternate", "pinned"]),
            "RetireAfter": st.sampled_from(["PT0S", "P1D", "P30D"]),
            "CredentialId": st.sampled_from(["key1", "key2", "key9"]),
            "RotationId": st.sampled_from(["rotate-x", "rotate-x/interim"]),
        },
    ),
    age=st.integers(0, 80),
)
def test_no_plan_touches_the_live_slot_before_the_secret_has_left_it(
    value: str, asked: RotationRequest, made: tuple[datetime | None, datetime | None], tagged: dict[str, Any], age: int
) -> None:
    current = secret(value, created_on=NOW - age * DAY, tagged=tagged)
    plan = planned(current, slots(made1=made[0], made2=made[1]), asked=asked)
    assert plan.slot in ("key1", "key2")
    if plan.regenerate:
        assert plan.slot != plan.live_slot or plan.interim_slot not in (None, plan.slot)
    if plan.live_slot is None:
        assert not plan.regenerate
        assert plan.outcome is OutcomeName.REPAIRED
    assert plan.retire_slot in (None, plan.live_slot)
    wire = json.dumps(plan.to_json())
    assert not any(key in wire for key in (KEY1, KEY2, KEY3))
    assert Plan.from_json(json.loads(wire)) == plan
