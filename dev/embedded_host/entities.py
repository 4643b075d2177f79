"""Durable entities: state, and operations one batch at a time.

All operations that have arrived go to the entity function in one call, in their order, with the state; calls
are answered by an event to the caller's execution, signals by nothing. A delayed signal waits for its time by
the clock.
"""

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from azure.functions import meta

from . import history as h
from .entity_messages import client_signal, response_message
from .functions import ENTITY
from .invoker import Invoker, Result
from .stamps import parse, stamp
from .taskhub import TaskHub, log

_REORDER_WINDOW = timedelta(minutes=30)


@dataclass
class Entity:
    """One entity, under the name that the task hub knows it by: `@name@key`."""

    name: str
    key: str
    exists: bool = False
    state: str | None = None
    updated: str = ""
    sorter: dict[str, Any] = field(default_factory=dict)
    inbox: list[dict[str, Any]] = field(default_factory=list)

    @property
    def scheduler_id(self) -> str:
        """Return the id that it is addressed by; the name is in lower case, the key is as given."""
        return f"@{self.name}@{self.key}"

    def document(self) -> dict[str, Any]:
        """Return it as plain data, for the store."""
        return vars(self)


class Entities:
    """All entities and their mail."""

    def __init__(self, hub: TaskHub, invoker: Invoker) -> None:
        self._hub = hub
        self._invoker = invoker
        self._places = asyncio.Semaphore(hub.settings.max_orchestrators)
        self._in_turn: set[str] = set()
        self.all: dict[str, Entity] = {}

    def signal(self, name: str, key: str, operation: str, input_text: str | None) -> None:
        """Send a client's signal."""
        self.deliver(f"@{name.lower()}@{key}", client_signal(str(uuid.uuid4()), operation, input_text))
        self._hub.commit()

    def deliver(self, scheduler_id: str, request: dict[str, Any]) -> None:
        """Put a request into an entity's mail, or on the clock if it is for later."""
        if request.get("due") and parse(request["due"]) > self._hub.now():
            key = str(request["id"])
            self._hub.store.put("signal", key, {"target": scheduler_id, "request": request})
            self._arm(key, scheduler_id, request)
            return
        self._receive(scheduler_id, request)

    def restore(self) -> None:
        """Take up the entities that the store holds, and the signals that are yet to be sent."""
        for key, document in self._hub.store.load("entity").items():
            self.all[key] = Entity(**document)
        for key, document in self._hub.store.load("signal").items():
            self._arm(key, document["target"], document["request"])
        for entity in self.all.values():
            self._wake(entity)

    def _arm(self, key: str, scheduler_id: str, request: dict[str, Any]) -> None:
        def send() -> None:
            self._hub.store.delete("signal", key)
            self._receive(scheduler_id, request)
            self._hub.commit()

        self._hub.call_at(parse(request["due"]), send)

    def _receive(self, scheduler_id: str, request: dict[str, Any]) -> None:
        entity = self.all.get(scheduler_id)
        if entity is None:
            _, name, key = scheduler_id.split("@", 2)
            entity = self.all[scheduler_id] = Entity(name.lower(), key, updated=stamp(self._hub.now()))
        if request.get("parent"):
            received = entity.sorter.setdefault("ReceivedFromInstance", {})
            received[request["parent"]] = {
                "Last": request["Timestamp"],
                "ExecutionId": request["parentExecution"],
            }
            horizon = stamp(self._hub.now() - _REORDER_WINDOW)
            entity.sorter.setdefault("ReceiveHorizon", horizon)
        entity.inbox.append(request)
        self._hub.store.put("entity", scheduler_id, entity.document())
        self._wake(entity)

    def _wake(self, entity: Entity) -> None:
        if entity.scheduler_id not in self._in_turn and entity.inbox:
            self._in_turn.add(entity.scheduler_id)
            self._hub.start(self._turns(entity))

    async def _turns(self, entity: Entity) -> None:
        try:
            while entity.inbox and not self._hub.closed:
                async with self._places:
                    await self._turn(entity)
        finally:
            self._in_turn.discard(entity.scheduler_id)
        if not self._hub.closed:
            self._wake(entity)

    async def _turn(self, entity: Entity) -> None:
        batch = list(entity.inbox)
        answer = await self._call(entity, batch)
        if self._hub.closed:
            return
        entity.exists, entity.state = answer["entityExists"], answer["entityState"]
        entity.updated = stamp(self._hub.now())
        entity.inbox = entity.inbox[len(batch) :]
        for request, result in zip(batch, answer["results"], strict=True):
            if not request.get("signal"):
                text = response_message(result["result"], is_error=bool(result["isError"]))
                event = h.event_raised(self._hub.now(), request["id"], text)
                self._hub.post(request["parent"], request["parentExecution"], event)
            elif result["isError"]:
                log.warning("signal '%s' to %s failed", request["op"], entity.scheduler_id)
        self._hub.store.put("entity", entity.scheduler_id, entity.document())
        self._hub.commit()

    async def _call(self, entity: Entity, batch: list[dict[str, Any]]) -> dict[str, Any]:
        function = self._hub.function(ENTITY, entity.name)
        if function is None:  # the app has changed since the request was sent
            return _failed(entity, batch, self._hub.unknown_function(ENTITY, entity.name))
        request = {
            "self": {"name": entity.name, "key": entity.key},
            "exists": entity.exists,
            "state": entity.state,
            "batch": [_operation(operation) for operation in batch],
        }
        text = json.dumps(request, ensure_ascii=False)
        self._hub.note(text)
        result = await self._invoker.invoke(function, meta.Datum(text, "json"))
        if not isinstance(result, Result):
            return _failed(entity, batch, result.message)
        answer: dict[str, Any] = json.loads(result.value)
        if answer.get("signals"):
            return _failed(entity, batch, "signals sent by entities are not supported by the embedded host")
        return answer


def _operation(request: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": request["op"],
        "input": request.get("input"),
        "isSignal": bool(request.get("signal")),
        "id": request["id"],
    }


def _failed(entity: Entity, batch: list[dict[str, Any]], message: str) -> dict[str, Any]:
    result = {"isError": True, "duration": 0, "result": json.dumps(message)}
    return {
        "entityExists": entity.exists,
        "entityState": entity.state,
        "results": [result] * len(batch),
        "signals": [],
    }
