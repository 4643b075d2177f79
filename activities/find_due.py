"""Looks through one vault for what is due; changes nothing, and reads no value.

The listing is the inventory's, made after the sweep began: so the sweep refreshes it for the rotations that follow.
"""

from datetime import datetime
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from azure_clients.inventory import Listing
from rotation.configuration import CONFIGURATION
from rotation.due import DueSecret, Survey, WrongSecret, survey
from rotation.failures import TransientError
from rotation.patience import patience_with
from rotation.pending import PENDING_FOR, UNPUBLISHED, has_expired, is_left_over
from rotation.results import Done, Result
from rotation.sweep import MOST_REPORTED

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
def find_due(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Answer with the secrets that are due, those that press most first, a page after a given one.

    The first page of a vault also says how many secrets are listed, and which cannot be rotated and why.
    """
    return shell.run("find_due", _find_due, payload)


def _find_due(payload: dict[str, Any]) -> Result:
    host, now, since = (
        payload["vault"],
        datetime.fromisoformat(payload["now"]),
        datetime.fromisoformat(payload["since"]),
    )
    try:
        listing = bootstrap.inventory().listing(host, now, since=since)
    except TransientError as error:
        return patience_with(error)
    found = survey(listing.secrets, since, bootstrap.surroundings().kinds, bootstrap.settings().defaults)
    answer = _page(found, payload["after"], payload["most"], since, expired=payload["expired"])
    if payload["expired"] and payload["after"] is None:
        needless, orphaned = _left_over(listing, since)
        found.wrong += orphaned + [WrongSecret(CONFIGURATION, complaint) for complaint in listing.wrong]
        answer |= _overview(found, host, len(listing.secrets)) | {"leftovers": needless}
    return Done(answer | {"wishes": [{"vault": host, "secret": secret.name} for secret in answer["wishes"]]})


def _page(found: Survey, after: list[str] | None, most: int, since: datetime, *, expired: bool) -> dict[str, Any]:
    """Return the next page, and after whom the one after it begins; None if there is none."""
    reached = DueSecret(datetime.fromisoformat(after[0]), after[1]) if after else None
    rest = [
        secret
        for secret in found.due
        if (secret.expires_on <= since) is expired and (reached is None or secret > reached)
    ]
    page = rest[:most]
    following = [page[-1].expires_on.isoformat(), page[-1].name] if len(rest) > most else None
    return {"wishes": page, "after": following}


def _left_over(listing: Listing, now: datetime) -> tuple[list[str], list[WrongSecret]]:
    """Return the pending secrets that nobody needs any more, and those of which that cannot be told."""
    owners = {secret.name.casefold(): secret for secret in listing.secrets}
    needless, orphaned = [], []
    for pending in listing.pending:
        owner = owners.get(pending.tags.get(PENDING_FOR, "").casefold())
        if owner is not None and is_left_over(pending, owner, now):
            needless.append(pending.name)
        elif has_expired(pending, now):
            orphaned.append(WrongSecret(pending.name, UNPUBLISHED))
    return needless[:MOST_REPORTED], orphaned


def _overview(found: Survey, host: str, listed: int) -> dict[str, Any]:
    shown = found.wrong[:MOST_REPORTED]
    return {
        "listed": listed,
        "reported": [{"vault": host, "secret": one.name, "reason": one.reason} for one in shown],
        "more": len(found.wrong) - len(shown),
    }
