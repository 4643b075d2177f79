"""What the renewals of certificates and of keys have in common: their steps, what they show, and how they end."""

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df

from orchestrations import audit_trail
from orchestrations.progress import Progress
from orchestrations.steps import STEP_BUDGET, take_step
from orchestrations.timers import now
from rotation.failures import RefusedError
from rotation.outcomes import Conclusion, OutcomeName
from rotation.renewal_record import renewal
from rotation.request import RotationRequest


class RenewalFailed(Exception):  # noqa: N818 - the name is what operators read in the instance's output
    """Fails the instance, so that it is seen, alerted on, and can be restarted."""


class Renewal:
    """One renewal under way."""

    def __init__(self, context: df.DurableOrchestrationContext, kind: str) -> None:
        self.context = context
        self.progress = Progress(context)
        self._kind = kind
        self._since = now(context)
        self._request: RotationRequest | None = None

    @property
    def request(self) -> RotationRequest:
        """Which version is to be replaced.

        Raises:
            RefusedError: The instance was started with something else.
        """
        if self._request is None:
            self._request = RotationRequest.from_json(self.context.get_input())
            known = self._request
            self.progress.facts.update(vault=known.vault, name=known.secret, cause=known.reason)
            self.progress.facts.update(previousVersion=known.version)
        return self._request

    def step(self, activity: str) -> Generator[Any, Any, dict[str, Any]]:
        """Take one step; no account is locked for it."""
        payload = {"request": self.request.to_json()}
        return (yield from take_step(self.context, self.progress, None, activity, payload, STEP_BUDGET))

    def announce(self, written: dict[str, Any]) -> Generator[Any, Any, None]:
        """Start what follows the new version, if anything does."""
        if not written.get("followed"):
            return
        told = {"vault": self.request.vault, "secret": self.request.secret, "version": written["version"]}
        yield from take_step(self.context, self.progress, None, "announce_version", told, STEP_BUDGET)

    def to_its_end(self, body: Generator[Any, Any, str]) -> Generator[Any, Any, dict[str, Any]]:
        """Take an orchestration to its end, and tell the outcome, which the body returns if all is well."""
        try:
            outcome, reason = (yield from body), ""
        except Conclusion as conclusion:
            outcome, reason = str(conclusion.outcome.name), conclusion.outcome.reason
        except RefusedError as error:
            outcome, reason = str(OutcomeName.REFUSED), error.reason
        facts = self.progress.facts
        shown = {"outcome": outcome, "reason": reason, **facts}
        self.context.set_custom_status(shown)
        spent = now(self.context) - self._since
        record = renewal(
            self.context.instance_id,
            self._kind,
            self._request,
            outcome,
            reason,
            facts.get("version"),
            facts.get("note"),
            spent,
        )
        audit_trail.write(self.context, record)
        if outcome in (OutcomeName.REFUSED, OutcomeName.FAILED):
            raise RenewalFailed(f"{outcome}: {reason}")
        return shown
