"""How far a new version has come on its way to the consumers: the state of `refresh_consumers`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rotation.consumers import UNSEEN, Standing
from rotation.results import Done, Result, Retry, Stop
from rotation.waiting import delay

READY = "ready"
"""Everybody who is known to use the secret has the version."""
BEHIND = "behind"
"""Somebody has not, or it is not known."""
NOBODY = "nobody"
"""Nobody is known to use the secret."""

# Container Apps take three quarters of an hour, a site minutes; whoever has not got it by then is reported.
BUDGET = timedelta(hours=3)
# The first rounds come as soon as any retry does; who then still waits is in no hurry.
_QUICK_ROUNDS = 10
_SLOW = timedelta(minutes=15)
# The custom status takes 16 KB: learn.microsoft.com, "Custom orchestration status in Durable Functions".
_MOST_SHOWN = 40


@dataclass
class Refreshing:
    """One version under way."""

    created_on: str
    """When the version was made."""
    move: bool
    """Whether settings that pin a version are to be moved."""
    rotation: str | None
    """The rotation that waits to be told, if one does."""
    waiting: list[str]
    """Consumers that may still get it, by ARM id."""
    standings: dict[str, Standing] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    """When each was last told to read again."""

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> "Refreshing":
        """Begin with what `find_consumers` has found."""
        return cls(found["created_on"], found["move"], found["rotation"], list(found["consumers"]))

    def told(self, consumer: str) -> dict[str, Any]:
        """Return what the activity that brings a consumer on is to be told."""
        return {
            "consumer": consumer,
            "created_on": self.created_on,
            "move": self.move,
            "asked": self.asked.get(consumer),
        }

    def moves(self, consumer: str) -> bool:
        """Tell whether a setting of a consumer has to be moved first."""
        known = self.standings.get(consumer)
        return self.move and known is not None and known.movable

    def heard(self, consumer: str, result: Result) -> None:
        """Take in what an activity answered."""
        match result:
            case Done(value) if "standing" in value:
                self.standings[consumer] = Standing.from_json(value["standing"])
                if "asked" in value:
                    self.asked[consumer] = value["asked"]
                if not value["open"]:
                    self.waiting.remove(consumer)
            case Done():
                del self.standings[consumer]  # it was moved: the next round looks how it stands now
            case Stop(_, reason):
                self.standings[consumer] = Standing(consumer, UNSEEN, reason=reason)
                self.waiting.remove(consumer)
            case Retry(reason) if consumer not in self.standings:
                self.standings[consumer] = Standing(consumer, UNSEEN, reason=reason)
            case _:
                pass  # it is asked again

    def wait(self, attempt: int, seed: str, longest_asked: float | None) -> timedelta:
        """Return how long to wait after a round."""
        wait = delay(attempt, seed, longest_asked)
        return wait if attempt < _QUICK_ROUNDS else max(wait, _SLOW)

    @property
    def outcome(self) -> str:
        """How it would end now."""
        if not self.standings and not self.waiting:
            return NOBODY
        return READY if not self.waiting and all(each.is_current for each in self.standings.values()) else BEHIND

    def totals(self) -> dict[str, int]:
        """Count the consumers by state."""
        states = [each.state for each in self.standings.values()]
        return {"consumers": len(states) or len(self.waiting), "current": states.count("current")}

    def shown(self, most: int | None = _MOST_SHOWN) -> list[dict[str, Any]]:
        """Return how each stands, those that are not current first, as many as a status takes."""
        standings = sorted(self.standings.values(), key=lambda each: (each.is_current, each.id.casefold()))
        return [each.to_json() for each in standings[:most]]


def is_due(asked: str | None, now: datetime) -> bool:
    """Tell whether a consumer is to be told to read again: never, or long enough ago that it was of no use."""
    return asked is None or now - datetime.fromisoformat(asked) >= _SLOW
