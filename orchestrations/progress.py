"""What the status API shows while a rotation runs: which step, which attempt, what it waits for and until when."""

from datetime import datetime
from typing import Any

import azure.durable_functions as df

from rotation.ids import rotation_id
from rotation.neighbours import Neighbour
from rotation.outcomes import Outcome
from rotation.plan import Plan
from rotation.request import RotationRequest


class Progress:
    """The instance's custom status."""

    def __init__(self, context: df.DurableOrchestrationContext) -> None:
        self._context = context
        self.facts: dict[str, Any] = {}
        """What is known of the rotation so far; also part of its outcome."""

    def requested(self, request: RotationRequest) -> None:
        """Say what is being rotated."""
        self.facts.update(
            rotationId=rotation_id(request),
            vault=request.vault,
            secret=request.secret,
            cause=request.reason,
        )

    def planned(self, plan: Plan) -> None:
        """Say where the secret is going."""
        self.facts.update(previousVersion=plan.previous_version, previousSlot=plan.live_slot, slot=plan.slot)

    def moved(self, neighbour: Neighbour) -> None:
        """Say that another secret had to make way."""
        self.facts["moved"] = [*self.facts.get("moved", []), f"{neighbour.vault}/{neighbour.secret}"]

    def show(
        self, step: str, *, attempt: int = 1, waiting_for: str | None = None, until: datetime | None = None
    ) -> None:
        """Show one step: running when it waits for nothing."""
        self._context.set_custom_status(
            {
                **self.facts,
                "step": step,
                "attempt": attempt,
                "waitingFor": waiting_for,
                "until": until.isoformat() if until else None,
            }
        )

    def conclude(self, outcome: Outcome) -> dict[str, Any]:
        """Show the outcome, and return it as the instance's output."""
        shown = Outcome(outcome.name, outcome.reason, self.facts).to_json()
        self._context.set_custom_status(shown)
        return shown
