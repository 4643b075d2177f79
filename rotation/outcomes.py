"""How a rotation ends.

The first seven complete the instance; `restored` is how the rollback of a finished rotation ends. `refused` and
`failed` fail it, so that it is seen, alerted on, and can be restarted once the cause is mended.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class OutcomeName(StrEnum):
    """The words that status, logs and alerts use."""

    ROTATED = "rotated"
    REPAIRED = "repaired"
    MOVED = "moved"
    NOT_DUE = "not_due"
    SUPERSEDED = "superseded"
    SKIPPED = "skipped"
    RESTORED = "restored"
    REFUSED = "refused"
    FAILED = "failed"


FAILING = frozenset({OutcomeName.REFUSED, OutcomeName.FAILED})

# These say "not now": a later event for the same version may find things changed, so it starts the instance again.
PROVISIONAL = frozenset({OutcomeName.NOT_DUE, OutcomeName.SKIPPED})


@dataclass(frozen=True)
class Outcome:
    """An ending and what an operator wants to know about it."""

    name: OutcomeName
    reason: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    """Names, versions, slots and times: never a value."""
    passes: bool = False
    """Of `failed`: whether its reason may pass by itself, so that the sweep starts it again (rotation/redriving.py)."""

    @property
    def fails(self) -> bool:
        """Whether the instance ends as Failed."""
        return self.name in FAILING

    def to_json(self) -> dict[str, Any]:
        """Return what the instance shows as its output or custom status."""
        passes = self.passes if self.name is OutcomeName.FAILED else None
        shown = {"outcome": str(self.name), "reason": self.reason, "passes": passes, **self.details}
        return {key: value for key, value in shown.items() if value not in ("", None)}


class Conclusion(Exception):  # noqa: N818 - ending early is no error: superseded and not_due are normal
    """Ends the rotation here with an outcome."""

    def __init__(self, name: OutcomeName, reason: str, *, passes: bool = False) -> None:
        super().__init__(f"{name}: {reason}")
        self.outcome = Outcome(name, reason, passes=passes)
