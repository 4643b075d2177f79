"""Maintenance windows: what tags may say, when they are open, and when they are not waited for."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotation.window import MARGIN, SHORTEST, Admission, Windows, admission, parse_windows
from rotation.zones import zone

pytestmark = pytest.mark.unit

ZURICH = "Europe/Zurich"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONES = (ZURICH, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns", "UTC")
WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def windows(text: str) -> Windows:
    parsed = parse_windows(text)
    assert isinstance(parsed, Windows), parsed
    return parsed


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def opening(text: str, moment: str) -> tuple[str, str]:
    """Return when it is open at or after a moment, in UTC."""
    found = windows(text).at_or_after(utc(moment))
    return f"{found.opens:%Y-%m-%dT%H:%M}", f"{found.closes:%Y-%m-%dT%H:%M}"


# --- what may be said


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("Sat", {5}),
        ("sat,SUN", {5, 6}),
        ("Mon-Fri", {0, 1, 2, 3, 4}),
        ("Fri-Mon", {4, 5, 6, 0}),
        ("Mon-Wed, Sat", {0, 1, 2, 5}),
        ("daily", set(range(7))),
        ("Tue-Tue", {1}),
    ],
)
def test_days_are_a_list_of_days_and_ranges(days: str, expected: set[int]) -> None:
    (window,) = windows(f"{days} 02:00-06:00 {ZURICH}").each
    assert window.days == expected


def test_zones_are_found_in_any_letter_case_and_blanks_do_not_matter() -> None:
    (window,) = windows(" Sat   02:00-06:00   europe/zurich ").each
    assert str(window.zone) == ZURICH


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        ("", ["has 0 parts, expected days, times and a time zone"]),
        ("always", ["has 1 parts, expected days"]),
        ("Sat 02:00-06:00", ["has 2 parts, expected days"]),
        (f"Sab 02:00-06:00 {ZURICH}", ["has days (text of 3 characters), expected daily or e.g. Sat"]),
        (f"Sat- 02:00-06:00 {ZURICH}", ["has days (text of 4 characters)"]),
        (f"Sat,,Sun 02:00-06:00 {ZURICH}", ["has days"]),
        (f"Sat 2-6 {ZURICH}", ["has times (text of 3 characters), expected HH:MM-HH:MM"]),
        (f"Sat 02:00 {ZURICH}", ["has times"]),
        (f"Sat 24:00-06:00 {ZURICH}", ["has times"]),
        (f"Sat 02:00-24:30 {ZURICH}", ["has times"]),
        (f"Sat 02:60-06:00 {ZURICH}", ["has times"]),
        (f"Sat ٠٢:00-06:00 {ZURICH}", ["has times"]),
        (f"Sat 02:00-02:00 {ZURICH}", ["is open for 0 minutes, expected 30 or more"]),
        (f"Sat 02:00-02:29 {ZURICH}", ["is open for 29 minutes"]),
        ("Sat 02:00-06:00 Zurich", ["has a time zone (text of 6 characters), expected an IANA name"]),
        ("Sat 02:00-06:00 localtime", ["has a time zone"]),
        ("Sat 02:00-06:00 ../../etc/passwd", ["has a time zone"]),
        ("Sat 02:00-06:00 Europe", ["has a time zone"]),
        ("x y z", ["has days", "has times", "has a time zone"]),
        (f"Sat 02:00-06:00 {ZURICH}; Sun x {ZURICH}", ["has times (text of 1 characters) in window 2"]),
        (f"Sat 02:00-06:00 {ZURICH};", ["has 0 parts in window 2"]),
    ],
)
def test_every_wrong_part_gets_a_complaint(text: str, complaints: list[str]) -> None:
    found = parse_windows(text)
    assert isinstance(found, tuple)
    assert len(found) == len(complaints)
    for told, expected in zip(found, complaints, strict=True):
        assert told.startswith(expected)


@given(st.text(max_size=256))
def test_whatever_a_tag_holds_is_understood_or_complained_about_and_not_repeated(text: str) -> None:
    parsed = parse_windows(text)
    if isinstance(parsed, Windows):
        assert parsed.at_or_after(utc("2026-07-25T12:00")).opens
        return
    assert parsed
    long = [word for word in text.split() if len(word) > 20]
    assert not any(word in told for told in parsed for word in long)


def test_zones_do_not_come_from_the_image() -> None:
    from_package = zone(ZURICH)
    assert from_package is not None
    assert from_package is not ZoneInfo(ZURICH), "that one is the image's, where it has one"
    assert zone("posixrules") is None


# --- when it is open


def test_what_is_open_now_counts_and_its_end_does_not() -> None:
    text = f"Sat 02:00-06:00 {ZURICH}"
    this, following = ("2026-07-25T00:00", "2026-07-25T04:00"), ("2026-08-01T00:00", "2026-08-01T04:00")
    assert opening(text, "2026-07-24T23:59") == this
    assert opening(text, "2026-07-25T00:00") == this
    assert opening(text, "2026-07-25T03:59") == this
    assert opening(text, "2026-07-25T04:00") == following


def test_a_window_may_pass_midnight_and_belongs_to_the_day_of_its_beginning() -> None:
    text = f"Fri 22:00-04:00 {ZURICH}"
    assert opening(text, "2026-07-25T01:00") == ("2026-07-24T20:00", "2026-07-25T02:00")
    assert opening(text, "2026-07-25T02:00") == ("2026-07-31T20:00", "2026-08-01T02:00")
    assert opening("Fri 22:00-24:00 UTC", "2026-07-24T12:00") == ("2026-07-24T22:00", "2026-07-25T00:00")


def test_of_several_windows_the_next_one_counts_or_the_one_that_stays_open_longest() -> None:
    text = "Sat 02:00-06:00 UTC; Wed 01:00-02:00 UTC; Wed 00:00-03:00 UTC"
    assert opening(text, "2026-07-25T07:00") == ("2026-07-29T00:00", "2026-07-29T03:00")
    assert opening(text, "2026-07-29T01:30") == ("2026-07-29T00:00", "2026-07-29T03:00")
    assert opening(text, "2026-07-29T03:00") == ("2026-08-01T02:00", "2026-08-01T06:00")


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ("01:00-04:00", ("2026-03-29T00:00", "2026-03-29T02:00")),  # an hour shorter
        ("02:30-03:30", ("2026-03-29T01:00", "2026-03-29T01:30")),  # begins with the jump
        ("01:00-02:30", ("2026-03-29T00:00", "2026-03-29T01:00")),  # ends with the jump
        ("02:00-03:00", ("2026-04-05T00:00", "2026-04-05T01:00")),  # does not take place
        ("02:15-02:45", ("2026-04-05T00:15", "2026-04-05T00:45")),
    ],
)
def test_where_clocks_jump_forward(times: str, expected: tuple[str, str]) -> None:
    assert opening(f"Sun {times} {ZURICH}", "2026-03-28T12:00") == expected


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ("01:00-04:00", ("2026-10-24T23:00", "2026-10-25T03:00")),  # an hour longer
        ("02:30-03:30", ("2026-10-25T01:30", "2026-10-25T02:30")),  # begins the second time
        ("01:00-02:30", ("2026-10-24T23:00", "2026-10-25T00:30")),  # ends the first time
        ("02:00-03:00", ("2026-10-25T01:00", "2026-10-25T02:00")),
        ("02:15-02:45", ("2026-10-25T00:15", "2026-10-25T00:45")),
    ],
)
def test_where_clocks_go_back(times: str, expected: tuple[str, str]) -> None:
    assert opening(f"Sun {times} {ZURICH}", "2026-10-24T12:00") == expected


MINUTES = st.integers(0, 24 * 60 - 1)
TEXTS = st.builds(
    lambda days, begin, length, place: (
        f"{','.join(sorted(days))} {begin // 60:02}:{begin % 60:02}-"
        f"{(begin + length) % 1440 // 60:02}:{(begin + length) % 60:02} {place}"
    ),
    st.sets(st.sampled_from(WEEK), min_size=1),
    MINUTES,
    st.integers(SHORTEST, 24 * 60 - 1),
    st.sampled_from(ZONES),
)
MOMENTS = st.datetimes(datetime(2010, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis adds it


def is_within(text: str, moment: datetime) -> bool:
    """Tell by the clock on the wall alone whether a window is open."""
    (window,) = windows(text).each
    wall = moment.astimezone(window.zone)
    minute = wall.hour * 60 + wall.minute
    today = wall.weekday() in window.days and window.begins <= minute < window.ends
    since_yesterday = (wall.weekday() - 1) % 7 in window.days and minute + 24 * 60 < window.ends
    return today or since_yesterday


@given(TEXTS, MOMENTS, st.floats(0, 0.999))
def test_all_of_an_opening_is_within_the_window_by_the_clock_on_the_wall(
    text: str, moment: datetime, share: float
) -> None:
    found = windows(text).at_or_after(moment)
    assert found.opens < found.closes
    assert found.closes > moment
    assert is_within(text, found.opens + (found.closes - found.opens) * share)


@given(TEXTS, MOMENTS)
def test_nothing_is_missed_but_what_the_clocks_show_twice(text: str, moment: datetime) -> None:
    found = windows(text).at_or_after(moment)
    (window,) = windows(text).each
    wall = moment.astimezone(window.zone)
    is_doubled = wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset()
    if is_within(text, moment) and not is_doubled:
        assert found.opens <= moment


@given(TEXTS, MOMENTS)
def test_an_opening_is_the_same_whenever_it_is_asked_for(text: str, moment: datetime) -> None:
    found = windows(text).at_or_after(moment)
    assert windows(text).at_or_after(found.opens) == found
    later = windows(text).at_or_after(found.closes)
    assert later.opens >= found.closes


# --- whether it is waited for

SATURDAYS = windows("Sat 02:00-06:00 UTC")
NOW = utc("2026-07-27T12:00")  # a Monday
NEXT = utc("2026-08-01T02:00")


def test_without_a_window_everything_goes_at_once() -> None:
    assert admission(None, NOW, NOW + DAY) == Admission()


def test_a_window_is_waited_for_while_one_is_left_before_the_expiry() -> None:
    waits = Admission(NEXT, NEXT + 4 * HOUR)
    assert admission(SATURDAYS, NOW, None) == waits
    assert admission(SATURDAYS, NOW, NEXT + 30 * DAY) == waits
    assert admission(SATURDAYS, NOW, NEXT + MARGIN) == waits


@pytest.mark.parametrize("after", [-MARGIN, timedelta(0), MARGIN - timedelta(seconds=1)])
def test_one_that_opens_too_late_is_not_waited_for_and_that_is_told(after: timedelta) -> None:
    found = admission(SATURDAYS, NOW, NEXT + after)
    assert (found.opens, found.closes) == (None, None)
    assert "2026-08-01T02:00:00+00:00" in found.hurry


def test_what_has_expired_goes_at_once_and_that_is_told() -> None:
    found = admission(SATURDAYS, NOW, NOW - DAY)
    assert (found.opens, found.closes) == (None, None)
    assert "expired on 2026-07-26" in found.hurry


def test_an_open_window_is_used_however_close_the_expiry() -> None:
    within = NEXT + HOUR
    assert admission(SATURDAYS, within, within + timedelta(minutes=1)).closes == NEXT + 4 * HOUR


@given(TEXTS, MOMENTS, st.timedeltas(timedelta(0), 60 * DAY))
def test_nothing_is_let_expire_for_a_window(text: str, now: datetime, left: timedelta) -> None:
    found = admission(windows(text), now, now + left)
    if found.opens is not None and found.opens > now:
        assert found.opens <= now + left - MARGIN
