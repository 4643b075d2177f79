"""Starts the renewal of a certificate or key, once for each version."""

import azure.durable_functions as df

from rotation.ids import renewal_id
from rotation.renewal import KEY
from rotation.request import RotationRequest
from task_hub.starting import Start, standing_of


async def start_renewal(client: df.DurableOrchestrationClient, kind: str, request: RotationRequest) -> Start:
    """Start the one instance that replaces this version, unless it is there, or has come to an end that stands.

    Raises:
        Exception: The task hub could not be asked; nothing was started, or it is not known.
    """
    instance = renewal_id(kind, request)
    standing = await standing_of(client, instance)
    if standing is not None:
        return standing
    try:
        if kind == KEY:
            await client.start_new("rotate_key", instance, request.to_json())
        else:
            await client.start_new("renew_certificate", instance, request.to_json())
    except Exception:
        # Somebody may have started it between the question and the start; the SDK says so with a bare Exception.
        standing = await standing_of(client, instance)
        if standing is None:
            raise
        return standing
    return Start.STARTED
