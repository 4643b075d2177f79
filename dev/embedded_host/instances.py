"""One orchestration instance: its row in the status table, its history and its mail."""

from dataclasses import dataclass, field
from typing import Any

from .decisions import Identity
from .history import Event

PENDING, RUNNING, SUSPENDED = "Pending", "Running", "Suspended"
COMPLETED, FAILED, TERMINATED = "Completed", "Failed", "Terminated"
FINISHED = frozenset({COMPLETED, FAILED, TERMINATED})


@dataclass
class Instance:
    """An instance; texts are raw, as the task hub's tables have them."""

    instance_id: str
    execution_id: str
    name: str
    input_text: str | None
    created: str
    updated: str
    version: str | None = None
    parent: dict[str, Any] | None = None
    generation: int | None = 0
    status: str = PENDING
    output: str | None = None
    custom_status: str | None = None
    history: list[Event] = field(default_factory=list)
    inbox: list[dict[str, Any]] = field(default_factory=list)
    """Messages to come: `event`, and the `execution` that it is for (None: whichever runs)."""
    unplayed: bool = False
    """The history is the beginning of a new generation that the function has not seen yet (s08)."""

    @property
    def is_finished(self) -> bool:
        """Tell whether nothing can happen to it any more."""
        return self.status in FINISHED

    @property
    def identity(self) -> Identity:
        """Return which execution this is."""
        parent_id = self.parent["OrchestrationInstance"]["InstanceId"] if self.parent else None
        return Identity(self.instance_id, self.execution_id, self.name, parent_id)

    def document(self) -> dict[str, Any]:
        """Return it as plain data, for the store."""
        return vars(self)
