"""How secrets stand: one word for each, and what is shown beside it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from rotation.instance import Instance
from rotation.listing import ListedSecret
from rotation.policy import Defaults
from rotation.standing import Standing, newer, standing
from tests.unit.builders import ADDRESS, DAY, HOST, HOUR, KNOWN, NEXT_VERSION, NOW, SECRET, VERSION, tags

pytestmark = pytest.mark.unit

CREATED = NOW - 70 * DAY


def listed(
    *,
    enabled: bool = True,
    created_on: datetime | None = CREATED,
    expires_on: datetime | None = NOW + 60 * DAY,
    **tagged: str | None,
) -> ListedSecret:
    return ListedSecret(SECRET, enabled, created_on, expires_on, None, tags(tagged))


def instance(status: str, *, updated: datetime = NOW - HOUR, **facts: Any) -> Instance:
    request = {"vault": HOST, "secret": SECRET, "version": VERSION}
    return Instance("rotate-contoso-kv-storage-key-0", status, NOW - 2 * HOUR, updated, request, facts)


def stands(secret: ListedSecret, last: Instance | None = None, *, read_at: datetime = NOW) -> Standing:
    return standing(HOST, secret, read_at, last, NOW, KNOWN, Defaults())


DUE = NOW + 20 * DAY
EXPIRED = NOW - DAY
RESTORED: dict[str, Any] = {"RotationId": "rotate-x/restored"}


@pytest.mark.parametrize(
    ("state", "secret", "last"),
    [
        ("ok", listed(), None),
        ("ok", listed(), instance("Completed", outcome="rotated")),
        ("ok", listed(), instance("Terminated", step="grace")),
        ("ok", listed(created_on=NOW), instance("Failed", outcome="failed")),
        ("due", listed(expires_on=DUE), None),
        ("due", listed(expires_on=DUE), instance("Completed", outcome="not_due")),
        ("late", listed(expires_on=EXPIRED), None),
        ("late", listed(expires_on=EXPIRED), instance("Failed", outcome="refused")),
        ("late", listed(expires_on=NOW), None),
        ("rotating", listed(expires_on=EXPIRED), instance("Running", step="verify_key")),
        ("rotating", listed(RotationEnabled="false"), instance("Pending")),
        ("grace", listed(), instance("Running", step="grace")),
        ("window", listed(expires_on=DUE), instance("Running", step="window")),
        ("approval", listed(expires_on=DUE), instance("Running", step="approval")),
        ("late", listed(expires_on=EXPIRED), instance("Running", step="approval")),
        ("window", listed(expires_on=EXPIRED), instance("Running", step="window")),
        ("failed", listed(expires_on=DUE), instance("Failed", outcome="failed")),
        ("failed", listed(), instance("Failed")),
        ("refused", listed(created_on=None), instance("Failed", outcome="refused")),
        ("paused", listed(expires_on=EXPIRED, RotationEnabled="False"), None),
        ("disabled", listed(expires_on=EXPIRED, enabled=False), None),
        ("wrong", listed(expires_on=EXPIRED, ValidityPeriodDays="ninety"), None),
        ("wrong", listed(ProviderAddress=None), None),
        ("wrong", listed(expires_on=None), None),
        ("wrong", listed(expires_on=DUE, **RESTORED), None),
        ("ok", listed(**RESTORED), None),
    ],
)
def test_one_word(state: str, secret: ListedSecret, last: Instance | None) -> None:
    assert stands(secret, last).state == state


def test_what_is_wrong_is_told_whole() -> None:
    shown = stands(listed(ValidityPeriodDays="ninety", SlotStrategy="sometimes")).to_json()
    assert [complaint.split()[0] for complaint in shown["complaints"]] == ["ValidityPeriodDays", "SlotStrategy"]
    assert "strategy" not in shown
    assert "nextRotation" not in shown


def test_what_is_shown() -> None:
    shown = stands(listed(expires_on=DUE, SlotStrategy="pinned"), instance("Failed", outcome="failed", reason="why"))
    assert shown.to_json() == {
        "vault": HOST,
        "secret": SECRET,
        "enabled": True,
        "state": "failed",
        "complaints": [],
        "provider": {"id": ADDRESS.casefold().replace("resourcegroups", "resourceGroups"), **shown_provider()},
        "slot": "key1",
        "strategy": "pinned",
        "expiresOn": "2026-08-14T12:00:00.000+00:00",
        "daysLeft": 20,
        "nextRotation": "2026-07-14T18:00:00.000+00:00",
        "lastRotation": {
            "id": "rotate-contoso-kv-storage-key-0",
            "status": "Failed",
            "outcome": "failed",
            "reason": "why",
            "createdTime": "2026-07-25T10:00:00.000+00:00",
            "lastUpdatedTime": "2026-07-25T11:00:00.000+00:00",
        },
    }


def shown_provider() -> dict[str, str]:
    return {"type": "microsoft.storage/storageaccounts", "name": "contosodata"}


@pytest.mark.parametrize(("left", "days"), [(timedelta(0), 0), (23 * HOUR, 0), (DAY, 1), (-HOUR, -1), (-DAY, -1)])
def test_whole_days_are_left(left: timedelta, days: int) -> None:
    assert stands(listed(expires_on=NOW + left)).to_json()["daysLeft"] == days


@pytest.mark.parametrize("claimed", ["pA55/w0rd+" * 8, "key 1", "", "ключ1"])
def test_a_tag_that_looks_like_no_slot_is_not_repeated(claimed: str) -> None:
    shown = stands(listed(CredentialId=claimed)).to_json()
    assert "slot" not in shown
    assert claimed == "" or claimed not in str(shown)


@pytest.mark.parametrize(
    ("read_at", "is_newer"), [(NOW - 2 * HOUR, True), (NOW - HOUR + timedelta(seconds=0.5), True), (NOW, False)]
)
def test_what_a_rotation_wrote_after_the_listing_counts(read_at: datetime, is_newer: bool) -> None:
    """The task hub keeps whole seconds, so a rotation may look older than it is."""
    facts: dict[str, Any] = {"version": NEXT_VERSION, "slot": "key2", "expiresOn": (NOW + 90 * DAY).isoformat()}
    shown = stands(listed(expires_on=DUE), instance("Completed", outcome="rotated", **facts), read_at=read_at)
    assert (shown.state, shown.slot) == (("ok", "key2") if is_newer else ("due", "key1"))


def test_a_rotation_in_hand_says_more_than_a_later_one_that_has_ended() -> None:
    in_grace, later = instance("Running", step="grace"), instance("Completed", outcome="not_due")
    later = Instance(later.id, later.status, NOW, NOW)
    assert newer(newer(None, in_grace), later) is in_grace
    assert newer(later, in_grace) is in_grace
    ended = instance("Completed")
    assert newer(ended, later) is later


# NOW is a Saturday.
WINDOW: dict[str, Any] = {"Window": "Mon 02:00-06:00 UTC"}


@pytest.mark.parametrize(
    ("expires_in", "expected"),
    [
        (60 * DAY, "2026-08-24T02:00"),  # due on a Saturday
        (20 * DAY, "2026-07-27T02:00"),  # due already
        (2 * DAY, "2026-07-27T02:00"),
        (DAY, "2026-06-25T18:00"),  # too late for a window: it has been due ever since
    ],
)
def test_the_next_rotation_is_in_a_window(expires_in: timedelta, expected: str) -> None:
    found = stands(listed(expires_on=NOW + expires_in, **WINDOW)).next_rotation
    assert found is not None
    assert f"{found:%Y-%m-%dT%H:%M}" == expected


def test_policies_and_waits_are_shown() -> None:
    waits = instance("Running", step="window", waitingFor="its window", until="2026-07-27T02:00:00+00:00")
    shown = stands(listed(expires_on=DUE, Approval="P3D", **WINDOW), waits).to_json()
    assert (shown["window"], shown["approval"]) == ("Mon 02:00-06:00 UTC", True)
    assert shown["lastRotation"]["waitingFor"] == "its window"
    assert shown["lastRotation"]["until"] == "2026-07-27T02:00:00+00:00"
    plain = stands(listed(expires_on=DUE), instance("Completed", waitingFor="its window")).to_json()
    assert not {"window", "approval"} & set(plain)
    assert "waitingFor" not in plain["lastRotation"]
