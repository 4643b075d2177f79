"""The orchestration that brings one new version of a secret to those who use it, whoever wrote it.

It never touches the secret nor its provider, and no rotation waits for it: a rotation looks for itself who holds a slot
before it regenerates that.
"""

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df

from orchestrations import audit_trail
from orchestrations.progress import Progress
from orchestrations.steps import STEP_BUDGET, take_step
from orchestrations.timers import now, wait_until
from rotation import audit
from rotation.failures import RefusedError
from rotation.outcomes import Conclusion, Outcome, OutcomeName
from rotation.refreshing import BEHIND, BUDGET, READY, Refreshing
from rotation.request import RotationRequest
from rotation.results import Retry, from_json

bp = df.Blueprint()

_AT_ONCE = 10


class RefreshFailed(Exception):  # noqa: N818 - the name is what operators read in the instance's output
    """Fails the instance, so that it is seen; a restart begins anew."""


@bp.orchestration_trigger(context_name="context")
def refresh_consumers(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any]]:
    """Bring the version that the input names to the secret's consumers.

    1. find_consumers: who they are.
    2. Round by round, for each that has not got it: refresh_consumer, or move_reference where a setting pins another
       version and may be moved. What fails for one is told of that one.
    3. tell_rotation: when everybody has it, and the secret's tags want the previous credential to go then.
    """
    run = _Refresh(context)
    try:
        return (yield from run.to_its_end(RotationRequest.from_json(context.get_input())))
    except RefusedError as error:
        outcome = Outcome(OutcomeName.REFUSED, error.reason)
    except Conclusion as conclusion:
        outcome = conclusion.outcome
    shown = {**run.progress.facts, **outcome.to_json()}
    context.set_custom_status(shown)
    if outcome.fails:
        raise RefreshFailed(f"{outcome.name}: {outcome.reason}")
    return shown


class _Refresh:
    """One version under way."""

    def __init__(self, context: df.DurableOrchestrationContext) -> None:
        self.context = context
        self.progress = Progress(context)

    def to_its_end(self, request: RotationRequest) -> Generator[Any, Any, dict[str, Any]]:
        """Take the three steps and tell what came of them."""
        began, asked = now(self.context), {"request": request.to_json()}
        self.progress.facts.update(vault=request.vault, secret=request.secret, version=request.version)
        refreshing = Refreshing.of((yield from self.step("find_consumers", asked)))
        yield from self._rounds(refreshing, asked)
        if refreshing.outcome == BEHIND:
            # Who is on a still newer version is not behind.
            yield from self.step("find_consumers", asked)
        if refreshing.outcome == READY and refreshing.rotation:
            yield from self.step("tell_rotation", {"rotation": refreshing.rotation})
        ended = {**self.progress.facts, **refreshing.totals(), "outcome": refreshing.outcome}
        self.context.set_custom_status({**ended, "standings": refreshing.shown()})
        record = audit.refresh(self.context.instance_id, request, refreshing, now(self.context) - began)
        audit_trail.write(self.context, record)
        return {**ended, "standings": refreshing.shown(None)}

    def _rounds(self, refreshing: Refreshing, asked: dict[str, Any]) -> Generator[Any, Any, None]:
        """Step 2."""
        deadline = now(self.context) + BUDGET
        attempt = 0
        while refreshing.waiting:
            attempt += 1
            longest = 0.0
            waiting = list(refreshing.waiting)
            known = {**asked, "instance": self.context.instance_id, "attempt": attempt}
            for begin in range(0, len(waiting), _AT_ONCE):
                longest = max(longest, (yield from self._some(refreshing, waiting[begin : begin + _AT_ONCE], known)))
            self.progress.facts.update(refreshing.totals(), standings=refreshing.shown())
            until = now(self.context) + refreshing.wait(attempt, self.context.instance_id, longest)
            if not refreshing.waiting or until > deadline:
                return
            self.progress.show("refresh_consumer", attempt=attempt, waiting_for="consumers", until=until)
            yield from wait_until(self.context, until)

    def _some(self, refreshing: Refreshing, consumers: list[str], known: dict[str, Any]) -> Generator[Any, Any, float]:
        """Ask some at once, and return the longest wait that any of them asked for, in seconds."""
        tasks = []
        for consumer in consumers:
            payload = {**refreshing.told(consumer), **known, "now": now(self.context).isoformat()}
            if refreshing.moves(consumer):
                tasks.append(self.context.call_activity("move_reference", payload))
            else:
                tasks.append(self.context.call_activity("refresh_consumer", payload))
        try:
            answers = yield self.context.task_all(tasks)
        except Exception:
            # A worker died: each of them is asked again, and asks first whether it is already done.
            return 0.0
        results = [from_json(answer) for answer in answers]
        for consumer, result in zip(consumers, results, strict=True):
            refreshing.heard(consumer, result)
        return max((each.after or 0.0 for each in results if isinstance(each, Retry)), default=0.0)

    def step(self, activity: str, payload: dict[str, Any]) -> Generator[Any, Any, dict[str, Any]]:
        """Take one step; no account's lock is held."""
        return (yield from take_step(self.context, self.progress, None, activity, payload, STEP_BUDGET))
