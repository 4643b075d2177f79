"""Starts what the sweep has found; some at a time, as many as there are places."""

import asyncio
from datetime import datetime
from functools import partial
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.due import DueSecret, judge
from rotation.failures import DisabledError, MissingError, RotationError, TransientError
from rotation.ids import instance_id
from rotation.request import RotationRequest
from rotation.results import Done
from rotation.sweep import SWEEP
from task_hub.driving import Did, Driven, drive, redrive

bp = df.Blueprint()

_AT_ONCE = 16


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
async def start_rotations(payload: dict, client: df.DurableOrchestrationClient) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Start a rotation for each wish, under the id that an event would give it, and say what became of each.

    A wish that names a version is for a rotation that is there already, and that may have to be taken up again. What
    could not be done for now is answered apart, to be wished again.
    """
    return await shell.run_async("start_rotations", partial(_start_rotations, client), payload)


async def _start_rotations(client: df.DurableOrchestrationClient, payload: dict[str, Any]) -> Done:
    at_once = asyncio.Semaphore(_AT_ONCE)
    told: list[dict[str, str]] = []
    again: list[dict[str, str]] = []
    waits = [0.0]

    async def start(wish: dict[str, str]) -> None:
        async with at_once:
            try:
                told.append(await _start(client, wish, payload))
            except TransientError as error:
                again.append(wish | {"reason": error.reason})
                waits.append(error.retry_after or 0.0)
            except RotationError as error:
                told.append(_told(wish, Driven(Did.REPORTED, error.reason)))

    await asyncio.gather(*(start(wish) for wish in payload["wishes"]))
    return Done({"told": told, "again": again, "after": max(waits)})


async def _start(
    client: df.DurableOrchestrationClient, wish: dict[str, str], payload: dict[str, Any]
) -> dict[str, str]:
    now, since = datetime.fromisoformat(payload["now"]), datetime.fromisoformat(payload["since"])
    version = wish.get("version") or await asyncio.to_thread(_due_version, wish["vault"], wish["secret"], now)
    if version is None:
        return _told(wish, Driven(Did.SETTLED))
    request = RotationRequest(wish["vault"], wish["secret"], version, reason=SWEEP)
    go = redrive if "version" in wish else drive
    driven = await go(client, request, now, since=since, most_redrives=bootstrap.settings().most_redrives)
    return _told(wish, driven) | {"instance": instance_id(request)}


def _due_version(host: str, secret: str, now: datetime) -> str | None:
    """Return the current version, if it is still due: hours may have passed since the vault was listed."""
    try:
        current = bootstrap.key_vault(host).read(secret)
    except (MissingError, DisabledError):
        return None
    judged = judge(current.as_listed(secret), now, bootstrap.surroundings().kinds, bootstrap.settings().defaults)
    return current.version if isinstance(judged, DueSecret) else None


def _told(wish: dict[str, str], driven: Driven) -> dict[str, str]:
    return {"vault": wish["vault"], "secret": wish["secret"], "did": str(driven.did), "reason": driven.reason}
