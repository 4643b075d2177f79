"""Starts what follows a new version of a secret, whoever wrote it: events and rotations both come through here."""

from collections.abc import Callable
from datetime import datetime

import azure.durable_functions as df

from rotation.ids import REFRESH, id_prefix, refresh_id, replicate_id
from rotation.instance import Instance
from rotation.redriving import is_stalled
from rotation.refreshing import BEHIND
from rotation.request import RotationRequest
from task_hub.driving import stop
from task_hub.instances import find, pages, telling
from task_hub.once import start_once

_NAME = "refresh_consumers"
_REPLICATE = "replicate_secret"


async def refresh(client: df.DurableOrchestrationClient, request: RotationRequest) -> None:
    """Start the one instance that brings a version to its consumers, unless it is there, or has done so.

    Raises:
        Exception: The task hub could not be asked; nothing was started, or it is not known.
    """
    instance = refresh_id(request)

    async def ask() -> Instance | None:
        found = await find(client, instance, names=(_NAME,))
        if found is None:
            return None
        return found if found.is_in_hand or (found.status == "Completed" and found.outcome != BEHIND) else None

    await start_once(client, "refresh_consumers", instance, request.to_json(), ask)


async def latest_refresh(client: df.DurableOrchestrationClient, vault: str, secret: str) -> Instance | None:
    """Return the newest instance that brought, or brings, a version of a secret to its consumers."""
    newest: Instance | None = None
    async for page in pages(client, id_prefix(vault, secret, REFRESH), name=_NAME):
        for instance in page:
            asked = instance.request
            if asked is None or (asked.vault, asked.secret.casefold()) != (vault, secret.casefold()):
                continue
            if newest is None or instance.created > newest.created:
                newest = instance
    return newest


async def replicate(client: df.DurableOrchestrationClient, request: RotationRequest) -> None:
    """Start the one instance that copies a version to the secret's replicas, unless it is there, or has done so.

    Raises:
        Exception: The task hub could not be asked; nothing was started, or it is not known.
    """
    await _replicate(client, request, is_enough=lambda found: found.is_in_hand or found.status == "Completed")


async def replicate_again(client: df.DurableOrchestrationClient, request: RotationRequest, now: datetime) -> None:
    """Start it also if it has ended; stop it before, if it has stalled.

    Raises:
        TaskHubError: The task hub could not be asked; nothing was started, or it is not known.
    """
    instance = replicate_id(request)
    with telling():
        found = await find(client, instance, names=(_REPLICATE,))
        is_well = found is not None and found.is_in_hand and not is_stalled(found, now)
        if is_well or (found is not None and found.is_in_hand and not await stop(client, instance)):
            return
        await _replicate(client, request, is_enough=lambda found: found.is_in_hand)


async def _replicate(
    client: df.DurableOrchestrationClient, request: RotationRequest, is_enough: Callable[[Instance], bool]
) -> None:
    instance = replicate_id(request)

    async def ask() -> Instance | None:
        found = await find(client, instance, names=(_REPLICATE,))
        return found if found is not None and is_enough(found) else None

    await start_once(client, "replicate_secret", instance, request.to_json(), ask)
