"""Tells which of the sweep's rotations still keep a place; changes nothing."""

import asyncio
from datetime import datetime
from functools import partial
from typing import Any

import azure.durable_functions as df

from activities import shell
from rotation.redriving import is_at_work
from rotation.results import Done
from task_hub.instances import find

bp = df.Blueprint()

_AT_ONCE = 16


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
async def find_working(payload: dict, client: df.DurableOrchestrationClient) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Answer with those of the given instances that are still at work."""
    return await shell.run_async("find_working", partial(_find_working, client), payload)


async def _find_working(client: df.DurableOrchestrationClient, payload: dict[str, Any]) -> Done:
    now, at_once = datetime.fromisoformat(payload["now"]), asyncio.Semaphore(_AT_ONCE)

    async def works(instance: str) -> bool:
        async with at_once:
            found = await find(client, instance)
        return found is not None and is_at_work(found, now)

    answers = await asyncio.gather(*(works(instance) for instance in payload["instances"]))
    return Done({"working": [one for one, yes in zip(payload["instances"], answers, strict=True) if yes]})
