"""What the Durable status API says of one instance of `rotate_secret` or `restore_secret`, understood.

Everything is read defensively: whoever can reach the task hub can start an instance with any input.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rotation.failures import RefusedError
from rotation.request import RotationRequest

IN_HAND = frozenset({"Pending", "Running", "Suspended", "ContinuedAsNew"})
STATUSES = ("Pending", "Running", "Suspended", "Completed", "Failed", "Terminated")
"""Durable's words for what an instance of ours can be."""

# What the custom status calls the waits that take days and ask nothing of Azure meanwhile.
GRACE = "grace"
WINDOW = "window"
APPROVAL = "approval"
WAITS = frozenset({GRACE, WINDOW, APPROVAL})


@dataclass(frozen=True)
class Instance:
    """One instance: a rotation under way, or how it ended."""

    id: str
    status: str
    """Durable's word: Pending, Running, Completed, Failed, Terminated, Suspended, ContinuedAsNew or Canceled."""
    created: datetime
    updated: datetime
    input: Any = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    """The custom status: where the rotation is, or how it ended (orchestrations/progress.py)."""
    output: Any = None
    history: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Instance":
        """Read a payload of the status API; times are UTC to the second."""
        facts = data.get("customStatus")
        return cls(
            id=str(data["instanceId"]),
            status=str(data["runtimeStatus"]),
            created=_time(data["createdTime"]),
            updated=_time(data["lastUpdatedTime"]),
            input=_decoded(data.get("input")),
            facts=facts if isinstance(facts, dict) else {},
            output=data.get("output"),
            history=data.get("historyEvents") or [],
        )

    @property
    def is_in_hand(self) -> bool:
        """Whether it has not ended."""
        return self.status in IN_HAND

    @property
    def outcome(self) -> str | None:
        """How it ended; None while it runs, and where it ended without a word: its worker died, it was cancelled."""
        outcome = None if self.is_in_hand else self.facts.get("outcome")
        return outcome if isinstance(outcome, str) else None

    @property
    def request(self) -> RotationRequest | None:
        """What it was asked to do; None where its input is none of ours."""
        try:
            return RotationRequest.from_json(self.input)
        except RefusedError:
            return None


def _decoded(given: Any) -> Any:
    """Return an input as it was given: what the SDK's client has started shows its JSON as text."""
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given)
    except (ValueError, RecursionError):
        return given


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
