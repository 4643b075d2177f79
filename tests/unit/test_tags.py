"""Tags: what the operator wants, with every complaint at once."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotation.policy import Defaults, Policy, SlotStrategy, Verification
from rotation.policy_tags import parse_policy
from rotation.tags import OURS, Tags, is_enabled, provider_text, stamped
from tests.unit.builders import ADDRESS, DAY, KNOWN, tags

pytestmark = pytest.mark.unit

tag_text = st.text(max_size=20)
any_tags = st.dictionaries(tag_text, tag_text, max_size=15)
distinct_tags = st.lists(
    st.tuples(tag_text, tag_text), max_size=15, unique_by=lambda tag: tag[0].strip().casefold()
).map(dict)


def read(tagged: Tags, defaults: Defaults | None = None, content_type: str | None = None) -> Policy | list[str]:
    return parse_policy(tagged, content_type, KNOWN, defaults or Defaults())


def policy(changes: dict[str, str | None], defaults: Defaults | None = None) -> Policy:
    result = read(tags(changes), defaults)
    assert isinstance(result, Policy), result
    return result


def complaints(changes: dict[str, str | None], defaults: Defaults | None = None) -> list[str]:
    result = read(tags(changes), defaults)
    assert isinstance(result, list), result
    return result


# --- the mapping


@given(distinct_tags)
def test_every_tag_can_be_looked_up_by_the_name_it_is_listed_under(raw: dict[str, str]) -> None:
    tagged = Tags(raw)
    assert dict(tagged) == {name: value.strip() for name, value in raw.items()}


@given(any_tags)
def test_tags_come_back_as_they_were(raw: dict[str, str]) -> None:
    assert Tags(raw).updated({}) == raw
    assert len(Tags(raw)) == len(raw)


@given(any_tags, st.dictionaries(st.sampled_from(OURS), tag_text))
def test_changes_are_made_and_nothing_else(raw: dict[str, str], changes: dict[str, str]) -> None:
    updated = Tags(raw).updated(changes)
    ours = {name.casefold() for name in changes}
    assert {n: v for n, v in updated.items() if n.strip().casefold() not in ours} == {
        n: v for n, v in raw.items() if n.strip().casefold() not in ours
    }
    for name, value in changes.items():
        assert Tags(updated)[name] == value.strip()


@pytest.mark.parametrize("spelling", ["CredentialId", "credentialid", "CREDENTIALID", " CredentialId "])
def test_names_are_found_in_any_spelling_and_kept_in_theirs(spelling: str) -> None:
    tagged = Tags({spelling: " key1 "})
    assert tagged["CredentialId"] == "key1"
    assert tagged.updated({"CredentialId": "key2"}) == {spelling: "key2"}


# --- the policy


def test_a_provider_is_all_that_is_needed() -> None:
    result = read(Tags({"ProviderAddress": ADDRESS}))
    assert isinstance(result, Policy)
    assert str(result.provider).casefold() == ADDRESS.casefold()
    assert (result.credential_id, result.retire_after) == (None, None)
    assert (result.validity, result.lead) == (90 * DAY, 30 * DAY)
    assert (result.strategy, result.verification) == (SlotStrategy.ALTERNATE, Verification.BEST_EFFORT)


def test_every_tag_is_honoured() -> None:
    result = policy(
        {
            "CredentialId": "KEY2",
            "ValidityPeriodDays": "0180",
            "RotateBeforeDays": "179",
            "SlotStrategy": "Pinned",
            "RetireAfter": "P1DT12H",
            "Verification": " REQUIRED ",
            "RotationEnabled": "True",
            "Window": "Sat 02:00-06:00 Europe/Zurich",
            "Approval": "P3D",
        }
    )
    assert result.windows is not None
    assert result.windows.text == "Sat 02:00-06:00 Europe/Zurich"
    assert result.approval == 3 * DAY
    assert result.credential_id == "key2"
    assert (result.validity, result.lead) == (180 * DAY, 179 * DAY)
    assert (result.strategy, result.verification) == (SlotStrategy.PINNED, Verification.REQUIRED)
    assert result.retire_after == timedelta(days=1, hours=12)


@pytest.mark.parametrize(
    ("validity", "lead", "defaults", "expected"),
    [
        (None, None, Defaults(90, 30), (90, 30)),
        (None, None, Defaults(40, 30), (40, 20)),
        ("30", None, Defaults(90, 30), (30, 15)),
        ("1", None, Defaults(90, 30), (1, 0.5)),
        ("3650", None, Defaults(90, 30), (3650, 30)),
        ("30", "29", Defaults(90, 30), (30, 29)),
        (None, "10", Defaults(11, 30), (11, 10)),
        ("2", "1", Defaults(90, 90), (2, 1)),
    ],
)
def test_a_default_lead_is_at_most_half_of_the_validity_and_a_tagged_one_is_taken_as_it_is(
    validity: str | None, lead: str | None, defaults: Defaults, expected: tuple[float, float]
) -> None:
    result = policy({"ValidityPeriodDays": validity, "RotateBeforeDays": lead}, defaults)
    assert (result.validity / DAY, result.lead / DAY) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P2D", 2 * DAY),
        ("PT12H", DAY / 2),
        ("P1W", 7 * DAY),
        ("P1.5D", 1.5 * DAY),
        ("PT0S", 0 * DAY),
        ("P89DT23H", timedelta(days=89, hours=23)),
    ],
)
def test_durations_of_days_and_time_are_understood(text: str, expected: timedelta) -> None:
    assert policy({"RetireAfter": text}).retire_after == expected


@pytest.mark.parametrize(
    "text",
    ["", "2", "2 days", "P", "-P1D", "P1M", "P1Y", "P90D", "P91D", "PT", "p1d", "P1D2", "P" + "9" * 30 + "D", "P١D"],
)
def test_what_is_no_duration_below_the_validity_is_refused(text: str) -> None:
    (complaint,) = complaints({"RetireAfter": text})
    assert complaint.startswith("RetireAfter is text of")


@pytest.mark.parametrize(
    ("tagged", "expected"),
    [
        ({}, None),
        ({"Approval": "Required"}, 7 * DAY),
        ({"Approval": "required", "ValidityPeriodDays": "3"}, 3 * DAY),
        ({"Approval": "PT30M"}, timedelta(minutes=30)),
        ({"Approval": "P90D"}, 90 * DAY),
    ],
)
def test_approval_is_waited_for_as_long_as_it_says(tagged: dict[str, str | None], expected: timedelta | None) -> None:
    assert policy(tagged).approval == expected


@pytest.mark.parametrize("text", ["", "yes", "true", "off", "P0D", "PT0S", "-P1D", "P91D", "P1M", "required P3D", "7"])
def test_what_says_not_how_long_to_wait_for_approval_is_refused(text: str) -> None:
    (complaint,) = complaints({"Approval": text})
    assert complaint.startswith("Approval is text of")
    assert "expected required" in complaint


def test_every_wrong_part_of_a_window_is_a_complaint() -> None:
    found = complaints({"Window": "Sab 2-6 Zurich"})
    assert [complaint.split()[:2] for complaint in found] == [["Window", "has"]] * 3


@pytest.mark.parametrize("name", ["ValidityPeriodDays", "RotateBeforeDays"])
@pytest.mark.parametrize("text", ["", "0", "-1", "+5", "1.5", "ninety", "3651", "99999", "٣٠", "1e2", "5 d"])
def test_what_is_no_number_of_days_is_refused(name: str, text: str) -> None:
    assert any(complaint.startswith(f"{name} is text of") for complaint in complaints({name: text}))


def test_a_wrong_validity_does_not_make_a_right_lead_look_wrong() -> None:
    """With a validity of 365 days meant, a lead of 100 is fine; the operator has one thing to mend, not two."""
    (complaint,) = complaints({"ValidityPeriodDays": "365 days", "RotateBeforeDays": "100", "RetireAfter": "P95D"})
    assert complaint.startswith("ValidityPeriodDays")


@pytest.mark.parametrize(("validity", "lead"), [("30", "30"), ("30", "31"), (None, "90"), ("1", "1")])
def test_a_lead_must_be_less_than_the_validity(validity: str | None, lead: str) -> None:
    (complaint,) = complaints({"ValidityPeriodDays": validity, "RotateBeforeDays": lead})
    assert complaint.startswith(f"RotateBeforeDays is {lead} days, expected less than")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SlotStrategy", "sometimes"),
        ("SlotStrategy", ""),
        ("Verification", "maybe"),
        ("RotationEnabled", "yes"),
        ("RotationEnabled", "0"),
        ("ProviderAddress", "contosodata"),
        ("ProviderAddress", ADDRESS.replace("Storage/storageAccounts", "Cache/redis")),
    ],
)
def test_an_unknown_choice_is_refused_with_what_is_possible(name: str, text: str) -> None:
    (complaint,) = complaints({name: text})
    assert complaint.startswith(name)
    assert "expected" in complaint


def test_every_complaint_comes_at_once_and_repeats_no_value() -> None:
    canary = "canary-Zm9vYmFy"
    wrong = dict.fromkeys(set(OURS) - {"CredentialId", "RotationId", "ReplicaOf"}, canary)
    found = complaints({**wrong})
    assert sorted(complaint.split()[0] for complaint in found) == sorted(wrong)
    assert canary not in " ".join(found)


@pytest.mark.parametrize("name", OURS)
def test_a_tag_of_ours_in_two_spellings_is_refused(name: str) -> None:
    raw = tags({"CredentialId": None}).updated({}) | {name: "x", name.lower(): "x"}
    result = read(Tags(raw | {"ProviderAddress": ADDRESS}))
    assert isinstance(result, list)
    assert any(complaint.startswith(f"{name} is there more than once") for complaint in result)


def test_tags_of_others_may_be_spelt_as_they_like() -> None:
    assert isinstance(read(Tags({"ProviderAddress": ADDRESS, "Owner": "a", "owner": "b"})), Policy)


@pytest.mark.parametrize(("others", "fits"), [(12, True), (13, False), (14, False)])
def test_room_for_the_rotation_id_is_needed(others: int, fits: bool) -> None:
    raw = {f"other{number}": "x" for number in range(others)}
    assert isinstance(read(tags({**raw})), Policy) is fits


def test_fifteen_tags_fit_once_the_rotation_id_is_among_them() -> None:
    raw = {f"other{number}": "x" for number in range(12)}
    assert isinstance(read(tags({**raw, "RotationId": "rotate-before"})), Policy)


@given(any_tags, st.none() | st.text(max_size=20))
def test_no_tags_break_the_parser(raw: dict[str, str], content_type: str | None) -> None:
    assert isinstance(read(Tags(raw), content_type=content_type), list)


@given(st.dictionaries(st.sampled_from([n for n in OURS if n != "ProviderAddress"]), tag_text | st.just("P1D")))
def test_no_values_of_our_tags_break_the_parser(changes: dict[str, Any]) -> None:
    assert isinstance(read(tags(changes)), Policy | list)


# --- whether, where, and what is written


@pytest.mark.parametrize(
    ("value", "enabled"), [(None, True), ("true", True), ("false", False), (" FALSE ", False), ("no", True), ("", True)]
)
def test_rotation_is_on_unless_the_tag_says_false(value: str | None, enabled: bool) -> None:
    assert is_enabled(tags({"RotationEnabled": value})) is enabled


@pytest.mark.parametrize(
    ("tag", "content_type", "expected"),
    [
        (ADDRESS, None, ADDRESS),
        (ADDRESS, "/subscriptions/other", ADDRESS),
        (None, ADDRESS, ADDRESS),
        ("  ", ADDRESS, ADDRESS),
        (None, "/Subscriptions/wrong", "/Subscriptions/wrong"),
        ("wrong", ADDRESS, "wrong"),
        (None, "text/plain", None),
        (None, "", None),
        (None, None, None),
        (f" {ADDRESS} ", None, ADDRESS),
        (None, f" {ADDRESS} ", ADDRESS),
    ],
)
def test_the_tag_names_the_provider_and_a_content_type_stands_in(
    tag: str | None, content_type: str | None, expected: str | None
) -> None:
    assert provider_text(tags({"ProviderAddress": tag}), content_type) == expected


def test_a_new_version_keeps_every_tag_and_tells_its_slot_and_rotation() -> None:
    tagged = Tags({"providerAddress": ADDRESS, "credentialid": "key1", "Owner": " payments "})
    assert stamped(tagged, "key2", "rotate-x") == {
        "providerAddress": ADDRESS,
        "credentialid": "key2",
        "Owner": " payments ",
        "RotationId": "rotate-x",
    }


@given(distinct_tags.map(lambda raw: raw | {"ProviderAddress": ADDRESS}))
def test_a_stamped_version_never_has_too_many_tags(raw: dict[str, str]) -> None:
    tagged = Tags(raw)
    if isinstance(read(tagged), Policy):
        written = stamped(tagged, "key2", "rotate-x")
        assert len(written) <= 15
        assert raw.keys() <= written.keys()
        assert Tags(written)["RotationId"] == "rotate-x"


def test_the_slot_is_left_untold_where_there_is_room_for_one_tag_only() -> None:
    raw = {f"other{number}": "x" for number in range(13)} | {"ProviderAddress": ADDRESS}
    assert stamped(Tags(raw), "key2", "rotate-x") == raw | {"RotationId": "rotate-x"}


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("Microsoft.Storage/storageAccounts/data/blobServices/default", "expected microsoft.storage/storageaccounts"),
        ("Microsoft.Compute/virtualMachines/vm", "expected one of the kinds in docs/providers"),
    ],
)
def test_an_id_of_another_kind_is_told_what_is_near(path: str, told: str) -> None:
    complaints = read(tags({"ProviderAddress": f"{ADDRESS.partition('/providers/')[0]}/providers/{path}"}))
    assert isinstance(complaints, list)
    assert complaints[0].endswith(told)
