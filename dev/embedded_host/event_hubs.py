"""Event Hub triggers: batches are handed in, not read from a hub.

The function gets what the real host would give it: one event or a list, with the partition's context, sequence
numbers, offsets and times in the trigger metadata that the SDK's converter reads. A function that raises is
tried again by its retry policy with the same data; when that is used up, the batch is gone, as on the real
host.
"""

import asyncio
import itertools
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from azure.functions import meta

from .functions import LoadedFunction
from .invoker import Invoker, Result, RetryContext
from .outcomes import Failure
from .retries import RetryPolicy, policy_of
from .stamps import stamp
from .taskhub import TaskHub, log

Body = bytes | str


@dataclass(frozen=True)
class DeliveryResult:
    """How a delivery ended: `attempts` counts the calls of the function, `error` is the last failure."""

    succeeded: bool
    attempts: int
    error: str | None = None


class EventHubs:
    """Delivers events to functions."""

    def __init__(self, hub: TaskHub, invoker: Invoker) -> None:
        self._hub = hub
        self._invoker = invoker
        self._numbers: defaultdict[tuple[str, str], Iterator[int]] = defaultdict(itertools.count)

    async def deliver(self, function: LoadedFunction, bodies: Sequence[Body], partition: str = "0") -> DeliveryResult:
        """Deliver a batch: in one call, or one by one to a function that takes single events."""
        policy = policy_of(function, self._hub.settings)
        # The SDK writes the member name of its own enum, MANY; function.json files say many.
        if str(function.trigger.get("cardinality", "")).lower() == "many":
            datum, metadata = self._many(function, bodies, partition)
            return await self.attempt(function, datum, metadata, policy)
        results = []
        for body in bodies:
            datum, metadata = self._one(function, body, partition)
            results.append(await self.attempt(function, datum, metadata, policy))
        failed = [result for result in results if not result.succeeded]
        error = failed[-1].error if failed else None
        return DeliveryResult(not failed, sum(result.attempts for result in results), error)

    async def attempt(
        self,
        function: LoadedFunction,
        datum: meta.Datum,
        metadata: dict[str, meta.Datum],
        policy: RetryPolicy,
    ) -> DeliveryResult:
        """Call a function, and again as often as its policy says."""
        for retries in itertools.count():
            context = RetryContext(retries, policy.max_retries) if policy.max_retries else None
            outcome = await self._invoker.invoke(function, datum, metadata, context)
            if isinstance(outcome, Result):
                return DeliveryResult(succeeded=True, attempts=retries + 1)
            _report(function, outcome)
            if not policy.allows(retries):
                return DeliveryResult(succeeded=False, attempts=retries + 1, error=outcome.message)
            await self._sleep_until(self._hub.now() + policy.delay(retries))
        raise AssertionError  # the count never ends

    async def _sleep_until(self, when: datetime) -> None:
        # Waiting for the clock is rest, not work: on a virtual clock somebody has to move it. So the delivery is
        # counted out of what is in flight until the clock calls.
        woken = asyncio.get_running_loop().create_future()
        self._hub.call_at(when, lambda: self._wake(woken))
        self._hub.in_flight.done()
        await woken

    def _wake(self, woken: "asyncio.Future[None]") -> None:
        self._hub.in_flight.add()
        woken.set_result(None)

    def _properties(self, function: LoadedFunction, partition: str) -> dict[str, Any]:
        number = next(self._numbers[function.name, partition])
        return {
            "SequenceNumber": number,
            "Offset": str(number * 128),
            "PartitionKey": None,
            "EnqueuedTimeUtc": stamp(self._hub.now()),
        }

    def _one(self, function: LoadedFunction, body: Body, partition: str) -> tuple[meta.Datum, dict[str, meta.Datum]]:
        system = self._properties(function, partition)
        metadata = _common(function, partition) | {
            "SequenceNumber": meta.Datum(system["SequenceNumber"], "int"),
            "Offset": meta.Datum(system["Offset"], "string"),
            "PartitionKey": meta.Datum(None, None),
            "EnqueuedTimeUtc": meta.Datum(system["EnqueuedTimeUtc"], "string"),
            "Properties": _json({}),
            "SystemProperties": _json(system),
        }
        if function.trigger.get("dataType") in ("BINARY", 2):
            return meta.Datum(_bytes(body), "bytes"), metadata
        return meta.Datum(_bytes(body).decode(errors="replace"), "string"), metadata

    def _many(
        self, function: LoadedFunction, bodies: Sequence[Body], partition: str
    ) -> tuple[meta.Datum, dict[str, meta.Datum]]:
        system = [self._properties(function, partition) for _ in bodies]
        metadata = _common(function, partition) | {
            "SequenceNumberArray": _json([one["SequenceNumber"] for one in system]),
            "OffsetArray": _json([one["Offset"] for one in system]),
            "PartitionKeyArray": _json([one["PartitionKey"] for one in system]),
            "EnqueuedTimeUtcArray": _json([one["EnqueuedTimeUtc"] for one in system]),
            "PropertiesArray": _json([{} for _ in system]),
            "SystemPropertiesArray": _json(system),
        }
        if function.trigger.get("dataType") in ("BINARY", 2):
            raw = SimpleNamespace(bytes=[_bytes(body) for body in bodies])
            return meta.Datum(raw, "collection_bytes"), metadata
        texts = SimpleNamespace(string=[_bytes(body).decode(errors="replace") for body in bodies])
        return meta.Datum(texts, "collection_string"), metadata


def _common(function: LoadedFunction, partition: str) -> dict[str, meta.Datum]:
    trigger = function.trigger
    context = {
        "FullyQualifiedNamespace": "embedded.servicebus.windows.net",
        "EventHubName": trigger.get("eventHubName"),
        "ConsumerGroup": trigger.get("consumerGroup") or "$Default",
        "PartitionId": partition,
        "Owner": "embedded-host",
        "RuntimeInformation": {"PartitionId": partition},
    }
    return {"PartitionContext": _json(context), "TriggerPartitionContext": _json(context)}


def _json(value: Any) -> meta.Datum:
    return meta.Datum(json.dumps(value), "json")


def _bytes(body: Body) -> bytes:
    return body.encode() if isinstance(body, str) else body


def _report(function: LoadedFunction, failure: Failure) -> None:
    log.error("function '%s' failed: %s\n%s", function.name, failure.message, failure.stack or "")
