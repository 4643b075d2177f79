"""Deterministic coroutines: tasks that continue at once, on the spot, when what they wait for is settled.

The Durable Task Framework runs an orchestration's tasks on a synchronous scheduler. These few lines are the
same thing for Python's `async def`: no event loop, no time, no threads, so a replay is a pure function of what
settles in which order.
"""

from collections.abc import Callable, Coroutine, Generator, Iterable
from typing import Any


class BrokenPromiseError(Exception):
    """What was awaited has failed."""


class Promise:
    """Something that is settled once, well or badly."""

    def __init__(self) -> None:
        self.done = False
        self.failed = False
        self.error: BaseException | None = None
        self.value: Any = None
        self._continuations: list[Callable[[], None]] = []

    def settle(self, value: Any = None) -> None:
        """Fulfil it and run what waits for it; harmless when it is settled already."""
        self._end(value, None, failed=False)

    def fail(self, error: BaseException | None = None) -> None:
        """Break it and run what waits for it; harmless when it is settled already."""
        self._end(None, error, failed=True)

    def then(self, continuation: Callable[[], None]) -> None:
        """Call `continuation` when it is settled, or now."""
        if self.done:
            continuation()
        else:
            self._continuations.append(continuation)

    def __await__(self) -> Generator["Promise", None, Any]:
        if not self.done:
            yield self
        if self.failed:
            raise self.error or BrokenPromiseError
        return self.value

    def _end(self, value: Any, error: BaseException | None, *, failed: bool) -> None:
        if self.done:
            return
        self.done, self.failed, self.value, self.error = True, failed, value, error
        waiting, self._continuations = self._continuations, []
        for continuation in waiting:
            continuation()


def settled() -> Promise:
    """Return a promise that has been kept."""
    promise = Promise()
    promise.settle()
    return promise


def broken() -> Promise:
    """Return a promise that has been broken."""
    promise = Promise()
    promise.fail()
    return promise


def spawn(coroutine: Coroutine[Promise, None, Any]) -> Promise:
    """Run a coroutine up to its first unsettled promise, and on from there as promises are settled."""
    result = Promise()

    def step() -> None:
        try:
            awaited = coroutine.send(None)
        except StopIteration as end:
            result.settle(end.value)
        except Exception as error:
            result.fail(error)
        else:
            awaited.then(step)

    step()
    return result


def when_all(promises: Iterable[Promise]) -> Promise:
    """Return a promise for the end of all; it breaks, but only then, when any of them broke."""
    awaited = list(promises)
    result = Promise()

    def check() -> None:
        if all(promise.done for promise in awaited):
            if any(promise.failed for promise in awaited):
                result.fail()
            else:
                result.settle()

    for promise in awaited:
        promise.then(check)
    check()
    return result


def when_any(promises: Iterable[Promise]) -> Promise:
    """Return a promise that is kept as soon as any of them has ended, well or badly."""
    result = Promise()
    for promise in promises:
        promise.then(result.settle)
    return result
