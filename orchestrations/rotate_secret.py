"""The orchestration that rotates one version of one secret.

Until step 5 has written, the vault still names the live slot, which nobody touches: there is nothing to undo. Each
step first asks whether it is already done, so that the instance may be repeated or restarted at any point.

The account's lock is held from planning to writing and again while a slot is retired, never during a grace: whoever
gets it afterwards finds what the checks inside each activity find.
"""

from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

from orchestrations.consent import grace_end, in_window, with_consent
from orchestrations.run import Run
from orchestrations.timers import now
from rotation.outcomes import Conclusion, Outcome, OutcomeName
from rotation.plan import Plan
from rotation.request import RotationRequest

bp = df.Blueprint()

_FREEING_CYCLES = 4


@bp.orchestration_trigger(context_name="context")
def rotate_secret(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any]]:
    """Rotate what the input names.

    1. read_metadata: plan, or end here; under the account's lock.
    2. find_neighbours, move_secret: nobody else may live on the slot that is about to be regenerated.
    3. Pinned secrets leave their slot; whoever left a slot is given a grace.
    4. regenerate_key: the slot that nobody lives on.
    5. verify_key, write_version: publish it.
    6. After a grace, swap_slot: retire the slot that the secret has left.

    The external events `ConsumersReady` and `Rollback` end the grace of this secret's own new version early.
    """
    run = Run(context)
    return (yield from run.to_its_end(with_consent(run, _rotate)))


def _rotate(run: Run) -> Generator[Any, Any, Outcome]:
    request = RotationRequest.from_json(run.context.get_input())
    run.progress.requested(request)
    plan = yield from _plan(run, request)
    run.progress.planned(plan)
    version = plan.version
    if plan.regenerate:
        version = yield from _regenerate(run, plan)
    if plan.publish:
        version = yield from run.publish(plan, plan.slot, version)
    run.lock.release()
    if plan.retire_slot is not None:
        yield from _retire(run, plan, version)
    return Outcome(plan.outcome)


def _plan(run: Run, request: RotationRequest) -> Generator[Any, Any, Plan]:
    """Step 1. The account is known only from the plan; one made before the last owner let go is made anew."""
    payload = {"request": request.to_json()}
    while True:
        planned_at = now(run.context)
        plan = Plan.from_json((yield from run.step("read_metadata", payload)))
        run.go_on_if_approved(plan, plan.approval_seconds)
        lease = yield from run.lock.acquire(plan.lock)
        if lease.freed is None or lease.freed < planned_at:
            return plan
        again = Plan.from_json((yield from run.step("read_metadata", payload)))
        if again.lock == plan.lock:
            return again
        run.lock.release()


def _regenerate(run: Run, plan: Plan) -> Generator[Any, Any, str]:
    """Steps 2 to 4: regenerate the plan's slot once nobody lives on it nor may hold its key.

    Returns the current version.
    """
    version = plan.version
    if plan.interim_slot is not None:
        version = yield from run.publish(plan, plan.interim_slot, version, interim=True)
        free_from = yield from run.make_way(plan)
        yield from run.grace(plan, version, now(run.context) + timedelta(seconds=plan.grace_seconds))
        run.go_on_if_without_window(plan)
    else:
        free_from = max((yield from run.make_way(plan)), plan.not_before or now(run.context))

    def look_again() -> Generator[Any, Any, dict[str, Any] | None]:
        free_again = yield from run.make_way(plan)
        return {"free_from": free_again.isoformat()} if free_again > now(run.context) else None

    payload = {"plan": plan.to_json(), "expected_version": version}
    for _ in range(_FREEING_CYCLES):
        if run.lock.is_held and free_from <= now(run.context):
            # A throttled step may be an hour old by the time it gets through: long enough for somebody to move in.
            done = yield from run.step("regenerate_key", payload, recheck=look_again)
            run.go_on_if_open(plan, done)
            if "free_from" not in done:
                return version
            free_from = datetime.fromisoformat(done["free_from"])
        yield from run.pause(free_from, plan.slot)
        # Others worked on the account while the lock was free, and may have moved in.
        yield from run.lock.acquire(plan.lock)
        free_from = yield from run.make_way(plan)
    reason = run.held or f"{plan.slot} was taken by another secret each time it had been freed"
    raise Conclusion(OutcomeName.FAILED, reason, passes=True)


def _retire(run: Run, plan: Plan, version: str) -> Generator[Any, Any, None]:
    """Step 6."""
    until = plan.retire_at or now(run.context) + timedelta(seconds=plan.grace_seconds)
    yield from run.grace(plan, version, (yield from grace_end(run, plan, until)))
    swapped: dict[str, Any] = {}
    for _ in range(_FREEING_CYCLES):
        closes = yield from in_window(run, plan)
        yield from run.lock.acquire(plan.lock)
        tenants, free_from = yield from run.neighbours(plan, plan.retire_slot)
        if tenants:
            names = ", ".join(tenant.secret for tenant in tenants)
            swapped = {"retired": False, "note": f"{names} lives on {plan.retire_slot}"}
            break
        if free_from <= now(run.context):
            done = yield from run.step("swap_slot", {"plan": plan.to_json(), "closes": closes})
            if "closed" not in done:
                swapped = done
                break
        yield from run.pause(free_from, plan.retire_slot)
    kept = {"retired": False, "note": run.held or f"others kept leaving {plan.retire_slot}"}
    run.progress.facts.update(swapped or kept)
