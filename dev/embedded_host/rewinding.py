"""Rewinding: overwriting failures in a history, so that a replay does what failed again.

A failed activity and its scheduling become placeholders (type 17), as does the end of the execution. Of a
failed child only the failure is overwritten, and the child is rewound in its turn; the innermost failures are
then set going (s10d).
"""

from collections.abc import Callable, Mapping

from . import history as h
from .history import Event
from .instances import FAILED, PENDING, Instance


def rewind(
    instance: Instance,
    instances: Mapping[str, Instance],
    now: str,
    save: Callable[[Instance], None],
) -> list[Instance]:
    """Overwrite the failures of an instance and its children; return the innermost ones, to be set going."""
    leaves: list[Instance] = []
    children: list[str] = []
    tasks = {event["TaskScheduledId"] for event in instance.history if event["EventType"] == h.TASK_FAILED}
    subs = {event["TaskScheduledId"] for event in instance.history if event["EventType"] == h.SUB_FAILED}
    for event in instance.history:
        kind = event["EventType"]
        if kind == h.SUB_CREATED and event["EventId"] in subs:
            children.append(event["InstanceId"])
        overwritten = kind in (h.TASK_FAILED, h.SUB_FAILED, h.EXECUTION_COMPLETED)
        if overwritten or (kind == h.TASK_SCHEDULED and event["EventId"] in tasks):
            _overwrite(event)
    instance.status = PENDING
    instance.updated = now
    save(instance)
    for child_id in children:
        child = instances.get(child_id)
        if child is not None and child.status == FAILED:
            leaves += rewind(child, instances, now, save)
    return leaves if subs else [instance]


def _overwrite(event: Event) -> None:
    kept = {key: event[key] for key in ("EventId", "IsPlayed", "Timestamp")}
    event.clear()
    event.update({"Data": None, "EventType": h.GENERIC, **kept})
