"""What a timer trigger takes as its schedule: an NCRONTAB expression of six fields, or a time span."""

import re

_MONTHS = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
]  # fmt: skip
_DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

# Least, most and names of: second, minute, hour, day, month, day of the week.
_FIELDS: tuple[tuple[int, int, list[str]], ...] = (
    (0, 59, []), (0, 59, []), (0, 23, []), (1, 31, []), (1, 12, _MONTHS), (0, 6, _DAYS),
)  # fmt: skip
_PART = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>[1-9][0-9]?))?", re.ASCII)
_SPAN = re.compile(r"(?:[0-9]{1,3}\.)?(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?", re.ASCII)


def is_schedule(text: str) -> bool:
    """Tell whether the Functions host takes `text`, e.g. `0 0 2 * * *` or `06:00:00`."""
    if _SPAN.fullmatch(text):
        return re.search("[1-9]", text) is not None
    fields = text.split()
    return len(fields) == len(_FIELDS) and all(
        _is_part(part, least, most, names)
        for field, (least, most, names) in zip(fields, _FIELDS, strict=True)
        for part in field.split(",")
    )


def _is_part(text: str, least: int, most: int, names: list[str]) -> bool:
    """Tell whether one of the parts that commas separate is `*`, a value or a range, with or without a step."""
    part = _PART.fullmatch(text)
    if part is None:
        return False
    ends = [_value(end, names, least) for end in (part["first"], part["last"]) if end is not None]
    known = [end for end in ends if end is not None and least <= end <= most]
    return len(known) == len(ends) and known == sorted(known)


def _value(text: str, names: list[str], least: int) -> int | None:
    if re.fullmatch("[0-9]{1,2}", text, re.ASCII):
        return int(text)
    wanted = text.casefold()
    return next((number for number, name in enumerate(names, least) if wanted in (name, name[:3])), None)
