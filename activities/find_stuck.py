"""Looks through the task hub for rotations that came to nothing or have stalled; changes nothing."""

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.ids import instance_id
from rotation.instance import IN_HAND
from rotation.redriving import Step, decide
from rotation.request import RotationRequest
from rotation.results import Done
from rotation.sweep import MOST_REPORTED
from task_hub.instances import PREFIX, pages

bp = df.Blueprint()

_STATUSES = sorted({*IN_HAND, "Failed", "Terminated"})


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
async def find_stuck(payload: dict, client: df.DurableOrchestrationClient) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Answer with what is to be taken up again, a page after a given id; the first page has what is to be reported."""
    return await shell.run_async("find_stuck", partial(_find_stuck, client), payload)


async def _find_stuck(client: df.DurableOrchestrationClient, payload: dict[str, Any]) -> Done:
    now, after, most = datetime.fromisoformat(payload["now"]), payload["after"], payload["most"]
    again: dict[str, RotationRequest] = {}
    reported: list[dict[str, str]] = []
    more = 0
    async for instance, request, step, reason in _troubled(client, now):
        if step is Step.REDRIVE and instance > (after or ""):
            again[instance] = request
            if len(again) > most + 1:  # the order of a task hub is its own business
                del again[max(again)]
        elif step is Step.REPORT and after is None and len(reported) < MOST_REPORTED:
            reported.append({"vault": request.vault, "secret": request.secret, "reason": reason})
        elif step is Step.REPORT and after is None:
            more += 1
    found = sorted(again)[:most]
    wishes = [{"vault": again[one].vault, "secret": again[one].secret, "version": again[one].version} for one in found]
    following = found[-1] if len(again) > most else None
    return Done({"wishes": wishes, "after": following, "reported": reported, "more": more})


async def _troubled(
    client: df.DurableOrchestrationClient, now: datetime
) -> AsyncIterator[tuple[str, RotationRequest, Step, str]]:
    async for page in pages(client, PREFIX, statuses=_STATUSES):
        for instance in page:
            decision = decide(instance, now, bootstrap.settings().most_redrives)
            # One that somebody has started under an id of his own is his to look after.
            if instance.request is not None and instance.id == instance_id(instance.request):
                yield instance.id, instance.request, decision.step, decision.reason
