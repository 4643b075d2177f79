"""Durable waiting."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any

import azure.durable_functions as df

from rotation.actions import APPROVE, CONSUMERS_READY, REJECT, ROLLBACK
from rotation.consent import Answer, said

# The extension may fire a timer about a second early; asking for a second more mostly saves the second timer.
_EARLY = timedelta(seconds=1)

# Beyond 6 days the SDK (azure-functions-durable 1.7.0, LongTimerTask) makes a chain of timers whose `cancel` does not
# reach the open link: a finished instance would stay Running until that fires. So the chain is made here instead.
_LONGEST_TIMER = timedelta(days=3)


class GraceEnd(Enum):
    """What ended a grace."""

    ELAPSED = auto()
    CONSUMERS_READY = auto()
    ROLLBACK = auto()


def now(context: df.DurableOrchestrationContext) -> datetime:
    """Return the replayed present, aware."""
    present: datetime = context.current_utc_datetime
    return present if present.tzinfo else present.replace(tzinfo=UTC)


def wait_until(context: df.DurableOrchestrationContext, until: datetime) -> Generator[Any, Any, None]:
    """Wait for an instant that may be days away, and not a moment less."""
    while now(context) < until:
        yield _timer(context, until)


def grace(context: df.DurableOrchestrationContext, until: datetime) -> Generator[Any, Any, GraceEnd]:
    """Wait for the end of a grace, or for the event that cuts it short.

    Called once per instance at most: an external event that arrives before its wait is delivered to every later wait
    of that name.
    """
    ready = context.wait_for_external_event(CONSUMERS_READY)
    rollback = context.wait_for_external_event(ROLLBACK)
    winner = yield from _first(context, [rollback, ready], until)
    if winner is None:
        return GraceEnd.ELAPSED
    return GraceEnd.ROLLBACK if winner is rollback else GraceEnd.CONSUMERS_READY


def answer(context: df.DurableOrchestrationContext, until: datetime) -> Generator[Any, Any, tuple[Answer, str]]:
    """Wait for somebody's answer, and return it with what was said; called once per instance at most, like `grace`."""
    reject = context.wait_for_external_event(REJECT)
    approve = context.wait_for_external_event(APPROVE)
    winner = yield from _first(context, [reject, approve], until)
    if winner is None:
        return Answer.TIMED_OUT, ""
    return Answer.REJECTED if winner is reject else Answer.APPROVED, said(winner.result)


def _first(context: df.DurableOrchestrationContext, events: list[Any], until: datetime) -> Generator[Any, Any, Any]:
    """Return the first of some events; None if none comes in time."""
    while now(context) < until:
        timer = _timer(context, until)
        winner = yield context.task_any([*events, timer])
        if winner is timer:
            continue
        if not timer.is_completed:
            timer.cancel()  # an open timer keeps a finished instance Running until it fires
        return winner
    return None


def _timer(context: df.DurableOrchestrationContext, until: datetime) -> Any:
    left = min(until - now(context) + _EARLY, _LONGEST_TIMER)
    return context.create_timer(context.current_utc_datetime + left)
