"""A host inside the test's own process: the same thing that the command line runs, with handles.

    with EmbeddedHost(Path("app"), clock=VirtualClock()) as host:
        host.start("rotate", "id-1", {"n": 1})
        host.advance(timedelta(days=3))
        assert host.status("id-1")["runtimeStatus"] == "Completed"

The host's event loop has a thread of its own; every method may be called from any other thread.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from dev.clock import Clock, SystemClock, VirtualClock

from .attempts import DeliveryResult
from .client import event_text
from .errors import ApiError, HostError
from .event_hubs import Body
from .functions import EVENT_HUB
from .host import Host, HostOptions
from .status_view import entity_status, instance_status

T = TypeVar("T")
_START_TIMEOUT = 60.0


class EmbeddedHost:
    """An app that runs in this process.

    Args:
        app_dir: Where its function_app.py is.
        clock: What it goes by; the machine's unless told otherwise.
        state: A file to keep everything in, for another host to take up.
        port: A port to listen on; a free one for 0.
        early_timers: Let timers fire up to a second early, as the real ones may.
        visibility_delay: How long work of a killed host stays hidden.
        keep_journal: Remember all that is sent, for `dump`; a load of many thousands does better without.
        patience: How long coming to rest may take, in real seconds.
    """

    def __init__(
        self,
        app_dir: Path,
        clock: Clock | None = None,
        state: Path | None = None,
        port: int = 0,
        *,
        early_timers: bool = False,
        visibility_delay: timedelta = timedelta(0),
        keep_journal: bool = True,
        patience: float = 30,
    ) -> None:
        options = HostOptions(Path(app_dir), port, state, early_timers, visibility_delay, keep_journal)
        self._patience = patience
        self.clock: Clock = clock if clock is not None else SystemClock()
        self._host = Host(options, self.clock)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="embedded-host", daemon=True)
        self._running = False

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Load the app and listen.

        Raises:
            HostError: It can't be run.
        """
        self._thread.start()
        try:
            self._wait(self._host.start(), _START_TIMEOUT)
        except BaseException:
            self._end_loop()
            raise
        self._running = True
        if isinstance(self.clock, VirtualClock):
            self.clock.settle_with(self.wait_idle)

    def close(self) -> None:
        """Stop in order; harmless when it has stopped already."""
        self._end(self._host.stop)

    def kill(self) -> None:
        """Stop as `kill -9` would: nothing more runs or is written, the state file stays."""
        self._end(self._host.kill)

    @property
    def url(self) -> str:
        """Return where it listens, without a slash at the end."""
        return self._host.url

    # Orchestrations

    def start(self, function: str, instance_id: str | None = None, data: Any = None) -> str:
        """Start an orchestration as the SDK's client does, and return its id."""
        text = None if data is None else json.dumps(json.dumps(data))
        return self._call(lambda: self._host.client.start(function, instance_id, text))

    def raise_event(self, instance_id: str, name: str, data: Any = None) -> None:
        """Send an external event; the orchestrator gets `data` as it is."""
        self._call(lambda: self._host.client.raise_event(instance_id, name, event_text(data)))

    def terminate(self, instance_id: str, reason: str | None = None) -> None:
        """End an instance."""
        self._call(lambda: self._host.client.terminate(instance_id, reason))

    def restart(self, instance_id: str, *, new_id: bool = False) -> str:
        """Start an instance again with its input, and return the id."""
        return self._call(lambda: self._host.client.restart(instance_id, new_id=new_id))

    def status(self, instance_id: str) -> dict[str, Any] | None:
        """Return an instance's status as the management API shows it, with input, history and outputs."""

        def read() -> dict[str, Any] | None:
            try:
                instance = self._host.client.find(instance_id)
            except ApiError:
                return None
            return instance_status(instance, show_history=True, show_output=True)

        return self._call(read)

    def has_ended(self, instance_id: str) -> bool:
        """Tell whether an instance has come to its end."""
        return self._call(lambda: self._host.client.find(instance_id).is_finished)

    def history(self, instance_id: str) -> list[dict[str, Any]]:
        """Return an instance's raw history, as the SDK gets it."""
        # Through JSON, so that nobody changes the host's own.
        return list(json.loads(self._call(lambda: json.dumps(self._host.client.find(instance_id).history))))

    # Triggers

    def deliver_event_hub(self, function: str, bodies: Sequence[Body], partition: str = "0") -> DeliveryResult:
        """Deliver one batch, by the function's retry policy, and return how it ended.

        On a virtual clock this moves time on to each retry.
        """
        ended: Future[DeliveryResult] = Future()
        loaded = next((one for one in self._host.hub.functions if one.name == function), None)
        if loaded is None or loaded.kind != EVENT_HUB:
            raise HostError(f"there is no Event Hub function '{function}'")

        async def deliver() -> None:
            try:
                ended.set_result(await self._host.deliveries.deliver(loaded, bodies, partition))
            except Exception as error:
                ended.set_exception(error)

        self._call(lambda: self._host.hub.start(deliver()))
        while isinstance(self.clock, VirtualClock):
            self.wait_idle()
            due = self.clock.next_due()
            if ended.done() or due is None:
                break
            self.clock.advance(max(due - self.clock.now(), timedelta(0)))
        return ended.result()

    # Time

    def wait_idle(self, timeout: float | None = None) -> None:
        """Wait, in real time, until only the clock or somebody outside can set anything in motion.

        Raises:
            TimeoutError: It took longer than `timeout` seconds, or than the host's patience where none is given.
        """
        patience = self._patience if timeout is None else timeout
        if self._running and not self._host.in_flight.wait_for_rest(patience):
            raise TimeoutError(f"the host was still busy after {patience} s")

    def advance(self, by: timedelta) -> None:
        """Move the virtual clock on, letting everything that falls due run its course."""
        if not isinstance(self.clock, VirtualClock):
            raise TypeError("only a virtual clock can be moved")
        self.clock.advance(by)

    def hold(self, by: timedelta) -> None:
        """Let a call that a function waits for take `by` of the clock's time; blocks the thread that serves it."""
        self._host.in_flight.rest_until(self.clock, self.clock.now() + by)

    # Faults and proof

    def crash_worker(
        self,
        on: Literal["activity", "orchestrator"],
        function: str,
        nth: int = 1,
        when: Literal["before", "after"] = "before",
    ) -> None:
        """Let the worker die in the nth call from now: before the body runs, or after it but unanswered."""
        self._host.crashes.plant(on, function, nth, when)

    def kill_worker(self) -> None:
        """Let the worker die at this moment: every call that it has in hand goes unanswered."""
        self._host.crashes.strike()

    def lose_activity(self, function: str) -> None:
        """Let the message of the next call of an activity get lost: its instance waits for ever for the answer."""
        self._call(lambda: self._host.activities.lose(function))

    def dump(self) -> str:
        """Return everything that was stored or sent, as text to search for what must not be in it."""

        def collect() -> str:
            hub, entities = self._host.hub, self._host.entities.all.values()
            parts = [json.dumps(one.document(), ensure_ascii=False) for one in hub.instances.values()]
            parts += [
                json.dumps(instance_status(one, show_history=True, show_output=True), ensure_ascii=False)
                for one in hub.instances.values()
            ]
            parts += [json.dumps([one.document(), entity_status(one)], ensure_ascii=False) for one in entities]
            return "\n".join([*parts, *hub.journal])

        return self._call(collect)

    # The host's thread

    def _call(self, work: Callable[[], T]) -> T:
        async def run() -> T:
            return work()

        return self._wait(run())

    def _wait(self, coroutine: Coroutine[Any, Any, T], timeout: float = 30) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout)

    def _end(self, how: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if not self._running:
            return
        self._running = False
        if isinstance(self.clock, VirtualClock):
            self.clock.unsettle(self.wait_idle)
        self._wait(how())
        self._end_loop()

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        if not self._thread.is_alive():
            self._loop.close()
