"""The orchestration that looks through every vault and through the task hub, and starts what it finds.

One generation looks at one page and hands over to the next, so that the history stays short whatever the number of
secrets, and an interruption costs a page at most. A vault that cannot be looked through is told in the report, and
stops nobody else's.
"""

from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from orchestrations import audit_trail
from orchestrations.progress import Progress
from orchestrations.steps import STEP_BUDGET, take_step
from orchestrations.timers import now, wait_until
from rotation import audit
from rotation.outcomes import Conclusion
from rotation.sweep import AGEING, REPLICAS, Report, Sweep
from rotation.waiting import delay

bp = df.Blueprint()

# How many are started by one activity, which must not take long.
_MOST_STARTS = 50

# How often one that fails for now is tried in a row; the next sweep tries it again.
_TRIES = 5

# After an outage, the work of a dead host is taken up again within minutes; what is on its way then is not stuck.
_SETTLING = timedelta(minutes=10)


class SweepFailed(Exception):  # noqa: N818 - the name is what operators read in the instance's output
    """Fails the instance, so that it is seen; the next sweep begins anew."""


@bp.orchestration_trigger(context_name="context")
def sweep_vaults(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any] | None]:
    """Sweep.

    1. begin_sweep: which vaults there are.
    2. find_due: what has expired, in each vault; then what is due, in each.
    3. find_ageing, start_renewals: certificates and keys, in each vault.
    4. find_drift, start_replications: replicas that differ, in each vault, where there are any.
    5. find_stuck: rotations that came to nothing for a reason that passes, or have stalled.
    6. start_rotations: those, as many at a time as may be; find_working says whose place has become free.
    """
    generation = _Generation(context)
    try:
        sweep = Sweep.from_json(context.get_input(), now(context)) or (yield from generation.begin())
        if sweep.looks:
            yield from generation.look(sweep)
    except Conclusion as conclusion:
        outcome = conclusion.outcome
        context.set_custom_status({**generation.progress.facts, "outcome": str(outcome.name), "reason": outcome.reason})
        raise SweepFailed(f"{outcome.name}: {outcome.reason}") from None
    if sweep.looks:
        context.continue_as_new(sweep.to_json(now(context)))
        return None
    return _conclude(context, sweep)


def _conclude(context: df.DurableOrchestrationContext, sweep: Sweep) -> dict[str, Any]:
    """Record the report and return it; the custom status has its numbers, since the size of that is limited."""
    report, ended = sweep.report, now(context)
    known = {"outcome": "swept", "since": sweep.since.isoformat(), "ended": ended.isoformat()}
    context.set_custom_status(known | report.totals())
    audit_trail.write(context, *audit.sweep(context.instance_id, sweep.since, report, ended))
    return known | report.to_json()


class _Generation:
    """One generation."""

    def __init__(self, context: df.DurableOrchestrationContext) -> None:
        self.context = context
        self.progress = Progress(context)

    def begin(self) -> Generator[Any, Any, Sweep]:
        """Step 1."""
        since = now(self.context)
        found = yield from self.step("begin_sweep", {})
        return Sweep.over(found["vaults"], found["most_at_work"], since, copied=found.get("copied", False))

    def look(self, sweep: Sweep) -> Generator[Any, Any, None]:
        """One of the steps 2 to 5, and 6 for what was found."""
        self._show(sweep)
        look, report = sweep.looks[0], sweep.report
        payload = {"after": sweep.after, "most": sweep.page, "since": sweep.since.isoformat()}
        try:
            if look.kind == "stuck":
                yield from self._settle(sweep)
                found = yield from self.step("find_stuck", payload)
            elif look.kind == AGEING:
                found = yield from self.step("find_ageing", {**payload, "vault": look.vault})
            elif look.kind == REPLICAS:
                found = yield from self.step("find_drift", {**payload, "vault": look.vault})
            else:
                expired = look.kind == "expired"
                found = yield from self.step("find_due", {**payload, "vault": look.vault, "expired": expired})
        except Conclusion as conclusion:
            sweep.give_up(conclusion.outcome.reason)
            return
        report.found(look, found)
        if found.get("leftovers"):
            yield from self._tidy(report, look.vault, found["leftovers"])
        yield from self._start(sweep, found["wishes"])
        sweep.looked(found["after"])

    def _tidy(self, report: Report, vault: str, names: list[str]) -> Generator[Any, Any, None]:
        """Remove what rotations have left behind; whatever stays is the next sweep's."""
        try:
            yield from self.step("remove_pending", {"vault": vault, "names": names})
        except Conclusion as conclusion:
            report.tell(vault, names[0], conclusion.outcome.reason)

    def step(self, activity: str, payload: dict[str, Any]) -> Generator[Any, Any, dict[str, Any]]:
        """Take one step; a sweep holds no account's lock."""
        return (yield from take_step(self.context, self.progress, None, activity, payload, STEP_BUDGET))

    def _settle(self, sweep: Sweep) -> Generator[Any, Any, None]:
        """After an outage, give everything time to move again before it is called stuck."""
        until = sweep.since + _SETTLING
        if now(self.context) < until:
            self.progress.show("find_stuck", waiting_for="what moves by itself", until=until)
            yield from wait_until(self.context, until)

    def _start(self, sweep: Sweep, wishes: list[dict[str, str]]) -> Generator[Any, Any, None]:
        """Start what was found; replications are quick and renewals slow, so these ask for a place only."""
        attempt = 0
        while wishes:
            many = min(sweep.places(len(wishes)), _MOST_STARTS)
            if many:
                yield from self._start_some(sweep, wishes[:many])
                wishes, attempt = wishes[many:], 0
                continue
            if attempt:
                until = now(self.context) + delay(attempt, f"{self.context.instance_id}/places")
                self.progress.show("start_rotations", waiting_for="MAX_CONCURRENT_ROTATIONS", until=until)
                yield from wait_until(self.context, until)
            asked = yield from self.step("find_working", {"instances": sweep.at_work})
            sweep.at_work = asked["working"]
            attempt += 1

    def _start_some(self, sweep: Sweep, wishes: list[dict[str, str]]) -> Generator[Any, Any, None]:
        """Start as many as there are places for; one that fails is tried again for a minute or so, then told."""
        for attempt in range(1, _TRIES + 1):
            payload = {"wishes": wishes, "since": sweep.since.isoformat()}
            try:
                if sweep.looks[0].kind == REPLICAS:
                    started = yield from self.step("start_replications", payload)
                elif sweep.looks[0].kind == AGEING:
                    started = yield from self.step("start_renewals", payload)
                else:
                    started = yield from self.step("start_rotations", payload)
            except Conclusion as conclusion:
                wishes = [{**wish, "reason": conclusion.outcome.reason} for wish in wishes]
                break
            sweep.started(started["told"])
            self._show(sweep)
            wishes = started["again"]
            if not wishes:
                return
            until = now(self.context) + delay(attempt, f"{self.context.instance_id}/starts", started["after"])
            self.progress.show("start_rotations", attempt=attempt, waiting_for=wishes[0]["reason"], until=until)
            yield from wait_until(self.context, until)
        for wish in wishes:
            sweep.report.tell(wish["vault"], wish["secret"], wish["reason"])

    def _show(self, sweep: Sweep) -> None:
        look = sweep.looks[0]
        self.progress.facts.update(
            since=sweep.since.isoformat(), looksFor=look.kind, vault=look.vault, **sweep.report.totals()
        )
