"""What is measured of a year, in numbers that can be added up over vaults."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from .stage import Cause

REREADS = {"24 h": timedelta(hours=24), "1 h": timedelta(hours=1), "1 min": timedelta(minutes=1)}
"""How often consumers read their secret again: as App Service does at the latest, and two more eager ones."""

Why = Literal["dead", "expired"]


def _hours() -> defaultdict[Any, float]:
    return defaultdict(float)


@dataclass
class Measures:
    """One contender's year."""

    secrets: int = 0
    downtime: defaultdict[tuple[str, Cause], float] = field(default_factory=_hours)
    """Hours in which a consumer held a dead key, by how often it reads and whose doing that was."""
    shared: defaultdict[str, float] = field(default_factory=_hours)
    """The hours of it, less what was done in the portal, of secrets that share their account with another."""
    dead: Counter[Cause] = field(default_factory=Counter)
    """How often a current version was dead, by whose doing that was."""
    dead_hours: defaultdict[Cause, float] = field(default_factory=_hours)
    expired: int = 0
    """How often a current version expired."""
    expired_hours: float = 0.0
    rotations: int = 0
    needless: int = 0
    """Regenerations whose key was never published, or over a version that was neither due nor dead."""
    formats_broken: int = 0
    """Secrets that had at some time a version in another format than its consumers expect."""
    tags_broken: int = 0
    """Secrets that had at some time a version without all their tags and content type, or with a lying one."""
    interventions: Counter[tuple[Why, Cause]] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    """Rotations that had failed and were not made good when the year ended."""
    findings: list[str] = field(default_factory=list)
    """What was counted against the contender, one by one: vault, secret, moment."""
    struck: int = 0
    """Calls that met a fault."""

    def add(self, other: "Measures") -> None:
        """Count another vault's year in."""
        for name, value in vars(other).items():
            mine = getattr(self, name)
            if isinstance(mine, dict):
                for key, many in value.items():
                    mine[key] += many
            else:
                setattr(self, name, mine + value)

    def down(self, reread: str, *causes: Cause) -> float:
        """Return the hours of downtime that some causes have brought."""
        return sum(self.downtime[reread, cause] for cause in causes)

    def interventions_for(self, *causes: Cause) -> int:
        """Return how often a person was needed because of some causes."""
        return sum(many for (_, cause), many in self.interventions.items() if cause in causes)
