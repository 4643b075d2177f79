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

Recheck = Callable[[], Generator[Any, Any, dict[str, Any] | None]]
"""Asked after each wait whether the step may still be taken; an answer takes the place of the step's."""


def take_step(
    context: df.DurableOrchestrationContext,
    progress: Progress,
    lock: AccountLock,
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
        yield from lock.keep()
        progress.show(activity, attempt=attempt)
        match (yield from _attempt(context, activity, payload)):
            case Done(value):
                return value
            case Stop(outcome, reason):
                raise Conclusion(outcome, f"{activity}: {reason}")
            case Retry() as retry:
                pass
        wait = delay(attempt, f"{context.instance_id}/{activity}", retry.after)
        patience = budget if retry.budget is None else timedelta(seconds=retry.budget)
        if now(context) - started + wait > patience:
            if retry.fallback is not None:
                return retry.fallback
            raise Conclusion(OutcomeName.FAILED, f"{activity}: gave up after attempt {attempt}: {retry.reason}")
        until = now(context) + wait
        progress.show(activity, attempt=attempt, waiting_for=retry.reason, until=until)
        yield from wait_until(context, until)
        instead = (yield from recheck()) if recheck else None
        if instead is not None:
            return instead


def _attempt(
    context: df.DurableOrchestrationContext, activity: str, payload: dict[str, Any]
) -> Generator[Any, Any, Result]:
    try:
        answer = yield context.call_activity(activity, {**payload, "now": now(context).isoformat()})
    except Exception:
        # Its text is left alone: it may be kilobytes of traceback.
        return Retry("the worker stopped before it answered")
    return from_json(answer)
