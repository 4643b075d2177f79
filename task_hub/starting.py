"""Starts a rotation once: events, the sweep and people all come through here, so that they share one instance."""

import logging
from enum import StrEnum
from typing import Any

import azure.durable_functions as df

from rotation import audit
from rotation.ids import instance_id
from rotation.instance import IN_HAND
from rotation.outcomes import PROVISIONAL
from rotation.request import RotationRequest
from task_hub.once import start_once

_audit = logging.getLogger(audit.LOGGER)


class Start(StrEnum):
    """What became of a wish to rotate."""

    STARTED = "started"
    JOINED = "joined"
    """It is being rotated already."""
    SETTLED = "settled"
    """That version's rotation has come to an end that a repeated wish must not reopen."""


async def start(client: df.DurableOrchestrationClient, request: RotationRequest, *, reopen: bool = False) -> Start:
    """Start the one instance that rotates this version, unless it is there already.

    Args:
        client: The Durable client.
        request: Which version is to be rotated.
        reopen: Start it even if it is settled.

    Raises:
        Exception: The task hub could not be asked; nothing was started, or it is not known.
    """
    instance = instance_id(request)
    result = await _start(client, instance, request, reopen=reopen)
    record = audit.start(instance, request, result)
    _audit.log(record.level, record.line)
    return result


async def _start(
    client: df.DurableOrchestrationClient, instance: str, request: RotationRequest, *, reopen: bool
) -> Start:
    async def ask() -> Start | None:
        standing = await standing_of(client, instance)
        return None if reopen and standing is Start.SETTLED else standing

    return await start_once(client, "rotate_secret", instance, request.to_json(), ask) or Start.STARTED


async def standing_of(client: Any, instance: str) -> Start | None:
    """Tell whether this version is being rotated or has been dealt with; None if it may be started."""
    status = await client.get_status(instance)
    name = getattr(status.runtime_status, "name", status.runtime_status)
    if name == "Completed":
        outcome = status.output.get("outcome") if isinstance(status.output, dict) else None
        return None if outcome in PROVISIONAL else Start.SETTLED
    return Start.JOINED if name in IN_HAND else None
