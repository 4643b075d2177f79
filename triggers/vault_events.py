"""The starter: Key Vault's events, from an Event Hub batch to one instance for each version of a secret.

Events are hints, delivered at least once. Repeats collapse in the instance id; what is broken is reported and left
behind; only a failure to start raises, so that the host's retry policy brings the whole batch again.
"""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any, List  # noqa: UP035 - see rotate_on_vault_event

import azure.durable_functions as df
import azure.functions as func

import bootstrap
from rotation.events import Due, Ignored, Unreadable, read_message
from rotation.ids import instance_id
from rotation.outcomes import PROVISIONAL
from rotation.request import RotationRequest

bp = df.Blueprint()

_log = logging.getLogger("secret_rotation")

# Wrong settings must stop the app when it starts: a trigger that finds out would hold up its partition for ever.
bootstrap.settings()

# Enough to keep the task hub busy, few enough not to flood it with a batch's connections.
_STARTS_AT_ONCE = 16

_IN_HAND = frozenset({"Pending", "Running", "Suspended", "ContinuedAsNew"})


class StartFailed(Exception):  # noqa: N818 - the name is what operators read in the log
    """Some rotations could not be started; the host brings the batch again, and those that were are skipped."""


# Without a limit: the checkpoint would advance past a batch that was given up, and its events would be lost.
@bp.retry(
    strategy="exponential_backoff",
    max_retry_count="-1",
    minimum_interval="00:00:05",
    maximum_interval="00:05:00",
)
@bp.event_hub_message_trigger(
    arg_name="events",
    event_hub_name="%EVENT_HUB_NAME%",
    consumer_group="%EVENT_HUB_CONSUMER_GROUP%",
    connection="EventHubConnection",
    cardinality=func.Cardinality.MANY,
)
@bp.durable_client_input(client_name="client")
async def rotate_on_vault_event(
    events: List[func.EventHubEvent],  # noqa: UP006 - the worker refuses to load a function with `list[…]`
    client: df.DurableOrchestrationClient,
) -> None:
    """Start `rotate_secret` for every near-expiry or expired event of the batch."""
    requests = {instance_id(request): request for request in _requests(events)}
    at_once = asyncio.Semaphore(_STARTS_AT_ONCE)
    results = await asyncio.gather(
        *(_start(client, at_once, instance, request) for instance, request in requests.items()),
        return_exceptions=True,
    )
    failures = [result for result in results if isinstance(result, BaseException)]
    if failures:
        kinds = ", ".join(sorted({type(failure).__name__ for failure in failures}))
        raise StartFailed(f"{len(failures)} of {len(requests)} rotations could not be started ({kinds})")


def _requests(events: list[func.EventHubEvent]) -> Iterator[RotationRequest]:
    """Read the batch; report what asks for nothing, cannot be read, or names a vault that is not ours."""
    ignored = 0
    for event in events:
        for reading in read_message(event.get_body()):
            match reading:
                case Due(request) if request.vault in bootstrap.settings().vaults:
                    yield request
                case Due(request):
                    _report(event, f"vault {request.vault} is not in KEY_VAULTS")
                case Unreadable(reason):
                    _report(event, reason)
                case Ignored():
                    ignored += 1
    if ignored:
        _log.info("ignored %d events of other types", ignored)


def _report(event: func.EventHubEvent, reason: str) -> None:
    context = (event.metadata or {}).get("PartitionContext") or {}
    partition = context.get("PartitionId", "?") if isinstance(context, dict) else "?"
    _log.error("event left behind: partition %s, sequence number %s: %s", partition, event.sequence_number, reason)


async def _start(client: Any, at_once: asyncio.Semaphore, instance: str, request: RotationRequest) -> None:
    async with at_once:
        if await _is_settled(client, instance):
            return
        try:
            await client.start_new("rotate_secret", instance, request.to_json())
        except Exception:
            # Somebody may have started it between the question and the start; the SDK says so with a bare Exception.
            if not await _is_settled(client, instance):
                raise


async def _is_settled(client: Any, instance: str) -> bool:
    """Tell whether this version is being rotated, or has come to an end that a repeated event must not reopen."""
    status = await client.get_status(instance)
    name = getattr(status.runtime_status, "name", status.runtime_status)
    if name == "Completed":
        outcome = status.output.get("outcome") if isinstance(status.output, dict) else None
        return outcome not in PROVISIONAL
    return name in _IN_HAND
