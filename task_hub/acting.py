"""Does something about one instance at somebody's request, and tells whether the task hub let it.

The SDK's own ways of doing so hide what the extension answered: whether an instance was there, and in the right state.
"""

from typing import Any

import aiohttp
import azure.durable_functions as df

from rotation.ids import restore_id
from rotation.instance import Instance
from rotation.restoring import Restoration
from task_hub.instances import TIMEOUT, TaskHubError, find, url
from task_hub.once import start_once

_REFUSALS = (400, 404, 409, 410, 412)


async def restart(client: df.DurableOrchestrationClient, instance: str) -> bool:
    """Start an ended instance again under its own id; False if it is gone or has not ended."""
    return await _post(client, instance, "/restart", {"restartWithNewInstanceId": "false"})


async def terminate(client: df.DurableOrchestrationClient, instance: str, reason: str) -> bool:
    """End an instance; False if it is gone or has ended."""
    return await _post(client, instance, "/terminate", {"reason": reason})


async def raise_event(client: df.DurableOrchestrationClient, instance: str, name: str, reason: str) -> bool:
    """Send an external event; False if the instance is gone or has ended."""
    return await _post(client, instance, f"/raiseEvent/{name}", {}, {"reason": reason})


async def restore(client: df.DurableOrchestrationClient, rotation: str, restoration: Restoration) -> str:
    """Roll an ended rotation back, and return the id of the instance that does; repeats join it.

    Raises:
        Exception: The task hub could not be asked; nothing was started, or it is not known.
    """
    instance = restore_id(rotation)

    async def ask() -> Instance | None:
        found = await find(client, instance)
        return found if found is not None and found.is_in_hand else None

    await start_once(client, "restore_secret", instance, restoration.to_json(), ask)
    return instance


async def _post(
    client: df.DurableOrchestrationClient, instance: str, operation: str, query: dict[str, str], body: Any = None
) -> bool:
    async with (
        aiohttp.ClientSession(timeout=TIMEOUT) as session,
        session.post(url(client, instance) + operation, params=query, json=body) as answer,
    ):
        if answer.status in _REFUSALS:
            return False
        if answer.status != 202:
            raise TaskHubError(f"the task hub answered {answer.status} to a request about an instance")
        return True
