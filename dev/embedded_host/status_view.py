"""Instances and entities as the status API shows them.

The history is folded: what was scheduled is merged into what completed it, episodes' marks are left out, and
numbers of types become names (durable-protocol §4). Keys keep the recorded order.
"""

import json
from typing import Any

from . import history as h
from .entities import Entity
from .history import Event
from .instances import PENDING, Instance
from .stamps import offset_stamp, parse, second_stamp

_FOLDED = {
    h.TASK_COMPLETED: h.TASK_SCHEDULED,
    h.TASK_FAILED: h.TASK_SCHEDULED,
    h.SUB_COMPLETED: h.SUB_CREATED,
    h.SUB_FAILED: h.SUB_CREATED,
}
_RESULTS = frozenset({h.TASK_COMPLETED, h.SUB_COMPLETED, h.EXECUTION_COMPLETED})
_LEFT_OUT = {
    h.EXECUTION_STARTED: ("Name", "OrchestrationInstance", "ParentInstance", "Version", "Tags"),
    h.TASK_SCHEDULED: ("Version",),
    h.SUB_CREATED: ("Version",),
    h.TIMER_FIRED: ("TimerId",),
}


def token(text: str | None) -> Any:
    """Read stored text as the API shows it: JSON (`NaN` and the like as strings) if it is JSON, a string otherwise."""
    if not text:
        return None
    try:
        return json.loads(text, parse_constant=str)
    except ValueError:
        return text


def instance_status(
    instance: Instance, *, show_input: bool = True, show_history: bool = False, show_output: bool = False
) -> dict[str, Any]:
    """Return the status payload of an instance."""
    status = {
        "name": instance.name,
        "instanceId": instance.instance_id,
        "runtimeStatus": instance.status,
        "input": token(instance.input_text) if show_input else None,
        "customStatus": token(instance.custom_status),
        "output": token(instance.output),
        "createdTime": second_stamp(parse(instance.created)),
        "lastUpdatedTime": second_stamp(parse(instance.updated)),
    }
    if show_history and instance.status != PENDING:
        status["historyEvents"] = folded(instance.history, show_input=show_input, show_output=show_output)
    return status


def entity_status(entity: Entity, *, show_input: bool = True) -> dict[str, Any]:
    """Return an entity as the list of instances shows it: forever running (s11)."""
    scheduler_id = entity.scheduler_id
    shown: dict[str, Any] = {"exists": True} if entity.exists else {}
    if entity.state is not None:
        shown["state"] = entity.state
    shown["sorter"] = entity.sorter
    at = second_stamp(parse(entity.updated))
    return {
        "name": scheduler_id,
        "instanceId": scheduler_id,
        "runtimeStatus": "Running",
        "input": shown if show_input else None,
        "customStatus": {"entityExists": True} if entity.exists else {},
        "output": None,
        "createdTime": at,
        "lastUpdatedTime": at,
    }


def folded(history: list[Event], *, show_input: bool, show_output: bool) -> list[dict[str, Any]]:
    """Fold a raw history into the one that people read."""
    done = {
        (_FOLDED[event["EventType"]], event["TaskScheduledId"]) for event in history if event["EventType"] in _FOLDED
    }
    scheduled: dict[tuple[int, int], Event] = {}
    shown: list[dict[str, Any]] = []
    for event in history:
        kind = event["EventType"]
        if kind in (h.TASK_SCHEDULED, h.SUB_CREATED):
            scheduled[kind, event["EventId"]] = event
            if (kind, event["EventId"]) in done:
                continue
        if kind not in (h.ORCHESTRATOR_STARTED, h.ORCHESTRATOR_COMPLETED):
            shown.append(_shown(event, scheduled, show_input=show_input, show_output=show_output))
    return shown


def _shown(
    event: Event, scheduled: dict[tuple[int, int], Event], *, show_input: bool, show_output: bool
) -> dict[str, Any]:
    kind = event["EventType"]
    hidden = {"EventId", "IsPlayed", "TaskScheduledId", *_LEFT_OUT.get(kind, ())}
    if kind in _RESULTS and not show_output:
        hidden.add("Result")
    first = {} if kind == h.GENERIC else {"EventType": h.NAMES[kind]}
    shown = first | {key: value for key, value in event.items() if key not in hidden}
    shown["EventType"] = h.NAMES[kind]
    if kind in _RESULTS and show_output:
        shown["Result"] = token(shown["Result"])
    if kind == h.EXECUTION_STARTED:
        shown["FunctionName"] = event["Name"]
    if kind in _FOLDED:
        cause = scheduled.get((_FOLDED[kind], event["TaskScheduledId"]))
        if cause is not None:
            shown["ScheduledTime"] = offset_stamp(parse(cause["Timestamp"]))
            shown["FunctionName"] = cause["Name"]
            shown["Input"] = cause["Input"]
    if not show_input:
        shown.pop("Input", None)
    return shown
