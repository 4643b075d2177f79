"""What the HTTP API answers about a rotation that has not been asked for: what it would do. Changes nothing.

It looks with the eyes of the rotation itself: the bodies of the two activities that only read.
"""

import asyncio
from datetime import datetime
from typing import Any

import azure.functions as func

import bootstrap
from activities import find_neighbours, read_metadata
from rotation.consumers import read_ids
from rotation.failures import DisabledError, RotationError, TransientError
from rotation.history import shown_time
from rotation.model import SecretVersion
from rotation.neighbours import Neighbour
from rotation.outcomes import Conclusion, Outcome, OutcomeName
from rotation.plan import Plan
from rotation.policy_tags import parse_policy
from rotation.preview import Followers, Look, preview
from rotation.replication import targets
from rotation.request import RotationRequest
from rotation.results import Done, Result, Retry, Stop
from rotation.tags import CONSUMERS
from triggers.problems import answer
from triggers.reading import Query


async def plan_rotation(request: func.HttpRequest) -> func.HttpResponse:
    """Say what a rotation of a secret's current version would do now, call by call, or why it would not."""
    query = Query(request, ("vault", "secret", "force"))
    vault, secret = query.vault(required=True), query.secret(required=True)
    force = query.flag("force")
    query.done()
    return answer(await asyncio.to_thread(_plan_rotation, vault, secret, force, bootstrap.now()))


def _plan_rotation(vault: str, secret: str, force: bool, now: datetime) -> dict[str, Any]:
    shown = {"asOf": shown_time(now), "vault": vault, "secret": secret}
    try:
        current = bootstrap.key_vault(vault).read(secret)
    except DisabledError:
        skipped = Outcome(OutcomeName.SKIPPED, "the secret's newest version is disabled")
        return shown | {"version": None} | _ended(skipped, [])
    planned = _planned(RotationRequest(vault, secret, current.version, force), now)
    if not isinstance(planned, Plan):
        return shown | {"version": current.version} | _ended(planned, _complaints(current, planned))
    told = _told(planned, _followers(planned, current, now), now)
    return shown | {"version": current.version} | told


def _planned(request: RotationRequest, now: datetime) -> Plan | Outcome:
    try:
        result = read_metadata.plan(request, now)
    except Conclusion as conclusion:
        return conclusion.outcome
    except TransientError:
        raise
    except RotationError as error:
        return Outcome(OutcomeName.REFUSED, error.reason)
    match result:
        case Stop(outcome, reason):
            return Outcome(outcome, reason)
        case _:
            return Plan.from_json(_value(result))


def _told(plan: Plan, followers: Followers, now: datetime) -> dict[str, Any]:
    taken = _look(plan, plan.slot, now) if plan.regenerate else Look()
    if taken.refused:
        return _ended(Outcome(OutcomeName.REFUSED, taken.refused), [taken.refused])
    left = _look(plan, plan.retire_slot, now) if plan.retire_slot else Look()
    outcome = Outcome(OutcomeName.REFUSED, left.refused) if left.refused else Outcome(plan.outcome)
    words = bootstrap.provider(plan.provider, plan.subject).words(plan.probe_endpoint)
    told = preview(plan, words, sorted(bootstrap.settings().vaults), taken, left, followers, now)
    known = {
        "provider": plan.provider,
        "slot": plan.slot,
        "previousSlot": plan.live_slot,
        "window": plan.window,
        "windowOpens": shown_time(plan.opens) if plan.opens and plan.opens > now else None,
        "hurry": plan.hurry or None,
        "approval": True if plan.approval_seconds is not None else None,
    }
    return {
        **_ended(outcome, [left.refused] if left.refused else []),
        **{name: value for name, value in known.items() if value is not None},
        "moves": [{"vault": neighbour.vault, "secret": neighbour.secret} for neighbour in taken.neighbours],
        "steps": [step.to_json() for step in told.steps],
    }


def _followers(plan: Plan, current: SecretVersion, now: datetime) -> Followers:
    """Find out who gets a new version; that they cannot be asked keeps no rotation back."""
    replicas = targets(current.tags, bootstrap.settings().replica_vaults)
    named, _ = read_ids(current.tags.get(CONSUMERS, ""))
    try:
        consumers = bootstrap.consumers().of(plan.vault, plan.secret, named, now)
    except RotationError as error:
        return Followers(replicas, note=f"its consumers cannot be looked for ({error.reason})")
    return Followers(replicas, [consumer.name for consumer in consumers])


def _look(plan: Plan, slot: str, now: datetime) -> Look:
    try:
        result = find_neighbours.look(plan, slot, now)
    except TransientError:
        raise
    except RotationError as error:
        return Look(refused=error.reason)
    found = _value(result)
    neighbours = [Neighbour.from_json(neighbour) for neighbour in found["neighbours"]]
    return Look(neighbours, datetime.fromisoformat(found["free_from"]), found.get("held") or found.get("note"))


def _value(result: Result) -> dict[str, Any]:
    """Return what a step would go on with: at once, or after it has waited in vain."""
    match result:
        case Done(value):
            return value
        case Retry(reason, after, fallback=None):
            raise TransientError(reason, after)
        case Retry(fallback=dict(fallback)):
            return fallback
    raise TransientError("the step would end here")


def _ended(outcome: Outcome, complaints: list[str]) -> dict[str, Any]:
    reason = {"reason": outcome.reason} if outcome.reason else {}
    return {"outcome": str(outcome.name), **reason, "complaints": complaints, "moves": [], "steps": []}


def _complaints(current: SecretVersion, outcome: Outcome) -> list[str]:
    """Return every reason of a refusal: one for each of the tags that is wrong."""
    if outcome.name is not OutcomeName.REFUSED:
        return []
    kinds, defaults = bootstrap.surroundings().kinds, bootstrap.settings().defaults
    policy = parse_policy(current.tags, current.content_type, kinds, defaults)
    return policy if isinstance(policy, list) else [outcome.reason]
