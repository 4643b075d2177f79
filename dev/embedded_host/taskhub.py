"""The task hub: everything that is stored, and the ways to set it in motion.

It belongs to one event loop, the host's; nothing here is touched from another thread. The parts of the engine
(`episodes`, `activities`, `durable_timers`, `entities`) share it, and register with it what they want to be
called for.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from dev.clock import Cancellable, Clock

from . import history as h
from .decisions import Known
from .functions import ACTIVITY, ENTITY, ORCHESTRATION, LoadedFunction
from .history import Event
from .idle import InFlight
from .instances import Instance
from .settings import HostSettings
from .stamps import stamp
from .store import Store

log = logging.getLogger("embedded_host")


class TaskHub:
    """The state of a host and the means to change it."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        in_flight: InFlight,
        settings: HostSettings,
        functions: list[LoadedFunction],
        *,
        keep_journal: bool = False,
    ) -> None:
        self.store = store
        self.clock = clock
        self.in_flight = in_flight
        self.settings = settings
        self.functions = functions
        self.instances: dict[str, Instance] = {}
        self.journal: list[str] = []
        """What was sent to and fro without being stored, for tests that search everything; empty otherwise."""
        self._keep_journal = keep_journal
        self.closed = False
        self.on_wake: Callable[[Instance], None] = lambda instance: None
        self.on_finish: Callable[[str], None] = lambda execution_id: None
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._by_kind = {
            kind: {function.durable_name.lower(): function for function in functions if function.kind == kind}
            for kind in (ACTIVITY, ORCHESTRATION, ENTITY)
        }
        self.known = Known(
            frozenset(self._by_kind[ACTIVITY]),
            frozenset(self._by_kind[ORCHESTRATION]),
            frozenset(self._by_kind[ENTITY]),
        )

    def now(self) -> datetime:
        """Return the time by the host's clock."""
        return self.clock.now()

    def function(self, kind: str, name: str) -> LoadedFunction | None:
        """Find a durable function; letter case doesn't matter (s18)."""
        return self._by_kind[kind].get(name.lower())

    def unknown_function(self, kind: str, name: str) -> str:
        """Return what the extension says of a function that isn't there (s13b)."""
        noun = {ACTIVITY: "activity", ORCHESTRATION: "orchestrator", ENTITY: "entity"}[kind]
        known = ", ".join(f"'{function.durable_name}'" for function in self._by_kind[kind].values())
        told = f"The following are the known {noun} functions: {known}."
        if not known:
            told = f"No {noun} functions are currently registered!"
        return (
            f"The function '{name}' doesn't exist, is disabled, or is not an {noun} function. Additional info: {told}"
        )

    def note(self, text: str | None) -> None:
        """Remember what is sent, if that was asked for."""
        if self._keep_journal and text:
            self.journal.append(text)

    # Instances

    def create(
        self,
        *,
        name: str,
        instance_id: str,
        execution_id: str,
        input_text: str | None,
        version: str | None = None,
        parent: dict[str, Any] | None = None,
        generation: int | None = None,
    ) -> Instance:
        """Put a new execution in place of whatever had the id, and its start into the mail."""
        now = self.now()
        started = h.execution_started(
            now,
            name=name,
            instance_id=instance_id,
            execution_id=execution_id,
            input_text=input_text,
            version=version,
            parent=parent,
            generation=generation,
        )
        replaced = self.instances.get(instance_id)
        if replaced is not None:
            self.on_finish(replaced.execution_id)
        instance = Instance(
            instance_id=instance_id,
            execution_id=execution_id,
            name=name,
            input_text=input_text,
            created=stamp(now),
            updated=stamp(now),
            version=version,
            parent=parent,
            generation=generation,
            inbox=[{"execution": execution_id, "event": started}],
        )
        self.instances[instance_id] = instance
        self.save(instance)
        self.on_wake(instance)
        return instance

    def post(self, instance_id: str, execution_id: str | None, event: Event) -> None:
        """Deliver a message; one for an execution that is over is dropped (s28)."""
        instance = self.instances.get(instance_id)
        if instance is None or instance.is_finished:
            return
        if execution_id is not None and execution_id != instance.execution_id:
            return
        instance.inbox.append({"execution": execution_id, "event": event})
        self.save(instance)
        self.on_wake(instance)

    def save(self, instance: Instance) -> None:
        """Have an instance written by the next commit."""
        self.store.put("instance", instance.instance_id, instance.document())

    def remove(self, instance_id: str) -> None:
        """Forget an instance."""
        del self.instances[instance_id]
        self.store.delete("instance", instance_id)

    def commit(self) -> None:
        """Make all changes so far last, and tell those who wait for one."""
        if self.closed:
            return
        self.store.commit()
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for_change(self, seconds: float) -> None:
        """Wait for the next commit, but no longer than so many real seconds."""
        changed = self._changed
        try:
            await asyncio.wait_for(changed.wait(), seconds)
        except TimeoutError:
            return

    def restore(self) -> None:
        """Take up the instances that the store holds, and their mail."""
        for key, document in self.store.load("instance").items():
            self.instances[key] = Instance(**document)
        for instance in self.instances.values():
            self.on_wake(instance)

    # Motion

    def start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine on the host's loop, counted as in flight."""

        async def counted() -> None:
            try:
                await coroutine
            except Exception:
                log.exception("the embedded host failed")
            finally:
                self.in_flight.done()

        self.in_flight.add()
        task = self._loop.create_task(counted())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: coroutine.close())  # a task that is cancelled at once never awaits it

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Cancellable:
        """Call back on the host's loop when the clock says so; in flight from the moment that it is due."""

        def run() -> None:
            try:
                if not self.closed:
                    callback()
            finally:
                self.in_flight.done()

        def due() -> None:
            if self.closed:
                return
            self.in_flight.add()
            try:
                self._loop.call_soon_threadsafe(run)
            except RuntimeError:  # the loop was closed in between
                self.in_flight.done()

        return self.clock.call_at(when, due)

    def close(self) -> None:
        """Let nothing happen any more."""
        self.closed = True
        for task in self._tasks:
            task.cancel()


def new_execution_id() -> str:
    """Return an execution id as the framework makes them, without dashes."""
    return uuid.uuid4().hex
