"""Starts the renewal of a certificate or key, once for each version: for events, and for the sweep."""

from datetime import datetime
from functools import partial

import azure.durable_functions as df

from rotation.ids import renewal_id
from rotation.renewal import KEY
from rotation.request import RotationRequest
from task_hub.driving import Did, Driven, done_before
from task_hub.instances import find, telling
from task_hub.once import start_once
from task_hub.starting import Start, standing_of

_ORCHESTRATORS = ("renew_certificate", "rotate_key")


async def start_renewal(client: df.DurableOrchestrationClient, kind: str, request: RotationRequest) -> Start:
    """Start the one instance that replaces this version, unless it is there, or has come to an end that stands.

    Raises:
        Exception: The task hub could not be asked; nothing was started, or it is not known.
    """
    instance = renewal_id(kind, request)
    ask = partial(standing_of, client, instance)
    if kind == KEY:
        standing = await start_once(client, "rotate_key", instance, request.to_json(), ask)
    else:
        standing = await start_once(client, "renew_certificate", instance, request.to_json(), ask)
    return standing or Start.STARTED


async def drive_renewal(
    client: df.DurableOrchestrationClient, kind: str, request: RotationRequest, *, since: datetime
) -> Driven:
    """See to it that a version that is due is being replaced; one whose renewal has failed is left to a person.

    An issuer that has refused would refuse every night, and may count.

    Args:
        client: The Durable client.
        kind: `certificate` or `key`.
        request: Which version.
        since: When the sweep began; what it has started since counts as started, however often it is asked.

    Raises:
        TaskHubError: The task hub could not be asked; nothing was started, or it is not known.
    """
    with telling():
        found = await find(client, renewal_id(kind, request), names=_ORCHESTRATORS)
        did = done_before(found, since) if found is not None else None
        if did is not None:
            return Driven(did)
        if found is not None and found.is_in_hand:
            return Driven(Did.JOINED)
        if found is not None and found.status != "Completed":
            reason = found.facts.get("reason") or found.status.lower()
            return Driven(Did.REPORTED, f"the renewal of this {kind} has not come to its end: {reason}")
        return Driven(Did(str(await start_renewal(client, kind, request))))
