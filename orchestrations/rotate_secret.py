"""The orchestration that rotates one version of one secret.

Until step 4 has written, the vault still names the live slot, which nobody touches: there is nothing to undo. Each
step first asks whether it is already done, so that the instance may be repeated or restarted at any point.

Secrets that share an account are not kept apart yet beyond the checks inside each activity; what has to be held
together for that is `_renew` (steps 1 to 4) and `_retire` (step 5).
"""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from orchestrations.progress import Progress
from orchestrations.steps import take_step
from orchestrations.timers import CONSUMERS_READY, ROLLBACK, GraceEnd, grace, now, wait_until
from rotation.failures import RefusedError
from rotation.outcomes import Conclusion, Outcome, OutcomeName
from rotation.plan import Plan
from rotation.request import RotationRequest

bp = df.Blueprint()

# Key Vault and ARM are consistent within seconds; storage takes minutes to know a new key everywhere.
VERIFY_BUDGET = timedelta(minutes=15)
_PUBLISH_CYCLES = 3


class RotationFailed(Exception):  # noqa: N818 - the name is what operators read in the instance's output
    """Fails the instance, so that it is seen, alerted on, and can be restarted."""


@dataclass(frozen=True)
class _Published:
    version: str


@bp.orchestration_trigger(context_name="context")
def rotate_secret(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any]]:
    """Rotate what the input names.

    1. read_metadata: plan, or end here.
    2. Pinned secrets: live on the other slot for one grace.
    3. regenerate_key: the slot that nobody lives on.
    4. verify_key, write_version: publish it.
    5. After the grace, swap_slot: retire the slot that the secret has left.

    The external events `ConsumersReady` and `Rollback` end a grace early.
    """
    progress = Progress(context)
    try:
        outcome = yield from _rotate(context, progress)
    except Conclusion as conclusion:
        outcome = conclusion.outcome
    except RefusedError as error:
        outcome = Outcome(OutcomeName.REFUSED, error.reason)
    output = progress.conclude(outcome)
    if outcome.fails:
        raise RotationFailed(f"{outcome.name}: {outcome.reason}")
    return output


def _rotate(context: df.DurableOrchestrationContext, progress: Progress) -> Generator[Any, Any, Outcome]:
    request = RotationRequest.from_json(context.get_input())
    progress.requested(request)
    plan = Plan.from_json((yield from take_step(context, progress, "read_metadata", {"request": request.to_json()})))
    progress.planned(plan)
    published = yield from _renew(context, progress, plan)
    if plan.retire_slot is not None:
        yield from _retire(context, progress, plan, published)
    return Outcome(plan.outcome)


def _renew(context: df.DurableOrchestrationContext, progress: Progress, plan: Plan) -> Generator[Any, Any, _Published]:
    """Steps 2 to 4."""
    current = _Published(plan.version)
    if plan.interim_slot is not None:
        current = yield from _publish(context, progress, plan, plan.interim_slot, current, interim=True)
        freed = now(context) + timedelta(seconds=plan.grace_seconds)
        yield from _grace(context, progress, plan, current, freed)
    if plan.regenerate:
        if plan.not_before is not None:
            progress.show("regenerate_key", waiting_for="the grace of the previous rotation", until=plan.not_before)
            yield from wait_until(context, plan.not_before)
        payload = {"plan": plan.to_json(), "expected_version": current.version}
        yield from take_step(context, progress, "regenerate_key", payload)
    if plan.publish:
        current = yield from _publish(context, progress, plan, plan.slot, current, interim=False)
    return current


def _publish(
    context: df.DurableOrchestrationContext,
    progress: Progress,
    plan: Plan,
    slot: str,
    current: _Published,
    *,
    interim: bool,
) -> Generator[Any, Any, _Published]:
    """Prove a slot's key and make it the current version; again, should the slot change in between."""
    for _ in range(_PUBLISH_CYCLES):
        payload: dict[str, Any] = {"plan": plan.to_json(), "slot": slot}
        proof = yield from take_step(context, progress, "verify_key", payload, VERIFY_BUDGET)
        progress.facts.update(verified=proof["verified"], note=proof["note"])
        payload |= {
            "fingerprint": proof["fingerprint"],
            "expected_version": current.version,
            "interim": interim,
        }
        written = yield from take_step(context, progress, "write_version", payload)
        if "version" in written:
            progress.facts.update(version=written["version"], expiresOn=written["expires_on"])
            return _Published(written["version"])
    raise Conclusion(OutcomeName.FAILED, f"{slot} was regenerated by somebody else each time it had been verified")


def _retire(
    context: df.DurableOrchestrationContext, progress: Progress, plan: Plan, published: _Published
) -> Generator[Any, Any, None]:
    """Step 5."""
    until = plan.retire_at or now(context) + timedelta(seconds=plan.grace_seconds)
    yield from _grace(context, progress, plan, published, until)
    swapped = yield from take_step(context, progress, "swap_slot", {"plan": plan.to_json()})
    progress.facts.update(retired=swapped["retired"])
    if "note" in swapped:
        progress.facts.update(note=swapped["note"])


def _grace(
    context: df.DurableOrchestrationContext,
    progress: Progress,
    plan: Plan,
    published: _Published,
    until: datetime,
) -> Generator[Any, Any, None]:
    """Let consumers pick the new version up; on `Rollback`, restore the previous one and end the rotation."""
    progress.show("grace", waiting_for=f"{CONSUMERS_READY}, {ROLLBACK} or the end of the grace", until=until)
    if (yield from grace(context, until)) is not GraceEnd.ROLLBACK:
        return
    payload = {"plan": plan.to_json(), "expected_version": published.version}
    restored = yield from take_step(context, progress, "restore_version", payload)
    progress.facts.update(version=restored["version"])
    raise Conclusion(OutcomeName.FAILED, f"rolled back on request: {plan.previous_version} restored")
