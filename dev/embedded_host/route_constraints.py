"""Constraints of route parameters: `{id:int}`, `{code:length(3)}`, `{n:int:range(1,9)}`, by ASP.NET's rules."""

import re
from collections.abc import Callable
from datetime import datetime

Check = Callable[[str], bool]
_CONSTRAINT = re.compile(r"(?P<name>\w+)(?:\((?P<arguments>.*)\))?", re.DOTALL)
_SEPARATOR = re.compile(r":(?![^(]*\))")


def checks_of(constraints: str) -> list[Check] | None:
    """Return what values must pass for `int:min(1)` and the like, or nothing if it can't be understood."""
    checks = []
    for text in _SEPARATOR.split(constraints):
        check = _check(text)
        if check is None:
            return None
        checks.append(check)
    return checks


def _check(text: str) -> Check | None:
    found = _CONSTRAINT.fullmatch(text)
    if found is None:
        return None
    name, arguments = found["name"].lower(), found["arguments"]
    if arguments is None:
        return _PLAIN.get(name)
    try:
        return _matching(arguments) if name == "regex" else _numeric(name, arguments)
    except (ValueError, re.error):
        return None


def _matching(expression: str) -> Check:
    pattern = re.compile(expression, re.IGNORECASE)
    return lambda value: pattern.search(value) is not None


def _numeric(name: str, arguments: str) -> Check | None:
    numbers = [int(part) for part in arguments.split(",")]
    first, last = numbers[0], numbers[-1]
    match name, len(numbers):
        case "min", 1:
            return lambda value: _is_integer(value) and int(value) >= first
        case "max", 1:
            return lambda value: _is_integer(value) and int(value) <= first
        case "range", 2:
            return lambda value: _is_integer(value) and first <= int(value) <= last
        case "minlength", 1:
            return lambda value: len(value) >= first
        case "maxlength", 1:
            return lambda value: len(value) <= first
        case "length", 1 | 2:
            return lambda value: first <= len(value) <= last
    return None


def _is_integer(value: str, bits: int = 64) -> bool:
    return re.fullmatch(r"[+-]?\d+", value, re.ASCII) is not None and -(2 ** (bits - 1)) <= int(value) < 2 ** (bits - 1)


def _is_number(value: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", value, re.ASCII | re.IGNORECASE) is not None


def _is_moment(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


_GUID = re.compile(r"\{?[0-9a-f]{8}(-?)(?:[0-9a-f]{4}\1){3}[0-9a-f]{12}\}?", re.IGNORECASE)
_PLAIN: dict[str, Check] = {
    "int": lambda value: _is_integer(value, bits=32),
    "long": _is_integer,
    "decimal": _is_number,
    "double": _is_number,
    "float": _is_number,
    "bool": lambda value: value.lower() in ("true", "false"),
    "alpha": lambda value: re.fullmatch("[a-z]*", value, re.IGNORECASE | re.ASCII) is not None,
    "guid": lambda value: _GUID.fullmatch(value) is not None,
    "datetime": _is_moment,
    "required": bool,
}
