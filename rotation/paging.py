"""Lists for people: newest first, a page at a time, with a token that says where the next page begins."""

import base64
import heapq
import json
from datetime import datetime

from rotation.instance import Instance

Place = tuple[datetime, str]
"""Where an instance stands in a list: when it was created, and its id."""


def token(*parts: str) -> str:
    """Return a continuation token that holds some texts, fit for a URL as it is."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def read_token(text: str, count: int) -> tuple[str, ...] | None:
    """Return the `count` texts that a token holds; None if it is none of ours."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        return None
    if not isinstance(parts, list) or len(parts) != count or not all(isinstance(part, str) for part in parts):
        return None
    # One place has one token: what else decodes to it was not made here.
    return tuple(parts) if token(*parts) == text else None


def read_place(text: str) -> Place | None:
    """Return the place that a token for a list of instances names; None if it is none of ours."""
    parts = read_token(text, 2)
    if parts is None:
        return None
    try:
        created = datetime.fromisoformat(parts[0])
    except ValueError:
        return None
    return (created, parts[1]) if created.tzinfo else None


class Newest:
    """The newest of any number of instances, in the memory of one page."""

    def __init__(self, size: int, before: Place | None = None) -> None:
        self._size = size
        self._before = before
        self._heap: list[tuple[datetime, str, Instance]] = []

    def add(self, instance: Instance) -> None:
        """Consider one more; no two have the same id."""
        if self._before is not None and (instance.created, instance.id) >= self._before:
            return
        entry = (instance.created, instance.id, instance)
        # One more than a page: it tells that there is a next one.
        if len(self._heap) <= self._size:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heappushpop(self._heap, entry)

    def page(self) -> tuple[list[Instance], str | None]:
        """Return the newest, newest first, and the token of the next page if there is one."""
        found = [entry[2] for entry in sorted(self._heap, key=lambda entry: entry[:2], reverse=True)]
        page = found[: self._size]
        if len(found) <= self._size:
            return page, None
        return page, token(page[-1].created.isoformat(), page[-1].id)
