"""Starts the renewal of certificates and keys that the sweep has found."""

import asyncio
from datetime import datetime
from functools import partial
from typing import Any

import azure.durable_functions as df

from activities import shell
from rotation.failures import TransientError
from rotation.request import RotationRequest
from rotation.results import Done
from rotation.sweep import RENEWING, SWEEP
from task_hub.driving import Did
from task_hub.renewing import drive_renewal

bp = df.Blueprint()

_AT_ONCE = 16


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
async def start_renewals(payload: dict, client: df.DurableOrchestrationClient) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Start a renewal for each wish, under the id that an event would give it, and say which, and what is in the way.

    What could not be done for now is answered apart, to be wished again.
    """
    return await shell.run_async("start_renewals", partial(_start_renewals, client), payload)


async def _start_renewals(client: df.DurableOrchestrationClient, payload: dict[str, Any]) -> Done:
    since, at_once = datetime.fromisoformat(payload["since"]), asyncio.Semaphore(_AT_ONCE)
    told: list[dict[str, str]] = []
    again: list[dict[str, str]] = []

    async def start(wish: dict[str, str]) -> None:
        request = RotationRequest(wish["vault"], wish["secret"], wish["version"], reason=SWEEP)
        known = {"vault": wish["vault"], "secret": wish["secret"]}
        async with at_once:
            try:
                driven = await drive_renewal(client, wish["kind"], request, since=since)
            except TransientError as error:
                again.append(wish | {"reason": error.reason})
                return
        match driven.did:
            case Did.STARTED:
                told.append(known | {"did": RENEWING})
            case Did.REPORTED:
                told.append(known | {"did": "reported", "reason": driven.reason})

    await asyncio.gather(*(start(wish) for wish in payload["wishes"]))
    return Done({"told": told, "again": again, "after": 0.0})
