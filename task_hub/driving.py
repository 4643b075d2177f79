"""Starts rotations for the sweep: those that nobody has started yet, and those that are to be taken up again."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import azure.durable_functions as df

from rotation.ids import instance_id
from rotation.instance import IN_HAND, Instance
from rotation.redriving import LEFT, PATIENCE, STOPPED, Step, decide, rejected_until
from rotation.request import RotationRequest
from rotation.sweep import SWEEP
from task_hub.instances import find, telling
from task_hub.starting import Start, start

# An instance that is told to stop does so with its next episode: within a second, if it can at all.
_LOOKS = 20
_BETWEEN = 0.5


class Did(StrEnum):
    """What became of a rotation that the sweep wanted."""

    STARTED = "started"
    JOINED = "joined"
    SETTLED = "settled"
    REDRIVEN = "redriven"
    REPORTED = "reported"


@dataclass(frozen=True)
class Driven:
    """What became of it, and why, if it is to be reported."""

    did: Did
    reason: str = ""


async def drive(
    client: df.DurableOrchestrationClient,
    request: RotationRequest,
    now: datetime,
    *,
    since: datetime,
    most_redrives: int,
) -> Driven:
    """See to it that a version that is current and due is being rotated.

    Args:
        client: The Durable client.
        request: Which version is to be rotated.
        now: The present.
        since: When the sweep began; what it has started since counts as started, however often it is asked.
        most_redrives: How often a rotation is taken up again before it is reported.

    Raises:
        TaskHubError: The task hub could not be asked; nothing was started, or it is not known.
    """
    with telling():
        instance = await find(client, instance_id(request))
        if instance is not None and instance.is_in_hand:
            # One that is stuck is found as such, once everything has had time to move.
            return Driven(done_before(instance, since) or Did.JOINED)
        rejected = rejected_until(instance, now) if instance else None
        if rejected is not None:
            return Driven(Did.REPORTED, f"rejected by a person: the sweep asks again from {rejected.isoformat()}")
        decision = decide(instance, now, most_redrives) if instance else LEFT
        if instance is not None and decision.step is Step.REDRIVE:
            return await _again(client, instance)
        if decision.step is Step.REPORT:
            return Driven(Did.SETTLED)  # what has been taken up too often is reported with what is stuck
        # A rotation that ended long ago, of a version that is current and due: its vault has been restored since.
        reopen = instance is not None and now - instance.updated > PATIENCE
        return Driven(Did(str(await start(client, request, reopen=reopen))))


async def redrive(
    client: df.DurableOrchestrationClient,
    request: RotationRequest,
    now: datetime,
    *,
    since: datetime,
    most_redrives: int,
) -> Driven:
    """Take a rotation up again if that is still called for; arguments and errors as of `drive`."""
    with telling():
        instance = await find(client, instance_id(request))
        if instance is None:
            return Driven(Did.SETTLED)
        if instance.is_in_hand and (did := done_before(instance, since)) is not None:
            return Driven(did)
        decision = decide(instance, now, most_redrives)
        if decision.step is not Step.REDRIVE:
            return Driven(Did.REPORTED if decision.step is Step.REPORT else Did.SETTLED, decision.reason)
        if instance.is_in_hand and not await stop(client, instance.id):
            return Driven(Did.REPORTED, "it makes no progress, was told to stop, and has not")
        return await _again(client, instance)


def done_before(instance: Instance, since: datetime) -> Did | None:
    """Tell what this very sweep has done about it already, before its answer got lost."""
    asked = instance.request
    if asked is None or instance.created < since.replace(microsecond=0):
        return None
    if asked.redrives:
        return Did.REDRIVEN
    return Did.STARTED if asked.reason == SWEEP else None


async def _again(client: df.DurableOrchestrationClient, instance: Instance) -> Driven:
    if instance.request is None:
        return Driven(Did.SETTLED)
    again = replace(instance.request, redrives=instance.request.redrives + 1)
    started = await start(client, again)
    return Driven(Did.REDRIVEN if started is Start.STARTED else Did(str(started)))


async def stop(client: df.DurableOrchestrationClient, instance: str) -> bool:
    """Terminate an instance, and tell whether it has ended; what it has in hand may still run, and is not heard."""
    await client.terminate(instance, STOPPED)
    for _ in range(_LOOKS):
        status = (await client.get_status(instance)).runtime_status
        if getattr(status, "name", status) not in IN_HAND:
            return True
        await asyncio.sleep(_BETWEEN)
    return False
