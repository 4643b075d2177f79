"""What the HTTP API answers about rotations: start, list, look at, and drive them."""

import asyncio
import logging
from http import HTTPStatus
from typing import Any

import azure.durable_functions as df
import azure.functions as func

import bootstrap
from rotation import audit
from rotation.actions import EVENTS, Action, effect, in_open_grace, possible, why_not
from rotation.failures import RefusedError
from rotation.ids import INSTANCE_ID, instance_id
from rotation.instance import STATUSES, Instance
from rotation.model import SecretVersion
from rotation.outcomes import Conclusion, OutcomeName
from rotation.policy_tags import parse_policy
from rotation.refusals import check_secret, check_wanted
from rotation.request import RotationRequest
from rotation.restoring import Restoration
from rotation.situation import Situation
from rotation.view import summary, whole
from task_hub import acting
from task_hub.instances import find
from task_hub.listing import Wanted, newest
from task_hub.starting import Start, start
from triggers.problems import Problem, answer, invalid
from triggers.reading import Body, Query

_audit = logging.getLogger(audit.LOGGER)

MOST_LISTED = 500
USUALLY_LISTED = 50
_BY_HAND = "HTTP request"
_RETRY_AFTER = {"Retry-After": "10"}
_RESTORING = "an instance of its own writes the previous version's value as a new version, if its key is still accepted"


async def start_rotation(request: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Start the rotation of a secret's current version, or join the one that is under way."""
    body = Body(request, ("vault", "secret", "force", "reason"))
    vault, secret = body.vault(required=True), body.secret(required=True)
    force, reason = body.flag("force"), body.reason()
    body.done()
    current = await asyncio.to_thread(bootstrap.key_vault(vault).read, secret)
    wish = RotationRequest(vault, secret, current.version, force, reason or _BY_HAND)
    instance = instance_id(wish)
    standing = await find(client, instance)
    if standing is None or not standing.is_in_hand:
        _check(wish, current)
    started = await start(client, wish, reopen=force)
    standing = await find(client, instance)
    if started is Start.SETTLED:
        outcome = standing.outcome if standing else None
        told = f"the rotation of this version has ended as {outcome or 'completed'}: send force to start it again"
        raise Problem(HTTPStatus.CONFLICT, told, outcome=outcome or "completed")
    shown = {
        "id": instance,
        "vault": vault,
        "secret": secret,
        "version": current.version,
        "start": started.value,
        "status": standing.status if standing else "Pending",
    }
    location = client.get_client_response_links(request, instance)["statusQueryGetUri"]
    return answer(shown, HTTPStatus.ACCEPTED, {"Location": location, **_RETRY_AFTER})


def _check(wish: RotationRequest, current: SecretVersion) -> None:
    """Say at once what the rotation would end with in its first step, as far as the secret itself tells."""
    surroundings, defaults = bootstrap.surroundings(), bootstrap.settings().defaults
    try:
        check_wanted(current)
        policy = parse_policy(current.tags, current.content_type, surroundings.kinds, defaults)
        if isinstance(policy, list):
            raise invalid(policy)
        check_secret(Situation(wish, current, bootstrap.now()), surroundings, defaults)
    except Conclusion as conclusion:
        outcome = conclusion.outcome
        remedy = ": send force to rotate it all the same" if outcome.name is OutcomeName.NOT_DUE else ""
        raise Problem(HTTPStatus.CONFLICT, outcome.reason + remedy, outcome=str(outcome.name)) from None
    except RefusedError as error:
        raise Problem(HTTPStatus.CONFLICT, error.reason, outcome=str(OutcomeName.REFUSED)) from None


async def list_rotations(request: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """List rotations, newest first."""
    query = Query(request, ("vault", "secret", "status", "outcome", "from", "top", "continuationToken"))
    wanted = Wanted(
        vault=query.vault(),
        secret=query.secret(),
        statuses=query.words("status", STATUSES),
        outcomes=query.words("outcome", [name.value for name in OutcomeName]),
        created_from=query.moment("from"),
    )
    top, before = query.number("top", 1, MOST_LISTED, USUALLY_LISTED), query.place()
    query.done()
    found, token = await newest(client, wanted, top, before)
    shown: dict[str, Any] = {"rotations": [summary(instance) for instance in found]}
    return answer(shown | ({"continuationToken": token} if token else {}))


async def get_rotation(request: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Show one rotation, step by step."""
    Query(request, ()).done()
    return answer(whole(await _found(request, client, history=True)))


async def act(request: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Do something about one rotation, or say why that is not possible in its present state."""
    if request.route_params["verb"] not in list(Action):
        raise Problem(HTTPStatus.NOT_FOUND, f"there is no such action, expected {', '.join(Action)}")
    action = Action(request.route_params["verb"])
    body = Body(request, ("reason",))
    reason = body.reason()
    body.done()
    instance = await _found(request, client)
    if action not in possible(instance):
        raise _conflict(instance, why_not(action, instance))
    shown = {"id": instance.id, "did": effect(action)}
    if action is Action.ROLLBACK and not in_open_grace(instance):
        restoring = await _roll_back(client, instance, reason)
        shown |= {"did": _RESTORING, "instance": restoring}
    elif not await _done(client, action, instance.id, reason):
        raise _conflict(instance, "its state has changed just now: look at it again")
    record = audit.action(instance.id, instance.request, action, reason)
    _audit.log(record.level, record.line)
    return answer(shown, HTTPStatus.ACCEPTED)


async def _done(client: df.DurableOrchestrationClient, action: Action, instance: str, reason: str) -> bool:
    match action:
        case Action.RESTART:
            return await acting.restart(client, instance)
        case Action.CANCEL:
            return await acting.terminate(client, instance, reason or _BY_HAND)
        case _:
            return await acting.raise_event(client, instance, EVENTS[action], reason or _BY_HAND)


async def _roll_back(client: df.DurableOrchestrationClient, instance: Instance, reason: str) -> str:
    request = instance.request
    if request is None:
        raise _conflict(instance, "its input does not say which secret it is about")
    current = await asyncio.to_thread(bootstrap.key_vault(request.vault).read, request.secret)
    restoration = Restoration.of_ended(instance, request, reason or _BY_HAND)
    if current.version != restoration.version:
        raise _conflict(instance, f"version {current.version} has replaced what it has written")
    return await acting.restore(client, instance.id, restoration)


async def _found(
    request: func.HttpRequest, client: df.DurableOrchestrationClient, *, history: bool = False
) -> Instance:
    wanted = request.route_params["id"]
    # Whatever else an id may be, it does not get as far as a URL.
    found = await find(client, wanted, history=history) if INSTANCE_ID.fullmatch(wanted) else None
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "there is no such rotation")
    return found


def _conflict(instance: Instance, reason: str) -> Problem:
    return Problem(HTTPStatus.CONFLICT, reason, can=[str(action) for action in possible(instance)])
