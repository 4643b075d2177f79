"""The starter: Key Vault's events, from an Event Hub batch to one instance for each version of a secret.

Events are hints, delivered at least once. Repeats collapse in the instance id; what is broken is reported and left
behind; only a failure to start raises, so that the host's retry policy brings the whole batch again.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any, List  # noqa: UP035 - see rotate_on_vault_event

import azure.durable_functions as df
import azure.functions as func

import bootstrap
from rotation import audit
from rotation.events import EXPIRED, Ageing, Due, Ignored, NewVersion, Unreadable, read_message
from rotation.ids import instance_id, renewal_id
from rotation.parking import MOST_PARKED, ONE_FOR_ALL, ParkedEvent, excerpt
from rotation.request import RotationRequest
from task_hub.following import refresh, replicate
from task_hub.renewing import start_renewal
from task_hub.starting import start

bp = df.Blueprint()

_log = logging.getLogger("secret_rotation")
_audit = logging.getLogger(audit.LOGGER)

# Wrong settings must stop the app when it starts: a trigger that finds out would hold up its partition for ever.
bootstrap.settings()

# Enough to keep the task hub busy, few enough not to flood it with a batch's connections.
_STARTS_AT_ONCE = 16

_EXPIRED = EXPIRED.rpartition(".")[2]


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
    """Start a rotation or renewal for each near-expiry or expired event of the batch, and what follows new versions."""
    batch = _read(events)
    at_once = asyncio.Semaphore(_STARTS_AT_ONCE)
    results = await asyncio.gather(
        *(_start(client, at_once, request) for request in sorted(batch.requests.values(), key=_presses_less)),
        *(_renew(client, at_once, ageing) for ageing in batch.ageing.values()),
        *(_follow(client, at_once, request) for request in batch.new_versions.values()),
        return_exceptions=True,
    )
    await _park(client, batch.parked)
    failures = [result for result in results if isinstance(result, BaseException)]
    if failures:
        kinds = ", ".join(sorted({type(failure).__name__ for failure in failures}))
        raise StartFailed(f"{len(failures)} of {len(results)} instances could not be started ({kinds})")


@dataclass
class _Batch:
    """A batch, read."""

    requests: dict[str, RotationRequest] = field(default_factory=dict)
    """What is to be rotated, by instance id: repeats within a batch collapse here."""
    new_versions: dict[str, RotationRequest] = field(default_factory=dict)
    """What is to be brought to consumers and replicas, likewise."""
    ageing: dict[str, Ageing] = field(default_factory=dict)
    """Certificates and keys that are to be renewed, likewise."""
    parked: list[ParkedEvent] = field(default_factory=list)
    ignored: int = 0


def _read(events: list[func.EventHubEvent]) -> _Batch:
    """Read a batch; report what cannot be read or names a vault that is not ours."""
    batch = _Batch()
    for event in events:
        for position, reading in enumerate(read_message(event.get_body())):
            match reading:
                case Due(request) if request.vault in bootstrap.settings().vaults:
                    batch.requests[instance_id(request)] = request
                case Ageing(kind, request) as ageing if request.vault in bootstrap.settings().vaults:
                    batch.ageing[renewal_id(kind, request)] = ageing
                case Due(request) | Ageing(_, request):
                    batch.parked.append(_left_behind(event, position, f"vault {request.vault} is not in KEY_VAULTS"))
                case NewVersion(request):
                    if request.vault in bootstrap.settings().vaults and _followers():
                        batch.new_versions[instance_id(request)] = request
                    else:
                        batch.ignored += 1
                case Unreadable(reason):
                    batch.parked.append(_left_behind(event, position, reason))
                case Ignored():
                    batch.ignored += 1
    _log.info(
        "batch of %d messages: %d to rotate, %d new versions, %d parked, %d of other types",
        len(events), len(batch.requests) + len(batch.ageing), len(batch.new_versions), len(batch.parked),
        batch.ignored,
    )  # fmt: skip
    return batch


def _followers() -> list[Any]:
    """Return what starts those who follow a new version; none where nothing is configured."""
    known = bootstrap.settings()
    return [refresh] * bool(known.consumer_scopes) + [replicate] * bool(known.replica_vaults)


def _left_behind(event: func.EventHubEvent, position: int, reason: str) -> ParkedEvent:
    context = (event.metadata or {}).get("PartitionContext") or {}
    partition = str(context.get("PartitionId", "?")) if isinstance(context, dict) else "?"
    enqueued = event.enqueued_time.isoformat() if event.enqueued_time else ""
    parked = ParkedEvent(enqueued, partition, event.sequence_number, position, reason, excerpt(event.get_body()))
    record = audit.parked(parked)
    _audit.log(record.level, record.line)
    return parked


def _presses_less(request: RotationRequest) -> bool:
    """Sort behind what has expired: its consumers may have nothing to live on."""
    return request.reason.casefold() != _EXPIRED


async def _park(client: df.DurableOrchestrationClient, parked: list[ParkedEvent]) -> None:
    if not parked:
        return
    events = [event.to_json() for event in parked[-MOST_PARKED:]]
    try:
        await client.signal_entity(df.EntityId("ParkedEvents", ONE_FOR_ALL), "park", events)
    except Exception as error:
        _log.warning("%d events could not be parked (%s)", len(parked), type(error).__name__)


async def _start(client: Any, at_once: asyncio.Semaphore, request: RotationRequest) -> None:
    async with at_once:
        await start(client, request)


async def _follow(client: Any, at_once: asyncio.Semaphore, request: RotationRequest) -> None:
    async with at_once:
        for follow in _followers():
            await follow(client, request)


async def _renew(client: Any, at_once: asyncio.Semaphore, ageing: Ageing) -> None:
    async with at_once:
        await start_renewal(client, ageing.kind, ageing.request)
