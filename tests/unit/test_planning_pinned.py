"""Secrets that must end on the slot they began on: leave home, come back."""

from datetime import datetime, timedelta

import pytest

from rotation.outcomes import Conclusion, OutcomeName
from rotation.plan import INTERIM
from tests.unit.builders import (
    DAY,
    HOUR,
    KEY1,
    KEY2,
    KEY3,
    NEXT_VERSION,
    NOW,
    VERSION,
    planned,
    replacing,
    request,
    secret,
    slots,
)

pytestmark = pytest.mark.unit

PINNED = {"SlotStrategy": "pinned"}
OWN = planned(secret(tagged=PINNED)).rotation_id
OTHER = "rotate-contoso-kv-storage-key-0000000000000000"
LEFT = NOW - 2 * HOUR


def interim(rotation: str, key: str = KEY2, **tagged: str | None) -> dict[str, str | None]:
    slot = "key2" if key == KEY2 else "key1"
    return {"RotationId": rotation + INTERIM, "CredentialId": slot, **PINNED, **tagged}


@pytest.mark.parametrize(("value", "home", "other"), [(KEY1, "key1", "key2"), (KEY2, "key2", "key1")])
def test_a_pinned_secret_lives_elsewhere_while_its_own_slot_is_regenerated(value: str, home: str, other: str) -> None:
    plan = planned(secret(value, tagged=PINNED))
    assert (plan.live_slot, plan.interim_slot, plan.slot) == (home, other, home)
    assert (plan.regenerate, plan.publish, plan.outcome) == (True, True, OutcomeName.ROTATED)
    assert plan.witness == slots()[home].witness


@pytest.mark.parametrize(("retire_after", "grace"), [(None, DAY), ("P3D", 3 * DAY), ("PT6H", 6 * HOUR)])
def test_its_grace_is_the_tagged_one_or_a_day(retire_after: str | None, grace: timedelta) -> None:
    plan = planned(secret(tagged={**PINNED, "RetireAfter": retire_after}))
    assert plan.grace_seconds == grace.total_seconds()
    assert (plan.retire_slot, plan.retire_at) == (None, None)


@pytest.mark.parametrize("made2", [NOW - HOUR, NOW - 400 * DAY, None])
def test_the_age_of_the_other_key_does_not_matter_for_leaving_home(made2: datetime | None) -> None:
    plan = planned(secret(tagged=PINNED), slots(made2=made2))
    assert (plan.interim_slot, plan.slot, plan.regenerate) == ("key2", "key1", True)


def test_a_run_that_died_on_the_interim_slot_goes_home_after_the_grace() -> None:
    current = secret(KEY2, version=NEXT_VERSION, created_on=LEFT, expires_on=NOW + 90 * DAY, tagged=interim(OWN))
    plan = planned(current, replaced=replacing(KEY1, current))
    assert (plan.live_slot, plan.slot, plan.interim_slot) == ("key2", "key1", None)
    assert (plan.regenerate, plan.not_before) == (True, LEFT + DAY)
    assert (plan.version, plan.previous_version) == (NEXT_VERSION, VERSION)
    assert (plan.rotation_id, plan.outcome, plan.retire_slot) == (OWN, OutcomeName.ROTATED, None)


def test_a_run_that_died_after_the_grace_waits_no_second_one() -> None:
    current = secret(KEY2, version=NEXT_VERSION, created_on=NOW - 2 * DAY, tagged=interim(OWN))
    plan = planned(current, replaced=replacing(KEY1, current))
    assert (plan.slot, plan.regenerate, plan.not_before) == ("key1", True, None)


def test_a_run_that_died_after_regenerating_home_only_publishes_it() -> None:
    current = secret(KEY2, version=NEXT_VERSION, created_on=NOW - 2 * DAY, tagged=interim(OWN))
    plan = planned(current, slots(key1=KEY3, made1=NOW - DAY))
    assert (plan.slot, plan.regenerate, plan.publish) == ("key1", False, True)


def test_an_interim_version_that_another_rotation_left_behind_is_brought_home() -> None:
    current = secret(KEY2, version=NEXT_VERSION, created_on=NOW - 70 * DAY, tagged=interim(OTHER))
    plan = planned(current, asked=request(NEXT_VERSION))
    assert (plan.live_slot, plan.slot, plan.interim_slot) == ("key2", "key1", None)
    assert (plan.regenerate, plan.not_before) == (True, None)
    assert plan.version == plan.previous_version == NEXT_VERSION
    assert plan.rotation_id not in (OTHER, OWN)


def test_a_forced_rotation_of_a_fresh_interim_version_waits_for_the_grace() -> None:
    current = secret(KEY2, version=NEXT_VERSION, created_on=LEFT, tagged=interim(OTHER))
    plan = planned(current, asked=request(NEXT_VERSION, force=True), replaced=replacing(KEY1, current))
    assert (plan.slot, plan.not_before) == ("key1", LEFT + DAY)


def test_an_interim_version_that_drifted_still_comes_home() -> None:
    """Its `CredentialId` names the stopover; the secret must end on the slot it began on."""
    current = secret(KEY3, version=NEXT_VERSION, created_on=LEFT, tagged=interim(OWN, CredentialId="key2"))
    plan = planned(current)
    assert (plan.outcome, plan.slot, plan.regenerate) == (OutcomeName.REPAIRED, "key1", False)


def test_a_journey_that_is_over_is_not_made_again() -> None:
    current = secret(KEY3, version=NEXT_VERSION, created_on=LEFT, tagged={**PINNED, "RotationId": OWN})
    with pytest.raises(Conclusion) as ended:
        planned(current, slots(key1=KEY3, made1=NOW - 3 * HOUR))
    assert ended.value.outcome.name is OutcomeName.SUPERSEDED


def test_a_pinned_secret_that_has_come_home_retires_nothing_even_when_tagged() -> None:
    tagged = {**PINNED, "RotationId": OWN, "RetireAfter": "PT1H"}
    with pytest.raises(Conclusion) as ended:
        planned(secret(KEY1, version=NEXT_VERSION, created_on=LEFT, tagged=tagged))
    assert ended.value.outcome.name is OutcomeName.SUPERSEDED


def test_a_secret_unpinned_on_its_journey_alternates_from_where_it_is() -> None:
    tagged = {**interim(OWN), "SlotStrategy": "alternate"}
    current = secret(KEY2, version=NEXT_VERSION, created_on=LEFT, tagged=tagged)
    plan = planned(current, replaced=replacing(KEY1, current))
    assert (plan.live_slot, plan.slot, plan.not_before) == ("key2", "key1", LEFT + DAY)
