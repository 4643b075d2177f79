"""What one rotation takes, counted: calls to Azure from the simulators' log, the rest from the instance's history.

What the task hub does in Azure Storage follows from the history, by how the Durable extension works: each activity is a
message there and one back, each timer and each signal one, each call of an entity one there and one back, and the start
one; each message is put, got and deleted. Each episode reads the history, writes what it adds to it in one batch, and
writes the status; so does each operation of an entity for its own. The starter asks for the status and writes one.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dev.bench.fleet import Fleet, seed
from dev.bench.rush import NOT_AZURE, arena
from dev.embedded_host import EmbeddedHost
from dev.embedded_host.history import EVENT_RAISED, EVENT_SENT, ORCHESTRATOR_STARTED, TASK_SCHEDULED, TIMER_CREATED
from dev.faults.arena import APP, Arena

# Waits are spread by the instance's id, and that follows from the version's.
_SEED = 5
_PER_MESSAGE = 3
_PER_EPISODE = 3
_OF_THE_STARTER = 2


@dataclass(frozen=True)
class Bill:
    """The counts of one rotation."""

    calls: Counter[str]
    """To Azure, by operation; listings of a vault, which serve many rotations, are left out."""
    listings: int
    """Of a vault."""
    activities: Counter[str]
    episodes: int
    timers: int
    entity_operations: int
    events: int
    """Rows in the history table."""
    history_bytes: int
    """The same as JSON without white space."""
    messages: int

    @property
    def executions(self) -> int:
        """Return how often a function is run, the starter included."""
        return self.activities.total() + self.episodes + self.entity_operations + 1

    @property
    def queue_operations(self) -> int:
        """Return how often the task hub's queues are used."""
        return self.messages * _PER_MESSAGE

    @property
    def table_transactions(self) -> int:
        """Return how often the task hub's tables are used."""
        return (self.episodes + self.entity_operations) * _PER_EPISODE + _OF_THE_STARTER


def bill_of(prepare: Callable[[Fleet], None] = lambda fleet: None, **tags: str) -> Bill:
    """Rotate one secret, in a process that has rotated before, and return what that took.

    Args:
        prepare: Called before the secret is announced.
        tags: Added to the secret's.
    """
    with arena(_SEED) as made, EmbeddedHost(APP, clock=made.clock) as host:
        seed(made, 1).announce(host)
        made.clear(cold=False)
        fleet = seed(made, 1, prefix="billed", **tags)
        prepare(fleet)
        (instance,) = fleet.announce(host)
        while not host.has_ended(instance):
            due = made.clock.next_due()
            assert due is not None  # noqa: S101 - an instance that neither ends nor waits is a bug of the host
            made.clock.advance(max(due - made.clock.now(), timedelta(0)))
        return _bill(made, host.history(instance))


def _bill(arena: Arena, history: Sequence[dict[str, Any]]) -> Bill:
    calls = Counter(call.operation for call in arena.azure.calls if call.operation not in NOT_AZURE)
    kinds = Counter(event["EventType"] for event in history)
    activities = Counter(str(event["Name"]) for event in history if event["EventType"] == TASK_SCHEDULED)
    return Bill(
        calls=Counter({name: many for name, many in calls.items() if name != "keyvault.listSecrets"}),
        listings=calls["keyvault.listSecrets"],
        activities=activities,
        episodes=kinds[ORCHESTRATOR_STARTED],
        timers=kinds[TIMER_CREATED],
        entity_operations=kinds[EVENT_SENT],
        events=len(history),
        history_bytes=len(json.dumps(history, separators=(",", ":"), ensure_ascii=False).encode()),
        messages=1 + 2 * activities.total() + kinds[TIMER_CREATED] + kinds[EVENT_SENT] + kinds[EVENT_RAISED],
    )
