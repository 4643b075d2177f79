"""What a listing tells: due, wrong, or nothing worth a word."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from rotation.due import DueSecret, WrongSecret, judge, survey
from rotation.listing import ListedSecret
from rotation.plan import RESTORED
from rotation.policy import Defaults
from rotation.refusals import check_secret
from rotation.situation import Situation
from tests.unit import builders
from tests.unit.builders import DAY, KNOWN, NOW, SECRET, SURROUNDINGS, request, tags

pytestmark = pytest.mark.unit


def listed(
    name: str = SECRET,
    *,
    expires_in: timedelta | None = 20 * DAY,
    enabled: bool = True,
    content_type: str | None = None,
    **tagged: str | None,
) -> ListedSecret:
    expires_on = None if expires_in is None else NOW + expires_in
    return ListedSecret(name, enabled, NOW - 70 * DAY, expires_on, content_type, tags(tagged))


def look(secret: ListedSecret, now: datetime = NOW) -> Any:
    return judge(secret, now, KNOWN, Defaults())


def reason(secret: ListedSecret) -> str:
    found = look(secret)
    assert isinstance(found, WrongSecret)
    return found.reason


def test_a_secret_is_due_exactly_when_its_rotation_would_go_ahead() -> None:
    due = look(listed())
    assert due == DueSecret(NOW + 20 * DAY, SECRET)
    for hours in range(700, 800):
        secret = builders.secret(expires_on=NOW + timedelta(hours=hours))
        try:
            check_secret(Situation(request(), secret, NOW), SURROUNDINGS, Defaults())
            goes_ahead = True
        except Exception:
            goes_ahead = False
        assert isinstance(look(secret.as_listed(SECRET)), DueSecret) is goes_ahead


def test_what_has_expired_is_due() -> None:
    assert isinstance(look(listed(expires_in=-DAY)), DueSecret)


def test_what_is_not_due_yet_is_not_worth_a_word() -> None:
    assert look(listed(expires_in=80 * DAY)) is None


def test_every_complaint_about_tags_is_told_due_or_not() -> None:
    told = reason(listed(expires_in=80 * DAY, ValidityPeriodDays="many", RetireAfter="soon", SlotStrategy="both"))
    assert all(name in told for name in ("ValidityPeriodDays", "RetireAfter", "SlotStrategy"))
    assert "many" not in told


def test_what_can_never_rotate_is_told() -> None:
    assert "never expires" in reason(listed(expires_in=None))
    assert "disabled" in reason(listed(enabled=False))
    assert "ProviderAddress" in reason(listed(ProviderAddress=None))


def test_a_paused_secret_is_nobody_s_business() -> None:
    for odd in ({"ValidityPeriodDays": "many"}, {"ProviderAddress": None}, {}):
        assert look(listed(RotationEnabled="false", **odd)) is None
    assert look(listed(RotationEnabled="false", enabled=False)) is None


def test_what_a_rollback_has_brought_back_is_told_once_it_is_due_and_not_started() -> None:
    assert "rollback" in reason(listed(RotationId="rotate-x" + RESTORED))
    assert look(listed(RotationId="rotate-x" + RESTORED, expires_in=80 * DAY)) is None


def test_what_presses_most_comes_first() -> None:
    secrets = [listed("b", expires_in=DAY), listed("a", expires_in=DAY), listed("late", expires_in=-DAY)]
    found = survey(
        [*secrets, listed("odd", expires_in=None), listed("fine", expires_in=80 * DAY)], NOW, KNOWN, Defaults()
    )
    assert [secret.name for secret in found.due] == ["late", "a", "b"]
    assert [secret.name for secret in found.wrong] == ["odd"]
