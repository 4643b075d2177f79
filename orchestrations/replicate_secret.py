"""The orchestration that copies one version of a secret to the vaults that its tag `ReplicateTo` names.

The rotation, or whoever wrote the version, does not wait for it. It goes round: each replica that is still behind is
asked for once, and what does not answer keeps the others for its time-out, not for its outage.
"""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from orchestrations import audit_trail
from orchestrations.progress import Progress
from orchestrations.steps import STEP_BUDGET, THROTTLED_BUDGET, attempt_once, take_step
from orchestrations.timers import now, wait_until
from rotation.failures import RefusedError
from rotation.outcomes import Conclusion, OutcomeName
from rotation.replication_record import replication
from rotation.request import RotationRequest
from rotation.results import Done, Result, Retry, Stop
from rotation.waiting import delay

bp = df.Blueprint()


REPLICATED = "replicated"


class ReplicationFailed(Exception):  # noqa: N818 - the name is what operators read in the instance's output
    """Fails the instance, so that it is seen; the sweep starts it again."""


@bp.orchestration_trigger(context_name="context")
def replicate_secret(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any]]:
    """Bring every replica of a secret up to its current version.

    1. find_replicas: which vaults, or why none.
    2. copy_version: one for each; again for those that are behind.
    """
    under_way = _Replication(context)
    try:
        yield from under_way.run()
    except Conclusion as conclusion:
        shown = under_way.conclude(str(conclusion.outcome.name), conclusion.outcome.reason)
        if conclusion.outcome.fails:
            raise ReplicationFailed(f"{shown['outcome']}: {shown['reason']}") from None
        return shown
    except RefusedError as error:
        under_way.conclude(str(OutcomeName.REFUSED), error.reason)
        raise ReplicationFailed(f"{OutcomeName.REFUSED}: {error.reason}") from None
    return under_way.conclude(REPLICATED)


class _Replication:
    """One instance."""

    def __init__(self, context: df.DurableOrchestrationContext) -> None:
        self._context = context
        self._progress = Progress(context)
        self._since = now(context)
        self._request: RotationRequest | None = None
        self._states: dict[str, dict[str, Any]] = {}
        """By host name."""

    def run(self) -> Generator[Any, Any, None]:
        """Take both steps; raises what `take_step` does."""
        request = self._request = RotationRequest.from_json(self._context.get_input())
        self._progress.facts.update(
            vault=request.vault, secret=request.secret, version=request.version, cause=request.reason
        )
        found = yield from take_step(
            self._context, self._progress, None, "find_replicas", {"request": request.to_json()}, STEP_BUDGET
        )
        self._states = {host: {"vault": host, "state": "behind"} for host in found["replicas"]}
        attempt, pending = 0, list(self._states)
        while pending:
            attempt += 1
            pending, wait, patience = yield from self._round(request, pending, attempt)
            until = now(self._context) + wait
            if not pending or until - self._since > patience:
                break
            waiting_for = f"{', '.join(pending)}: {self._states[pending[0]].get('reason', '')}"
            self._progress.show("copy_version", attempt=attempt, waiting_for=waiting_for, until=until)
            yield from wait_until(self._context, until)
        behind = [state for state in self._states.values() if state["state"] == "behind"]
        if behind:
            reason = "; ".join(f"{state['vault']}: {state.get('reason', '')}" for state in behind)
            raise Conclusion(OutcomeName.FAILED, reason)

    def _round(
        self, request: RotationRequest, hosts: list[str], attempt: int
    ) -> Generator[Any, Any, tuple[list[str], timedelta, timedelta]]:
        """Ask for each replica once; return those to ask for again, how long to wait before, and how long at most."""
        again, longest, patience = [], 0.0, STEP_BUDGET
        for host in hosts:
            self._show(attempt)
            payload = {"vault": request.vault, "secret": request.secret, "replica": host}
            match (yield from self._copy(payload, attempt)):
                case Done(value):
                    self._states[host] = {"vault": host, **value}
                case Stop(_, reason):
                    self._states[host] = {"vault": host, "state": "behind", "reason": reason}
                case Retry() as retry:
                    self._states[host] = {"vault": host, "state": "behind", "reason": retry.reason}
                    again.append(host)
                    longest = max(longest, retry.after or 0.0)
                    patience = THROTTLED_BUDGET if retry.throttled else patience
        return again, delay(attempt, f"{self._context.instance_id}/copy_version", longest), patience

    def _copy(self, payload: dict[str, Any], attempt: int) -> Generator[Any, Any, Result]:
        return (yield from attempt_once(self._context, "copy_version", payload, attempt))

    def _show(self, attempt: int) -> None:
        self._progress.facts["replicas"] = list(self._states.values())
        self._progress.show("copy_version", attempt=attempt)

    def conclude(self, outcome: str, reason: str = "") -> dict[str, Any]:
        """Show the outcome, record it, and return it as the instance's output."""
        states = list(self._states.values())
        shown = {"outcome": outcome, "reason": reason, **self._progress.facts, "replicas": states}
        self._context.set_custom_status(shown)
        spent = now(self._context) - self._since
        record = replication(self._context.instance_id, self._request, outcome, reason, states, spent)
        audit_trail.write(self._context, record)
        return shown
