"""What an activity answers: `Done`, `Retry` or `Stop`, as a plain object on the wire.

Expected trouble is data, because an exception that leaves an activity ends up in the task hub with its traceback.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rotation.outcomes import OutcomeName


@dataclass(frozen=True)
class Done:
    """The step has been taken, now or earlier."""

    value: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {"status": "done", "value": self.value}


@dataclass(frozen=True)
class Retry:
    """Not yet; ask again."""

    reason: str
    after: float | None = None
    """Seconds that the service asked for, at the least."""
    budget: float | None = None
    """Seconds that waiting for this reason is worth, when less than the step's own budget."""
    fallback: dict[str, Any] | None = None
    """What to go on with when the budget is spent; without one the rotation fails."""

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            "status": "retry",
            "reason": self.reason,
            "after": self.after,
            "budget": self.budget,
            "fallback": self.fallback,
        }


@dataclass(frozen=True)
class Stop:
    """The rotation ends here."""

    outcome: OutcomeName
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {"status": "stop", "outcome": str(self.outcome), "reason": self.reason}


Result = Done | Retry | Stop


def from_json(data: Mapping[str, Any]) -> Result:
    """Read the wire form."""
    match data["status"]:
        case "done":
            return Done(data["value"])
        case "retry":
            return Retry(data["reason"], data["after"], data["budget"], data["fallback"])
        case _:
            return Stop(OutcomeName(data["outcome"]), data["reason"])
