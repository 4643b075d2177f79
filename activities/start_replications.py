"""Has the secrets copied again that the sweep has found to differ from their copies."""

import asyncio
from datetime import datetime
from functools import partial
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.failures import MissingError, RotationError, TransientError
from rotation.request import RotationRequest
from rotation.results import Done
from rotation.sweep import SWEEP
from task_hub.following import replicate_again

bp = df.Blueprint()

_AT_ONCE = 16


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
async def start_replications(payload: dict, client: df.DurableOrchestrationClient) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Start the replication of each secret's current version, also where that has ended before."""
    return await shell.run_async("start_replications", partial(_start_replications, client), payload)


async def _start_replications(client: df.DurableOrchestrationClient, payload: dict[str, Any]) -> Done:
    now, at_once = datetime.fromisoformat(payload["now"]), asyncio.Semaphore(_AT_ONCE)
    told: list[dict[str, str]] = []
    again: list[dict[str, str]] = []
    waits = [0.0]

    async def start(wish: dict[str, str]) -> None:
        async with at_once:
            try:
                vault = bootstrap.key_vault(wish["vault"])
                versions = await asyncio.to_thread(vault.history, wish["secret"])
                if not versions:
                    return
                request = RotationRequest(wish["vault"], wish["secret"], versions[-1][0], reason=SWEEP)
                await replicate_again(client, request, now)
            except MissingError:
                return  # gone since it was listed; the next sweep tells
            except TransientError as error:
                again.append(wish | {"reason": error.reason})
                waits.append(error.retry_after or 0.0)
            except RotationError as error:
                told.append(wish | {"did": "reported", "reason": error.reason})

    await asyncio.gather(*(start(wish) for wish in payload["wishes"]))
    return Done({"told": told, "again": again, "after": max(waits)})
