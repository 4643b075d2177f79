"""What the HTTP API answers about events: those that could not be used."""

from collections.abc import Mapping
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from rotation.parking import ONE_FOR_ALL, ParkedEvent
from triggers.problems import answer
from triggers.reading import Query


async def list_parked_events(request: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """List the events that were left behind, newest first."""
    Query(request, ()).done()
    kept = await client.read_entity_state(df.EntityId("ParkedEvents", ONE_FOR_ALL))
    events = kept.entity_state if kept.entity_exists and isinstance(kept.entity_state, list) else []
    return answer({"events": [_shown(ParkedEvent(**event)) for event in events if _is_ours(event)]})


def _is_ours(event: object) -> bool:
    """Whoever reaches the task hub can put anything there."""
    return isinstance(event, Mapping) and set(event) == set(ParkedEvent.__dataclass_fields__)


def _shown(event: ParkedEvent) -> dict[str, Any]:
    return {
        "enqueued": event.enqueued,
        "partition": event.partition,
        "sequenceNumber": event.sequence_number,
        "position": event.position,
        "reason": event.reason,
        "excerpt": event.body,
    }
