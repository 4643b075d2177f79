"""Waits for a rotation's window and for somebody's approval: without the account's lock, and then it is planned anew.

A rotation that is planned anew is one that is started again: each step first asks whether it is already done.
"""

from collections.abc import Callable, Generator
from datetime import datetime
from typing import Any

from orchestrations import audit_trail
from orchestrations.run import Run
from orchestrations.timers import answer, now, wait_until
from rotation import audit
from rotation.consent import Answer, AskFirst, NotNow
from rotation.instance import APPROVAL, WINDOW
from rotation.outcomes import Conclusion, Outcome, OutcomeName
from rotation.plan import Plan


def with_consent(run: Run, body: Callable[[Run], Generator[Any, Any, Outcome]]) -> Generator[Any, Any, Outcome]:
    """Take a body to its end, however often it has to wait and begin anew."""
    while True:
        wait: NotNow | AskFirst
        try:
            return (yield from body(run))
        except (NotNow, AskFirst) as not_yet:
            wait = not_yet
        run.lock.release()
        if isinstance(wait, NotNow):
            yield from _wait_for_window(run, wait)
        else:
            yield from _ask(run, wait)


def grace_end(run: Run, plan: Plan, until: datetime) -> Generator[Any, Any, datetime]:
    """Return when a grace ends that may end at a given moment: once the window is open then, or opens next."""
    opens, _ = yield from _opening(run, plan, until)
    return max(until, opens or until)


def in_window(run: Run, plan: Plan) -> Generator[Any, Any, str | None]:
    """Wait until the previous slot may be retired, and return until when, in ISO 8601; None: without such a limit."""
    while True:
        opens, closes = yield from _opening(run, plan, now(run.context))
        if opens is None or opens <= now(run.context):
            return closes
        run.lock.release()
        yield from _wait_for_window(run, NotNow(opens, f"its window: {plan.window}"))


def _opening(run: Run, plan: Plan, moment: datetime) -> Generator[Any, Any, tuple[datetime | None, str | None]]:
    if plan.window is None:
        return None, None
    found = yield from run.step("find_window", {"plan": plan.to_json(), "at": moment.isoformat()})
    return (datetime.fromisoformat(found["opens"]) if found["opens"] else None), found["closes"]


def _wait_for_window(run: Run, wait: NotNow) -> Generator[Any, Any, None]:
    since = now(run.context)
    if wait.until <= since:
        return
    run.progress.show(WINDOW, waiting_for=wait.waiting_for, until=wait.until)
    _record(run, WINDOW, "begun", wait.until, wait.waiting_for)
    yield from wait_until(run.context, wait.until)
    run.progress.waited_for_consent(since)
    _record(run, WINDOW, "over", None, wait.waiting_for)


def _ask(run: Run, wait: AskFirst) -> Generator[Any, Any, None]:
    """Wait for an answer; asked once at most.

    Raises:
        Conclusion: Somebody has rejected it, or nobody has answered.
    """
    run.progress.planned(wait.plan)
    since = now(run.context)
    until = since + wait.patience
    run.progress.show(APPROVAL, waiting_for=wait.waiting_for, until=until)
    _record(run, APPROVAL, "begun", until, wait.waiting_for, late=wait.plan.late)
    given, reason = yield from answer(run.context, until)
    run.progress.waited_for_consent(since)
    told = f"{given} on {now(run.context).isoformat(timespec='seconds')}" + (f": {reason}" if reason else "")
    run.progress.facts["approval"] = told
    _record(run, APPROVAL, given, None, reason)
    if given is Answer.APPROVED:
        run.is_approved = True
        return
    if given is Answer.REJECTED:
        run.progress.facts["asksAgain"] = (now(run.context) + wait.patience).isoformat()
        raise Conclusion(OutcomeName.REFUSED, f"rejected: {reason or 'no reason given'}")
    raise Conclusion(
        OutcomeName.REFUSED, f"nobody approved it within {wait.patience}: an event or the sweep asks again"
    )


def _record(run: Run, what: str, result: str, until: datetime | None, reason: str, *, late: bool = False) -> None:
    record = audit.wait(run.context.instance_id, run.progress.request, what, result, until, reason, late=late)
    audit_trail.write(run.context, record)
