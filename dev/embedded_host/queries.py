"""Query parameters and paging of the management API.

What can't be read is ignored, as the real one does (s11): only a page token that makes no sense gives an empty page.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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


def read_filter(query: Mapping[str, str]) -> Filter:
    """Read the filter of a list or purge."""
    wanted = {part for part in query.get("runtimeStatus", "").split(",") if part in _STATUSES}
    return Filter(
        prefix=query.get("instanceIdPrefix", ""),
        created_from=read_time(query.get("createdTimeFrom")),
        created_to=read_time(query.get("createdTimeTo")),
        statuses=frozenset(wanted),
    )


def read_time(text: str | None) -> datetime | None:
    """Read an instant, or nothing."""
    if not text:
        return None
    try:
        return parse(text.strip().replace(" ", "+") if text.count(" ") == 1 and "T" in text else text.strip())
    except ValueError:
        return None


def read_bool(text: str | None, *, otherwise: bool) -> bool:
    """Read a boolean, whatever its letter case."""
    return {"true": True, "false": False}.get((text or "").strip().lower(), otherwise)


def read_seconds(text: str | None) -> float | None:
    """Read a number of seconds, or nothing."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


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
