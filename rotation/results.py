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
    """Seconds that waiting for this reason is worth, in place of the step's own budget."""
    fallback: dict[str, Any] | None = None
    """What to go on with when the budget is spent; without one the rotation fails."""
    throttled: bool = False
    """Whether the service merely had too many requests."""
    memo: dict[str, Any] | None = None
    """What the next attempts are told in their payload; names and times only."""

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            "status": "retry",
            "reason": self.reason,
            "after": self.after,
            "budget": self.budget,
            "fallback": self.fallback,
            "throttled": self.throttled,
            "memo": self.memo,
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
            # A history may be older than the last fields.
            return Retry(
                data["reason"],
                data["after"],
                data["budget"],
                data["fallback"],
                data.get("throttled", False),
                data.get("memo"),
            )
        case _:
            return Stop(OutcomeName(data["outcome"]), data["reason"])
