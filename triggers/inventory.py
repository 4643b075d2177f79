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
from rotation.replication import differences, targets
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
    replicas = asyncio.gather(*(asyncio.to_thread(_list_copies, host, now) for host in _replica_hosts()))
    rotations, listed, copies = await asyncio.gather(latest(client, vault, secret), listing, replicas)
    by_host = {each.vault: each for each in copies}
    found = [
        (one, each)
        for one in listed
        for each in one.secrets
        if secret.casefold() in ("", each.name.casefold()) and (one.vault, each.name.casefold()) > (after or ("", ""))
    ]
    page = found[:top]
    shown: dict[str, Any] = {
        "asOf": shown_time(now),
        "secrets": [_standing(one, each, rotations, now) | _replicas(one, each, by_host) for one, each in page],
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


def _replica_hosts() -> list[str]:
    return sorted(bootstrap.settings().replica_vaults)


def _list_copies(host: str, now: datetime) -> _Listed:
    try:
        listing = bootstrap.copies().listing(host, now, since=now - _KEPT)
    except RotationError as error:
        return _Listed(host, reason=error.reason)
    return _Listed(host, listing.read_at, listing.secrets)


def _replicas(one: _Listed, secret: ListedSecret, copies: dict[str, _Listed]) -> dict[str, Any]:
    """Show how a secret's replicas stand, where it has any."""
    found = [
        _replica(one.vault, secret, copies[host]) for host in targets(secret.tags, bootstrap.settings().replica_vaults)
    ]
    return {"replicas": found} if found else {}


def _replica(vault: str, secret: ListedSecret, there: _Listed) -> dict[str, str]:
    if there.read_at is None:
        return {"vault": there.vault, "state": "unknown", "reason": there.reason}
    copy = next((each for each in there.secrets if each.name.casefold() == secret.name.casefold()), None)
    found = differences(vault, secret, copy)
    if not found:
        return {"vault": there.vault, "state": "equal"}
    return {"vault": there.vault, "state": "behind", "reason": f"differs: {', '.join(found)}"}


def _standing(one: _Listed, secret: ListedSecret, rotations: dict[tuple[str, str], Any], now: datetime) -> Any:
    last = rotations.get((one.vault, secret.name.casefold()))
    kinds, defaults = bootstrap.surroundings().kinds, bootstrap.settings().defaults
    return standing(one.vault, secret, one.read_at or now, last, now, kinds, defaults).to_json()
