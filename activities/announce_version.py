"""Starts what follows a new version that a rotation has written: its event may be lost."""

import logging
from functools import partial
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.request import RotationRequest
from rotation.results import Done, Result, Retry
from task_hub.following import refresh, replicate

bp = df.Blueprint()

_log = logging.getLogger("secret_rotation")

_FOLLOWERS = (refresh, replicate)
# The version is published: the rotation goes on, whether or not they could be started.
_BUDGET = 300.0


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
async def announce_version(payload: dict, client: df.DurableOrchestrationClient) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Start each follower under the id that an event would give it: repeats join it, and one left behind goes on."""
    return await shell.run_async("announce_version", partial(_announce_version, client), payload)


async def _announce_version(client: df.DurableOrchestrationClient, payload: dict[str, Any]) -> Result:
    request = RotationRequest(payload["vault"], payload["secret"], payload["version"], reason=payload["instance"])
    try:
        for follow in _FOLLOWERS:
            if follow is not replicate or bootstrap.settings().replica_vaults:
                await follow(client, request)
    except Exception as error:  # the SDK's client knows no other
        _log.warning("what follows %s could not be started (%s)", payload["version"], type(error).__name__)
        return Retry(f"the task hub does not answer ({type(error).__name__})", budget=_BUDGET, fallback={})
    return Done({})
