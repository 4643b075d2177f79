"""What the HTTP API answers about secrets: how each of them stands."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df
import azure.functions as func

import bootstrap
from rotation.failures import RotationError
from rotation.history import shown_time
from rotation.listing import ListedSecret
from rotation.paging import token
from rotation.standing import standing
from task_hub.listing import latest
from triggers.problems import answer
from triggers.reading import Query

MOST_LISTED = 10_000
USUALLY_LISTED = 1000
# Rotations can work with a listing that is minutes old; people look at what they have just changed.
_KEPT = timedelta(seconds=30)


@dataclass(frozen=True)
class _Listed:
    """One vault, listed or not."""

    vault: str
    read_at: datetime | None = None
    secrets: list[ListedSecret] = field(default_factory=list)
    reason: str = ""
    """Why it could not be listed."""


async def list_secrets(request: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """List the secrets of one vault or of all, by vault and name, each with its latest rotation."""
    query = Query(request, ("vault", "secret", "top", "continuationToken"))
    vault, secret = query.vault(), query.secret()
    top, after = query.number("top", 1, MOST_LISTED, USUALLY_LISTED), query.names()
    query.done()
    now = bootstrap.now()
    hosts = [vault] if vault else sorted(bootstrap.settings().vaults)
    listing = asyncio.gather(*(asyncio.to_thread(_list, host, now) for host in hosts))
    rotations, listed = await asyncio.gather(latest(client, vault, secret), listing)
    found = [
        (one, each)
        for one in listed
        for each in one.secrets
        if secret.casefold() in ("", each.name.casefold()) and (one.vault, each.name.casefold()) > (after or ("", ""))
    ]
    page = found[:top]
    shown: dict[str, Any] = {
        "asOf": shown_time(now),
        "secrets": [_standing(one, each, rotations, now) for one, each in page],
        "unreachable": [{"vault": one.vault, "reason": one.reason} for one in listed if one.read_at is None],
    }
    if len(found) > top:
        one, each = page[-1]
        shown["continuationToken"] = token(one.vault, each.name.casefold())
    return answer(shown)


def _list(host: str, now: datetime) -> _Listed:
    try:
        listing = bootstrap.inventory().listing(host, now, since=now - _KEPT)
    except RotationError as error:
        return _Listed(host, reason=error.reason)
    return _Listed(host, listing.read_at, listing.secrets)


def _standing(one: _Listed, secret: ListedSecret, rotations: dict[tuple[str, str], Any], now: datetime) -> Any:
    last = rotations.get((one.vault, secret.name.casefold()))
    kinds, defaults = bootstrap.surroundings().kinds, bootstrap.settings().defaults
    return standing(one.vault, secret, one.read_at or now, last, now, kinds, defaults).to_json()
