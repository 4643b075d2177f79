"""The durable entity `ParkedEvents`: what the starter could not read, for operators to look at.

`GET /runtime/webhooks/durabletask/entities/ParkedEvents/all` shows it.
"""

import azure.durable_functions as df

from rotation.parking import parked

bp = df.Blueprint()


@bp.entity_trigger(context_name="context", entity_name="ParkedEvents")
def parked_events(context: df.DurableEntityContext) -> None:
    """Keep what arrives (`park` with a list of events), or forget everything (`clear`)."""
    arrived = context.get_input() if context.operation_name == "park" else None
    events = [] if arrived is None else parked(context.get_state(list), arrived)
    context.set_state(events)
    context.set_result(len(events))
