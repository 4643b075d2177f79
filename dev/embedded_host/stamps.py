"""Instants, written the way .NET writes them.

Histories carry ticks of 100 ns with trailing zeros dropped and a `Z`; the status API carries whole seconds. The clock
behind the host knows microseconds, which is a prefix of the same notation.
"""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICKS_PER_MICROSECOND = 10


def stamp(moment: datetime) -> str:
    """Write an instant as histories do: `2026-11-21T03:30:39.83107Z`."""
    return _trimmed(moment) + "Z"


def offset_stamp(moment: datetime) -> str:
    """Write an instant with an explicit offset, as `requestTime` and `ScheduledTime` have it."""
    return _trimmed(moment) + "+00:00"


def second_stamp(moment: datetime) -> str:
    """Write an instant as the status API does, without a fraction."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def round_trip_stamp(moment: datetime) -> str:
    """Write an instant as .NET's `o` format does: always seven digits."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def time_span(length: timedelta) -> str:
    """Write a length of time as .NET does: `00:05:00`, `1.02:00:00`, `00:00:00.5000000`."""
    seconds, fraction = divmod(length // timedelta(microseconds=1), 1_000_000)
    days, seconds = divmod(seconds, 86_400)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return (f"{days}." if days else "") + text + (f".{fraction * TICKS_PER_MICROSECOND:07d}" if fraction else "")


def parse(text: str) -> datetime:
    """Read any of the notations above; what has no offset is UTC; digits beyond microseconds are cut."""
    head, _, fraction = text.partition(".")
    if fraction:
        digits = fraction.rstrip("Z")
        offset = ""
        for sign in "+-":
            if sign in digits:
                digits, _, rest = digits.partition(sign)
                offset = sign + rest
        zone = "Z" if fraction.endswith("Z") else offset
        text = f"{head}.{digits[:6].ljust(6, '0')}{zone}"
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def to_ticks(moment: datetime) -> int:
    """Return ticks of 100 ns since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * TICKS_PER_MICROSECOND


def tick_stamp(ticks: int) -> str:
    """Write an instant given in ticks, without a zone."""
    whole, fraction = divmod(ticks, 10_000_000)
    text = (_EPOCH + timedelta(seconds=whole)).strftime("%Y-%m-%dT%H:%M:%S")
    digits = f"{fraction:07d}".rstrip("0")
    return f"{text}.{digits}" if digits else text


def _trimmed(moment: datetime) -> str:
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return text.rstrip("0") if "." in text else text
