"""Query parameters and paging of the management API.

What can't be read is ignored, as the real one does (s11): only a page token that makes no sense gives an empty page.
"""

import base64
import binascii
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from multidict import MultiMapping

from .stamps import parse

_STATUSES = frozenset(
    {"Running", "Completed", "ContinuedAsNew", "Failed", "Canceled", "Terminated", "Pending", "Suspended"}
)
_PAGE = 100


@dataclass(frozen=True)
class Filter:
    """Which instances are asked for."""

    prefix: str = ""
    created_from: datetime | None = None
    created_to: datetime | None = None
    statuses: frozenset[str] = frozenset()

    def admits(self, key: str, created: datetime, status: str) -> bool:
        """Tell whether an instance is among them."""
        return (
            key.startswith(self.prefix)
            and (self.created_from is None or created >= self.created_from)
            and (self.created_to is None or created <= self.created_to)
            and (not self.statuses or status in self.statuses)
        )


class Query:
    """A request's query parameters as .NET reads them: names in any letter case, repeated ones joined by commas."""

    def __init__(self, given: MultiMapping[str]) -> None:
        self._texts: dict[str, str] = {}
        for name, text in given.items():
            known = self._texts.get(name.lower())
            self._texts[name.lower()] = text if known is None else f"{known},{text}"

    def text(self, name: str) -> str | None:
        """Return a parameter as it is."""
        return self._texts.get(name.lower())

    def flag(self, name: str, *, otherwise: bool = False) -> bool:
        """Return a boolean; its letter case doesn't matter."""
        return {"true": True, "false": False}.get((self.text(name) or "").strip().lower(), otherwise)

    def seconds(self, name: str) -> float | None:
        """Return a number of seconds, or nothing."""
        try:
            seconds = float(self.text(name) or "")
        except ValueError:
            return None
        return seconds if math.isfinite(seconds) else None

    def instant(self, name: str) -> datetime | None:
        """Return a moment, or nothing."""
        text = (self.text(name) or "").strip()
        if "T" in text and text.count(" ") == 1:  # the plus sign of an offset that nobody quoted
            text = text.replace(" ", "+")
        try:
            return parse(text)
        except ValueError:
            return None

    def filter(self) -> Filter:
        """Return the filter of a list or purge."""
        named = {part.strip() for part in (self.text("runtimeStatus") or "").split(",")}
        return Filter(
            prefix=self.text("instanceIdPrefix") or "",
            created_from=self.instant("createdTimeFrom"),
            created_to=self.instant("createdTimeTo"),
            statuses=_STATUSES & named,
        )


def page(rows: dict[str, Any], size_text: str | None, token: str | None) -> tuple[list[Any], str]:
    """Return one page of the rows in the order of their keys, and the token of the next one."""
    try:
        size = int(size_text or _PAGE)
    except ValueError:
        size = _PAGE
    keys = sorted(rows)
    if token:
        first = _read_token(token)
        keys = [] if first is None else [key for key in keys if key >= first]
    size = size if size > 0 else _PAGE
    following = keys[size] if len(keys) > size else None
    # Azure Storage's token has two parts, of which the second is empty: hence the blank (s11).
    written = "" if following is None else base64.b64encode(following.encode()).decode() + " "
    return [rows[key] for key in keys[:size]], written


def _read_token(token: str) -> str | None:
    try:
        return base64.b64decode(token.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
