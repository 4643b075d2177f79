"""Starts the renewal of a certificate or key, once for each version."""

from functools import partial

import azure.durable_functions as df

from rotation.ids import renewal_id
from rotation.renewal import KEY
from rotation.request import RotationRequest
from task_hub.once import start_once
from task_hub.starting import Start, standing_of


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
