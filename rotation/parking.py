"""What could not be read, kept where operators look: newest first, bounded, and free of anything like a credential."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

MOST_PARKED = 100
ONE_FOR_ALL = "all"
"""The key of the one list: operators do not want one for each partition."""
_LONGEST_BODY = 400
_REMOVED = "[removed]"

# A value is removed for what it is called, or for looking like base64; ids, host names and paths stay readable.
_NAMED = re.compile(
    r"(?P<name>key|sig|signature|password|passwd|pwd|token|credential|authorization|(?<!object)value)"
    r"(?P<sign>\W{0,4}[=:]\W{0,4})(?P<value>[^\s\"'&;,}]+)",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[A-Za-z0-9+/=_%\-]{20,}", re.ASCII)
_LONG_PIECE = 16


@dataclass(frozen=True)
class ParkedEvent:
    """One event, or message, that was left behind."""

    enqueued: str
    """When the Event Hub received it, in ISO 8601; empty where unknown."""
    partition: str
    sequence_number: int | None
    position: int
    """Which event of the message, from 0."""
    reason: str
    body: str
    """The beginning of the message."""

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return asdict(self)


def parked(state: Iterable[Mapping[str, Any]], arrived: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the list with `arrived` in front; what a batch brings again is not listed twice."""
    known: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for event in [*reversed(list(arrived)), *state]:
        known.setdefault((event["partition"], event["sequence_number"], event["position"], event["enqueued"]), event)
    return list(known.values())[:MOST_PARKED]


def excerpt(body: bytes) -> str:
    """Return the beginning of a message, printable and with anything that looks like a credential removed."""
    # Twice as much is searched as is shown, so that a credential at the cut is seen whole.
    text = body[: 2 * _LONGEST_BODY].decode("utf-8", "replace")
    text = _NAMED.sub(rf"\g<name>\g<sign>{_REMOVED}", text)
    text = _TOKEN.sub(lambda match: _REMOVED if _looks_random(match[0]) else match[0], text)
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable if len(printable) <= _LONGEST_BODY else printable[:_LONGEST_BODY] + " …"


def _looks_random(token: str) -> bool:
    """Tell base64 from the parts of a path: a long piece that mixes upper case, lower case and digits."""
    return any(
        len(piece) >= _LONG_PIECE
        and any(character.isupper() for character in piece)
        and any(character.islower() for character in piece)
        and any(character.isdigit() for character in piece)
        for piece in token.split("/")
    )
