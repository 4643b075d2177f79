"""Tells the rotation that wrote a version that everybody has it, so that its grace need not last longer."""

from functools import partial
from typing import Any

import azure.durable_functions as df

from activities import shell
from rotation.actions import CONSUMERS_READY
from rotation.results import Done
from task_hub.acting import raise_event

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
async def tell_rotation(payload: dict, client: df.DurableOrchestrationClient) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Raise `ConsumersReady` on the rotation; one that has ended meanwhile hears nothing."""
    return await shell.run_async("tell_rotation", partial(_tell_rotation, client), payload)


async def _tell_rotation(client: df.DurableOrchestrationClient, payload: dict[str, Any]) -> Done:
    reason = "every known consumer has the new version"
    return Done({"heard": await raise_event(client, payload["rotation"], CONSUMERS_READY, reason)})
