"""Lets one site read its references again, unless it has the new version; the platform lets container apps do so."""

from datetime import datetime
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from azure_clients.consumers import is_site
from rotation.consumers import ABSENT, Consumer, Current, Standing, State, standing
from rotation.refreshing import is_due
from rotation.request import RotationRequest
from rotation.results import Done

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
def refresh_consumer(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Answer with how the consumer stands to the version, and whether it may still get it."""
    return shell.run("refresh_consumer", _refresh_consumer, payload)


def _refresh_consumer(payload: dict[str, Any]) -> Done:
    request, now = RotationRequest.from_json(payload["request"]), datetime.fromisoformat(payload["now"])
    current = Current(request.version, datetime.fromisoformat(payload["created_on"]))
    consumer = bootstrap.consumers().look(payload["consumer"], now).of(request.vault, request.secret)
    stands = standing(consumer, current, now)
    if stands is None:
        gone = Standing(payload["consumer"], ABSENT, reason="it does not refer to the secret")
        return Done({"standing": gone.to_json(), "open": False})
    lags = _lags(consumer, current, now)
    moves = payload["move"] and stands.movable
    answer = {"standing": stands.to_json(), "open": lags or moves}
    if lags and is_site(consumer.id) and is_due(payload["asked"], now):
        bootstrap.consumers().refresh(consumer.id)
        answer["asked"] = now.isoformat()
    return Done(answer)


def _lags(consumer: Consumer, current: Current, now: datetime) -> bool:
    """Tell whether reading again may bring it on."""
    states = {use.stands(current, now)[0] for use in consumer.uses}
    return bool(states & {State.BEHIND, State.UNKNOWN, State.UNRESOLVED})
