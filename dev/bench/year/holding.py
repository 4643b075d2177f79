"""Who holds which key, from when until when, and which of that time the key is dead: worked out, not polled.

A consumer reads the secret once every so often and holds what it has read until it reads again. It holds a key for as
long as the reads find the version with that key; what counts is the part of it in which the account refuses the key.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .stage import Cause


@dataclass(frozen=True)
class Span:
    """Some time."""

    start: datetime
    end: datetime

    @property
    def hours(self) -> float:
        """How long it is."""
        return (self.end - self.start) / timedelta(hours=1)


@dataclass(frozen=True)
class Holding:
    """A key in somebody's hands, or in the vault's current version."""

    key: str = field(repr=False)
    span: Span


@dataclass(frozen=True)
class Life:
    """When an account takes a key."""

    accepted_from: datetime
    died: datetime | None
    cause: Cause
    """What killed it; the contender where it lives."""

    def dead(self, span: Span) -> Iterator[tuple[Span, Cause]]:
        """Yield the parts of a span in which the key is refused, and whose doing that is."""
        early = min(max(self.accepted_from, span.start), span.end)
        if early > span.start:
            yield Span(span.start, early), "own"
        if self.died is not None and max(self.died, early) < span.end:
            yield Span(max(self.died, span.start, early), span.end), self.cause


Written = Sequence[tuple[datetime, str]]
"""When each version was written, and its key; oldest first."""


def in_vault(written: Written, year: Span) -> Iterator[Holding]:
    """Yield what the current version has held, version by version."""
    ends = [*(when for when, _ in written[1:]), year.end]
    for (when, key), end in zip(written, ends, strict=True):
        span = Span(max(when, year.start), min(end, year.end))
        if span.start < span.end:
            yield Holding(key, span)


def at_consumer(written: Written, year: Span, reread: timedelta, phase: timedelta) -> Iterator[Holding]:
    """Yield what a consumer has held that reads when the year begins, after `phase`, and then every `reread`."""
    for holding in in_vault(written, year):
        start, end = (_next_read(moment, year, reread, phase) for moment in (holding.span.start, holding.span.end))
        if start < end:
            yield Holding(holding.key, Span(start, end))


def _next_read(moment: datetime, year: Span, reread: timedelta, phase: timedelta) -> datetime:
    """Return the first read at a moment or after it; at the end of the year nobody reads any more."""
    if moment <= year.start:
        return year.start
    reads = math.ceil((moment - year.start - phase) / reread)
    return min(year.start + phase + max(reads, 0) * reread, year.end)
