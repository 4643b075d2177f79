"""What the status API shows while a rotation runs: which step, which attempt, what it waits for and until when.

Counts and times are kept here too, for the record that its end leaves in the audit trail. Counts show once there is
something to count.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from orchestrations import audit_trail
from orchestrations.timers import now
from rotation import audit
from rotation.ids import rotation_id
from rotation.neighbours import Neighbour
from rotation.outcomes import Outcome
from rotation.plan import Plan
from rotation.request import RotationRequest


class Progress:
    """The instance's custom status."""

    def __init__(self, context: df.DurableOrchestrationContext) -> None:
        self._context = context
        self._started = now(context)
        self._request: RotationRequest | None = None
        self.facts: dict[str, Any] = {}
        """What is known of the rotation so far; also part of its outcome."""
        self._grace = self._lock = self._consent = timedelta(0)

    @property
    def request(self) -> RotationRequest | None:
        """What is being rotated; None as long as that is not known."""
        return self._request

    def requested(self, request: RotationRequest) -> None:
        """Say what is being rotated."""
        self._request = request
        self.facts.update(
            rotationId=rotation_id(request),
            vault=request.vault,
            secret=request.secret,
            cause=request.reason,
        )

    def planned(self, plan: Plan) -> None:
        """Say where the secret is going."""
        self.facts.update(
            provider=plan.provider,
            previousVersion=plan.previous_version,
            previousSlot=plan.live_slot,
            slot=plan.slot,
        )
        if plan.late:
            self.facts["late"] = True
        policy = {"window": plan.window, "hurry": plan.hurry}
        self.facts.update({name: text for name, text in policy.items() if text})
        if not plan.publish:
            self.facts["version"] = plan.version

    def restored(self, restored: Mapping[str, Any]) -> None:
        """Say that the previous value is back, in which version and on which slot."""
        self.facts.update(version=restored["version"], rolledBack=True)
        # A history may be older than these two.
        self.facts.update(expiresOn=restored.get("expires_on"), slot=restored.get("slot"))

    def moved(self, neighbour: Neighbour) -> None:
        """Say that another secret had to make way."""
        self.facts["moved"] = [*self.facts.get("moved", []), f"{neighbour.vault}/{neighbour.secret}"]

    def count(self, name: str) -> None:
        """Count one more retry, throttled answer or wait for the lock."""
        self.facts[name] = self.facts.get(name, 0) + 1

    def waited_for_consumers(self, since: datetime) -> None:
        """Say that a grace has ended."""
        self._grace += now(self._context) - since

    def waited_for_consent(self, since: datetime) -> None:
        """Say that a window has opened, or that somebody has answered."""
        self._consent += now(self._context) - since

    def waited_for_lock(self, since: datetime) -> None:
        """Say that another rotation was waited for."""
        self._lock += now(self._context) - since
        self.count("lockWaits")

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
        """Show the outcome, record it, and return it as the instance's output."""
        shown = replace(outcome, details=self.facts).to_json()
        self._context.set_custom_status(shown)
        spent = audit.Spent(now(self._context) - self._started, self._grace, self._lock, self._consent)
        instance = self._context.instance_id
        record = audit.rotation(instance, self._request, self._started, outcome, self.facts, spent)
        audit_trail.write(self._context, record)
        return shown
