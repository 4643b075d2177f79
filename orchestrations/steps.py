"""Takes one step: calls its activity until it is done, stopped, or out of budget."""

from collections.abc import Callable, Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from orchestrations.account_lock import AccountLock
from orchestrations.progress import Progress
from orchestrations.timers import now, wait_until
from rotation.outcomes import Conclusion, OutcomeName
from rotation.results import Done, Result, Retry, Stop, from_json
from rotation.waiting import delay

STEP_BUDGET = timedelta(hours=1)
# A service that says when to come back is well, and a burst of thousands may take hours to get through its limits.
THROTTLED_BUDGET = timedelta(hours=12)

Recheck = Callable[[], Generator[Any, Any, dict[str, Any] | None]]
"""Asked after each wait whether the step may still be taken; an answer takes the place of the step's."""


def take_step(
    context: df.DurableOrchestrationContext,
    progress: Progress,
    lock: AccountLock | None,
    activity: str,
    payload: dict[str, Any],
    budget: timedelta,
    recheck: Recheck | None = None,
) -> Generator[Any, Any, dict[str, Any]]:
    """Return what the activity answers once it is done.

    Raises:
        Conclusion: The activity stopped the rotation, or the budget is spent.
    """
    started = now(context)
    attempt = 0
    while True:
        attempt += 1
        if lock is not None:
            yield from lock.keep()
        progress.show(activity, attempt=attempt)
        match (yield from attempt_once(context, activity, payload, attempt)):
            case Done(value):
                return value
            case Stop(outcome, reason):
                raise Conclusion(outcome, f"{activity}: {reason}")
            case Retry() as retry:
                if retry.throttled:
                    progress.count("throttled")
                payload = payload | (retry.memo or {})
        wait = delay(attempt, f"{context.instance_id}/{activity}", retry.after)
        patience = budget if retry.budget is None else timedelta(seconds=retry.budget)
        # A hiccup hours into a long wait is judged by that wait.
        budget = max(budget, patience)
        if retry.throttled and retry.fallback is None:
            patience = max(patience, THROTTLED_BUDGET)
        if now(context) - started + wait > patience:
            if retry.fallback is not None:
                return retry.fallback
            reason = f"{activity}: gave up after attempt {attempt}: {retry.reason}"
            raise Conclusion(OutcomeName.FAILED, reason, passes=True)
        until = now(context) + wait
        progress.count("retries")
        progress.show(activity, attempt=attempt, waiting_for=retry.reason, until=until)
        yield from wait_until(context, until)
        instead = (yield from recheck()) if recheck else None
        if instead is not None:
            return instead


def attempt_once(
    context: df.DurableOrchestrationContext, activity: str, payload: dict[str, Any], attempt: int
) -> Generator[Any, Any, Result]:
    """Call an activity once, and return what it answers; a worker that died is worth another try."""
    known = {"now": now(context).isoformat(), "instance": context.instance_id, "attempt": attempt}
    try:
        answer = yield context.call_activity(activity, {**payload, **known})
    except Exception:
        # Its text is left alone: it may be kilobytes of traceback.
        return Retry("the worker stopped before it answered")
    return from_json(answer)
