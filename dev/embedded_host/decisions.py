"""What a replay decides, as plain data.

A replay of an orchestrator's actions against its history (see `replay`) ends in an `Outcome`: what is to be scheduled
that the history doesn't have yet, and whether the execution has ended. Nothing here does anything.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from .history import Event


@dataclass(frozen=True)
class Decision:
    """Something to schedule; `event_id` is its place in the orchestration's sequence."""

    event_id: int
    kind: Literal["task", "sub", "timer", "event"]
    name: str = ""
    input_text: str | None = None
    target: str = ""
    """The instance that a child gets or an event goes to."""
    version: str | None = None
    fire_at: datetime | None = None

    @property
    def action_name(self) -> str:
        """Return what the framework calls this kind when it complains of non-determinism."""
        return {
            "task": "ScheduleTaskOrchestratorAction",
            "sub": "CreateSubOrchestrationAction",
            "timer": "CreateTimerOrchestratorAction",
            "event": "SendEventOrchestratorAction",
        }[self.kind]


@dataclass(frozen=True)
class Completion:
    """The end of an execution."""

    event_id: int
    status: Literal["Completed", "Failed", "Terminated", "ContinuedAsNew"]
    result: str | None
    details: str | None = None
    carried_over: list[Event] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """Everything that one replay decided."""

    decisions: list[Decision]
    completion: Completion | None
    custom_status: Any
    suspended: bool


@dataclass(frozen=True)
class Known:
    """The names, in lower case, of the app's functions: a call of any other is never scheduled (s13)."""

    activities: frozenset[str]
    orchestrators: frozenset[str]
    entities: frozenset[str]


@dataclass(frozen=True)
class Identity:
    """Which execution is replayed."""

    instance_id: str
    execution_id: str
    name: str
    parent_instance_id: str | None = None


class NonDeterminismError(Exception):
    """The history holds what this replay did not schedule."""


def check_match(event: Event, noun: str, kind: str, decided: Decision | None) -> None:
    """Complain, in the framework's words, when the history has `event` but the replay decided something else."""
    number, name = event["EventId"], event.get("Name")
    what = f"A previous execution of this orchestration scheduled {noun} with sequence"
    described = _described(event)
    if decided is None:
        raise NonDeterminismError(
            f"{what} {described}, but the current replay execution hasn't (yet?) scheduled this task. " + _QUESTION
        )
    if decided.kind != kind:
        raise NonDeterminismError(
            f"{what} number {number} named '{name or ''}', but the current orchestration replay instead produced a "
            f"{decided.action_name} action with this sequence number. " + _QUESTION
        )
    if name is not None and decided.name.lower() != name.lower():
        raise NonDeterminismError(
            f"{what} number {number} named '{name}', but the current orchestration replay instead scheduled {noun} "
            f"named '{decided.name}' with this sequence number.  " + _QUESTION
        )


_QUESTION = "Was a change made to the orchestrator code after this instance had already started running?"


def _described(event: Event) -> str:
    number = event["EventId"]
    if "Name" not in event:
        return f"number {number}"
    text = f"ID {number} and name '{event['Name']}'"
    if "InstanceId" in event:
        return f"{text} (instance ID '{event['InstanceId']}')"
    return f"{text} (version '{event.get('Version') or ''}')"
