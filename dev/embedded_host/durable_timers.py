"""Durable timers: an entry in the store and a call by the clock.

With `early` on, a timer fires up to a second before its time, as the real ones do because Azure Storage counts
in whole seconds (s04e: 2 s after 1.05 s), though never before it was made.
"""

from datetime import datetime, timedelta
from typing import Any

from dev.clock import Cancellable

from . import history as h
from .instances import Instance
from .stamps import parse, stamp
from .taskhub import TaskHub

_EARLY_BY = timedelta(milliseconds=950)


class DurableTimers:
    """The timers that have yet to fire."""

    def __init__(self, hub: TaskHub, *, early: bool) -> None:
        self._hub = hub
        self._early = early
        self._documents: dict[str, dict[str, Any]] = {}
        self._calls: dict[str, Cancellable] = {}

    def schedule(self, instance: Instance, timer_id: int, fire_at: datetime) -> None:
        """Set a timer."""
        key = f"{instance.execution_id}:{timer_id}"
        document = {
            "instance": instance.instance_id,
            "execution": instance.execution_id,
            "timer": timer_id,
            "fire_at": stamp(fire_at),
            "created": stamp(self._hub.now()),
        }
        self._hub.store.put("timer", key, document)
        self._arm(key, document)

    def drop(self, execution_id: str) -> None:
        """Forget the timers of an execution that is over: nobody would read their messages."""
        for key in [key for key in self._documents if key.startswith(execution_id + ":")]:
            self._calls.pop(key).cancel()
            self._forget(key)

    def restore(self) -> None:
        """Set the timers that the store holds; those that are overdue fire at once."""
        for key, document in self._hub.store.load("timer").items():
            self._arm(key, document)

    def _arm(self, key: str, document: dict[str, Any]) -> None:
        self._documents[key] = document
        due = parse(document["fire_at"])
        if self._early:
            due = max(due - _EARLY_BY, min(due, parse(document["created"])))
        self._calls[key] = self._hub.call_at(due, lambda: self._fire(key))

    def _fire(self, key: str) -> None:
        document = self._documents.get(key)
        if document is None:
            return
        self._calls.pop(key)
        self._forget(key)
        event = h.timer_fired(parse(document["created"]), document["timer"], parse(document["fire_at"]))
        self._hub.post(document["instance"], document["execution"], event)
        self._hub.commit()

    def _forget(self, key: str) -> None:
        del self._documents[key]
        self._hub.store.delete("timer", key)
