"""Event Hub triggers: batches are handed in, not read from a hub.

The function gets what the real host would give it: one event or a list, with the partition's context, sequence
numbers, offsets and times in the trigger metadata that the SDK's converter reads. `attempts` tries a batch again that
fails.
"""

import itertools
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

from azure.functions import meta

from .attempts import Attempts, DeliveryResult
from .functions import LoadedFunction
from .stamps import stamp
from .taskhub import TaskHub

Body = bytes | str


class EventHubs:
    """Delivers events to functions."""

    def __init__(self, hub: TaskHub, attempts: Attempts) -> None:
        self._hub = hub
        self._attempts = attempts
        self._numbers: defaultdict[tuple[str, str], Iterator[int]] = defaultdict(itertools.count)

    async def deliver(self, function: LoadedFunction, bodies: Sequence[Body], partition: str = "0") -> DeliveryResult:
        """Deliver a batch: in one call, or one by one to a function that takes single events."""
        # The SDK writes the member name of its own enum, MANY; function.json files say many.
        if str(function.trigger.get("cardinality", "")).lower() == "many":
            datum, metadata = self._many(function, bodies, partition)
            return await self._attempts.make(function, datum, metadata)
        results = []
        for body in bodies:
            datum, metadata = self._one(function, body, partition)
            results.append(await self._attempts.make(function, datum, metadata))
        failed = [result for result in results if not result.succeeded]
        error = failed[-1].error if failed else None
        return DeliveryResult(not failed, sum(result.attempts for result in results), error)

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
