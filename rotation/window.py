"""Maintenance windows: when something that consumers notice may begin, and when it may not wait for that.

A window is what clocks on the wall say. Where they jump forward, it begins or ends with the jump, and one that lies
within it does not take place that day. Where they go back, it is never longer than it says: one that begins in the
doubled hour begins the second time, one that ends in it ends the first time.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from rotation.request import shape
from rotation.zones import zone

EXAMPLE = "Sat 02:00-06:00 Europe/Zurich"
# Verifying a key alone may take a quarter of an hour.
SHORTEST = 30
"""Minutes."""
# As long as the slowest regeneration may take (rotation/under_way.py): a window that opens later is too late.
MARGIN = timedelta(hours=6)

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAYS = re.compile(rf"(?:{'|'.join(_WEEK)})(?:-(?:{'|'.join(_WEEK)}))?")
_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])", re.ASCII)
_WHOLE_DAY = 24 * 60
# A weekly window may fall into a jump of the clocks, and hence not take place.
_DAYS_AHEAD = 22


@dataclass(frozen=True)
class Opening:
    """One time that a window is open; instants in UTC."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True)
class Admission:
    """When something may begin."""

    opens: datetime | None = None
    """None: at any time, now."""
    closes: datetime | None = None
    hurry: str = ""
    """Why a window is not waited for."""


@dataclass(frozen=True)
class Window:
    """Some days of the week, from one time of day to another, in a time zone."""

    days: frozenset[int]
    """Of beginning: 0 is Monday."""
    begins: int
    """Minutes after midnight."""
    ends: int
    """Minutes after the midnight of the day of beginning; more than a day has for one that passes midnight."""
    zone: ZoneInfo

    def openings(self, moment: datetime) -> Iterator[Opening]:
        """Yield when it is open from an instant on, what is open at that instant included."""
        today = moment.astimezone(self.zone).date()
        for ahead in range(-2, _DAYS_AHEAD):
            day = today + timedelta(days=ahead)
            opening = self._opening(day) if day.weekday() in self.days else None
            if opening is not None and opening.closes > moment:
                yield opening

    def _opening(self, day: date) -> Opening | None:
        midnight = datetime.combine(day, time())
        begins, ends = (midnight + timedelta(minutes=minutes) for minutes in (self.begins, self.ends))
        opens, closes = _instant(begins, self.zone, second=True), _instant(ends, self.zone)
        if opens >= closes:
            opens = _instant(begins, self.zone)  # all of it is in the hour that comes twice
        return Opening(opens, closes) if opens < closes else None


@dataclass(frozen=True)
class Windows:
    """All windows of a secret."""

    text: str
    """As the tag says it."""
    each: tuple[Window, ...]

    def at_or_after(self, moment: datetime) -> Opening:
        """Return the opening that an instant lies in, else the next one."""
        openings = [next(window.openings(moment)) for window in self.each]
        present = [opening for opening in openings if opening.opens <= moment]
        if present:
            return max(present, key=lambda opening: opening.closes)
        return min(openings, key=lambda opening: opening.opens)


def admission(windows: Windows | None, now: datetime, expires_on: datetime | None) -> Admission:
    """Tell when something that a secret's consumers notice may begin.

    Args:
        windows: The secret's; None if it has none.
        now: The present, or when it would begin without a window.
        expires_on: When waiting becomes worse than being noticed; None if it never does.
    """
    if windows is None:
        return Admission()
    if expires_on is not None and expires_on <= now:
        return Admission(hurry=f"the window is not waited for: the version expired on {_told(expires_on)}")
    opening = windows.at_or_after(now)
    if expires_on is not None and opening.opens > max(now, expires_on - MARGIN):
        return Admission(
            hurry=f"the window is not waited for: it opens on {_told(opening.opens)}, and the version expires on "
            f"{_told(expires_on)}"
        )
    return Admission(opening.opens, opening.closes)


@lru_cache(maxsize=1024)
def parse_windows(text: str) -> Windows | tuple[str, ...]:
    """Return the windows of a tag, or every complaint about it; without repeating what it holds."""
    complaints: list[str] = []
    parts = [part.split() for part in re.sub(r"\s*,\s*", ",", text).split(";")]
    which = [f" in window {place}" if len(parts) > 1 else "" for place in range(1, len(parts) + 1)]
    found = [_parse(part, where, complaints) for part, where in zip(parts, which, strict=True)]
    windows = tuple(window for window in found if window is not None)
    return tuple(complaints) if complaints else Windows(" ".join(text.split()), windows)


def _parse(words: list[str], where: str, complaints: list[str]) -> Window | None:
    if len(words) != 3:
        complaints.append(f"has {len(words)} parts{where}, expected days, times and a time zone, e.g. {EXAMPLE}")
        return None
    days, times = _days(words[0].casefold()), _times(words[1])
    place = zone(words[2])
    if not days:
        complaints.append(f"has days ({shape(words[0])}){where}, expected daily or e.g. Sat, Mon-Fri or Sat,Sun")
    if times is None:
        complaints.append(f"has times ({shape(words[1])}){where}, expected HH:MM-HH:MM, e.g. 22:00-04:00")
    elif times[1] - times[0] < SHORTEST:
        complaints.append(f"is open for {times[1] - times[0]} minutes{where}, expected {SHORTEST} or more")
    if place is None:
        complaints.append(f"has a time zone ({shape(words[2])}){where}, expected an IANA name, e.g. Europe/Zurich")
    return Window(days, *times, place) if days and times is not None and place is not None else None


def _days(text: str) -> frozenset[int]:
    """Return days of the week; none where they cannot be read."""
    if text == "daily":
        return frozenset(range(7))
    found: set[int] = set()
    for part in text.split(","):
        if not _DAYS.fullmatch(part):
            return frozenset()
        first, _, last = part.partition("-")
        begin = _WEEK.index(first)
        found.update((begin + more) % 7 for more in range((_WEEK.index(last or first) - begin) % 7 + 1))
    return frozenset(found)


def _times(text: str) -> tuple[int, int] | None:
    """Return minutes of beginning and end after midnight; the end is after the beginning, the next day if need be."""
    ends = [_CLOCK.fullmatch(part) for part in text.split("-")]
    if len(ends) != 2 or ends[0] is None or ends[1] is None:
        return None
    begin, end = (int(found[1]) * 60 + int(found[2]) for found in (ends[0], ends[1]))
    if begin >= _WHOLE_DAY or end > _WHOLE_DAY:
        return None
    return begin, end if end >= begin else end + _WHOLE_DAY


def _instant(local: datetime, place: ZoneInfo, *, second: bool = False) -> datetime:
    """Return when a clock on the wall shows a time.

    Args:
        local: What it shows.
        place: Where it hangs.
        second: Where it shows that twice: the second time. Where it never does, it is the jump over that time.
    """
    early, late = sorted(local.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1))
    if _shows(early, place) == local:
        return late if second else early
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // timedelta(seconds=2) * timedelta(seconds=1)
        early, late = (early, middle) if _shows(middle, place) >= local else (middle, late)
    return late


def _shows(moment: datetime, place: ZoneInfo) -> datetime:
    return moment.astimezone(place).replace(tzinfo=None)


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
