"""Calls of functions whose trigger can bring its data again: Event Hubs and timers.

A function that raises is tried again by its retry policy with the same data; when that is used up, the data is gone,
as on the real host.
"""

import asyncio
import itertools
from dataclasses import dataclass
from datetime import datetime

from azure.functions import meta

from .functions import LoadedFunction
from .invoker import Invoker, Result, RetryContext
from .outcomes import Failure
from .retries import policy_of
from .taskhub import TaskHub, log


@dataclass(frozen=True)
class DeliveryResult:
    """How a delivery ended: `attempts` counts the calls of the function, `error` is the last failure."""

    succeeded: bool
    attempts: int
    error: str | None = None


class Attempts:
    """Calls functions until they succeed or their retry policy is used up."""

    def __init__(self, hub: TaskHub, invoker: Invoker) -> None:
        self._hub = hub
        self._invoker = invoker

    async def make(
        self, function: LoadedFunction, datum: meta.Datum, metadata: dict[str, meta.Datum]
    ) -> DeliveryResult:
        """Call a function, and again as often as its policy says."""
        policy = policy_of(function, self._hub.settings)
        for retries in itertools.count():
            context = RetryContext(retries, policy.max_retries) if policy.max_retries else None
            outcome = await self._invoker.invoke(function, datum, metadata, context)
            if isinstance(outcome, Result):
                return DeliveryResult(succeeded=True, attempts=retries + 1)
            report(function, outcome)
            if not policy.allows(retries):
                return DeliveryResult(succeeded=False, attempts=retries + 1, error=outcome.message)
            await self._sleep_until(self._hub.now() + policy.delay(retries))
        raise AssertionError  # the count never ends

    async def _sleep_until(self, when: datetime) -> None:
        # Waiting for the clock is rest, not work: on a virtual clock somebody has to move it. So the attempt is
        # counted out of what is in flight until the clock calls.
        woken = asyncio.get_running_loop().create_future()
        self._hub.call_at(when, lambda: self._wake(woken))
        self._hub.in_flight.done()
        await woken

    def _wake(self, woken: "asyncio.Future[None]") -> None:
        self._hub.in_flight.add()
        woken.set_result(None)


def report(function: LoadedFunction, failure: Failure) -> None:
    """Tell the log of a function that failed."""
    log.error("function '%s' failed: %s\n%s", function.name, failure.message, failure.stack or "")
