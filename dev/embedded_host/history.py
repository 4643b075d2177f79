"""History events, exactly as the extension hands them to the SDK.

One constructor per event type, keys in the recorded order. The extension marks an event `IsPlayed` once it has
come in and been processed; what an orchestration itself scheduled is never new, and so stays false for ever
(durable-protocol §1).
"""

import json
from datetime import datetime
from typing import Any

from .stamps import stamp

Event = dict[str, Any]

EXECUTION_STARTED, EXECUTION_COMPLETED, EXECUTION_TERMINATED = 0, 1, 3
TASK_SCHEDULED, TASK_COMPLETED, TASK_FAILED = 4, 5, 6
SUB_CREATED, SUB_COMPLETED, SUB_FAILED = 7, 8, 9
TIMER_CREATED, TIMER_FIRED = 10, 11
ORCHESTRATOR_STARTED, ORCHESTRATOR_COMPLETED = 12, 13
EVENT_SENT, EVENT_RAISED = 14, 15
GENERIC, SUSPENDED, RESUMED = 17, 19, 20

NAMES = {
    0: "ExecutionStarted",
    1: "ExecutionCompleted",
    2: "ExecutionFailed",
    3: "ExecutionTerminated",
    4: "TaskScheduled",
    5: "TaskCompleted",
    6: "TaskFailed",
    7: "SubOrchestrationInstanceCreated",
    8: "SubOrchestrationInstanceCompleted",
    9: "SubOrchestrationInstanceFailed",
    10: "TimerCreated",
    11: "TimerFired",
    12: "OrchestratorStarted",
    13: "OrchestratorCompleted",
    14: "EventSent",
    15: "EventRaised",
    16: "ContinueAsNew",
    17: "GenericEvent",
    18: "HistoryState",
    19: "ExecutionSuspended",
    20: "ExecutionResumed",
}


def mark_played(events: list[Event]) -> None:
    """Mark new events as processed: all but the start of the episode, even the 13 of a new generation (s08)."""
    for event in events:
        event["IsPlayed"] = event["EventType"] != ORCHESTRATOR_STARTED


def _tail(moment: datetime, event_id: int = -1) -> Event:
    return {"EventId": event_id, "IsPlayed": False, "Timestamp": stamp(moment)}


def orchestrator_started(now: datetime) -> Event:
    """An episode begins; the only timestamp that moves `current_utc_datetime`."""
    return {"EventType": ORCHESTRATOR_STARTED, **_tail(now)}


def orchestrator_completed(now: datetime) -> Event:
    """An episode ends."""
    return {"EventType": ORCHESTRATOR_COMPLETED, **_tail(now)}


def execution_started(
    now: datetime,
    *,
    name: str,
    instance_id: str,
    execution_id: str,
    input_text: str | None,
    version: str | None = None,
    parent: dict[str, Any] | None = None,
    generation: int | None = None,
) -> Event:
    """An execution begins; children and generations after continue-as-new have no `Generation` (s08, s09)."""
    return {
        "OrchestrationInstance": {"InstanceId": instance_id, "ExecutionId": execution_id},
        "EventType": EXECUTION_STARTED,
        "ParentInstance": parent,
        "Name": name,
        "Version": version,
        "Input": input_text,
        "Tags": None,
        "Correlation": None,
        "ParentTraceContext": None,
        "ScheduledStartTime": None,
        "Generation": generation,
        "GenerateNewTrace": False,
        **_tail(now),
    }


def execution_completed(now: datetime, event_id: int, status: str, result: str | None) -> Event:
    """An execution has ended; the app never sees this one, the status API shows it."""
    return {
        "EventType": EXECUTION_COMPLETED,
        "OrchestrationStatus": status,
        "Result": result,
        "FailureDetails": None,
        **_tail(now, event_id),
    }


def execution_terminated(now: datetime, reason: str | None) -> Event:
    """A client asked for the end."""
    return {"EventType": EXECUTION_TERMINATED, "Input": reason, **_tail(now)}


def task_scheduled(now: datetime, event_id: int, name: str, input_text: str | None) -> Event:
    """An activity was scheduled; its input is stored only if host.json says so (s30)."""
    return {
        "EventType": TASK_SCHEDULED,
        "Name": name,
        "Version": "",
        "Input": None if input_text is None else json.dumps([input_text], ensure_ascii=False),
        "ParentTraceContext": None,
        "Tags": None,
        **_tail(now, event_id),
    }


def task_completed(now: datetime, task_id: int, result: str | None) -> Event:
    """An activity returned."""
    return {"EventType": TASK_COMPLETED, "TaskScheduledId": task_id, "Result": result, **_tail(now)}


def sub_completed(now: datetime, task_id: int, result: str | None) -> Event:
    """A child orchestration returned."""
    return {"EventType": SUB_COMPLETED, "TaskScheduledId": task_id, "Result": result, **_tail(now)}


def _failed(kind: int, now: datetime, task_id: int, reason: str | None, details: str | None) -> Event:
    return {
        "EventType": kind,
        "TaskScheduledId": task_id,
        "Reason": reason,
        "Details": details,
        "FailureDetails": None,
        **_tail(now),
    }


def task_failed(now: datetime, task_id: int, reason: str, details: str) -> Event:
    """An activity raised, or its worker died."""
    return _failed(TASK_FAILED, now, task_id, reason, details)


def sub_failed(now: datetime, task_id: int, reason: str | None, details: str | None) -> Event:
    """A child orchestration failed or was terminated (then without details, s10h)."""
    return _failed(SUB_FAILED, now, task_id, reason, details)


def sub_created(
    now: datetime, event_id: int, name: str, version: str | None, instance_id: str, input_text: str | None
) -> Event:
    """A child orchestration was scheduled."""
    return {
        "EventType": SUB_CREATED,
        "Name": name,
        "Version": version,
        "InstanceId": instance_id,
        "Input": input_text,
        "ClientSpanId": None,
        "Tags": None,
        **_tail(now, event_id),
    }


def timer_created(now: datetime, event_id: int, fire_at: datetime) -> Event:
    """A timer was set."""
    return {"EventType": TIMER_CREATED, "FireAt": stamp(fire_at), **_tail(now, event_id)}


def timer_fired(created: datetime, timer_id: int, fire_at: datetime) -> Event:
    """A timer fired; its timestamp is that of its creation (s04)."""
    return {"EventType": TIMER_FIRED, "TimerId": timer_id, "FireAt": stamp(fire_at), **_tail(created)}


def event_sent(now: datetime, event_id: int, target: str, name: str, input_text: str) -> Event:
    """A message was sent to an entity."""
    return {
        "EventType": EVENT_SENT,
        "InstanceId": target,
        "Name": name,
        "Input": input_text,
        **_tail(now, event_id),
    }


def event_raised(now: datetime, name: str, input_text: str | None) -> Event:
    """An external event or an entity's answer arrived."""
    return {
        "EventType": EVENT_RAISED,
        "Name": name,
        "Input": input_text,
        "ParentTraceContext": None,
        **_tail(now),
    }


def generic(now: datetime, data: str | None) -> Event:
    """A placeholder, such as the order to rewind."""
    return {"Data": data, "EventType": GENERIC, **_tail(now)}


def suspended(now: datetime, reason: str | None) -> Event:
    """A client asked for a pause."""
    return {"EventType": SUSPENDED, "Reason": reason, **_tail(now)}


def resumed(now: datetime, reason: str | None) -> Event:
    """A client ended the pause."""
    return {"EventType": RESUMED, "Reason": reason, **_tail(now)}
