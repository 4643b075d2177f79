"""Where the app's functions run: daemon threads for plain functions, one event loop for `async` ones.

The loop is the process's, not the host's. The SDK keeps one HTTP session per process, bound to the loop that
first used it, just as a real worker process has one loop; two hosts in one process must therefore share it.
Threads are daemons, so that a function that never returns cannot keep a stopped host alive.
"""

import asyncio
import contextlib
import inspect
import queue
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any

from azure.durable_functions.models.utils import http_utils

from .exits import interception

_PATIENCE = 0.3
_Job = tuple["Future[Any]", Callable[[], Any]]


class ThreadPool:
    """Daemon threads that are started when they are first needed and end with the pool."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._threads = 0
        self._busy = 0
        self._queued = 0
        self._lock = threading.Lock()

    def submit(self, work: Callable[[], Any]) -> "Future[Any]":
        """Run `work` on one of the threads."""
        future: Future[Any] = Future()
        with self._lock:
            self._queued += 1
            self._jobs.put((future, work))
            if self._threads - self._busy < self._queued and self._threads < self._limit:
                self._threads += 1
                name = f"function-{self._threads}"
                threading.Thread(target=self._serve, name=name, daemon=True).start()
        return future

    def close(self) -> None:
        """Let the threads end once they have nothing left to do."""
        for _ in range(self._threads):
            self._jobs.put(None)

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            future, work = job
            with self._lock:
                self._queued -= 1
                self._busy += 1
            try:
                # From here on it can't be cancelled: a host that is killed meanwhile leaves nobody to answer to.
                if future.set_running_or_notify_cancel():
                    future.set_result(work())
            except BaseException as error:
                future.set_exception(error)
            del job, future, work
            with self._lock:
                self._busy -= 1


class WorkerLoop:
    """The event loop of the process's worker, alive while at least one host uses it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def acquire(self) -> None:
        """Count one more host in."""
        with self._lock:
            self._users += 1
            if self._users == 1:
                interception.start()
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="worker-loop", daemon=True)
                self._thread.start()

    def submit(self, coroutine: Coroutine[Any, Any, Any]) -> "Future[Any]":
        """Run a coroutine on the loop."""
        if self._loop is None:
            raise RuntimeError("no host is running")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def release(self) -> None:
        """Count a host out; with the last one the loop ends, and the SDK's session with it."""
        with self._lock:
            self._users -= 1
            if self._users > 0 or self._loop is None or self._thread is None:
                return
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
            interception.stop()
        winding_up = _wind_up()
        # A coroutine that blocks the loop must not hold up a host that stops: then the loop is left to its fate.
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(winding_up, loop).result(timeout=_PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=_PATIENCE)
        # The next host has another loop, on which the session of this one would be of no use.
        _forget_session()
        if not thread.is_alive():
            loop.close()
        if inspect.getcoroutinestate(winding_up) == inspect.CORO_CREATED:
            winding_up.close()


async def _wind_up() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    session = http_utils._client_session
    if session is not None and not session.closed:
        await session.close()


def _forget_session() -> None:
    http_utils._client_session = None
    http_utils._session_lock = asyncio.Lock()


worker_loop = WorkerLoop()
