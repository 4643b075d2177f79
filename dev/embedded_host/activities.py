"""Activities: scheduled by an orchestration, run at least once, answered with a message.

Work is stored when it is scheduled and removed with its answer. A host that is killed in between finds it again
and runs it from its start, like the real one whose queue message reappears after some five minutes (s12c); the
delay here is the host's `visibility_delay`, which is nothing unless asked for.
"""

import json
from datetime import timedelta
from typing import Any

from azure.functions import meta

from . import history as h
from .decisions import Decision
from .durable_http import HttpCallError, perform
from .functions import ACTIVITY
from .history import Event
from .instances import Instance
from .invoker import Invoker, Result, encode_output, failure_of
from .outcomes import Failure, activity_details, activity_reason, http_failure_details
from .places import Places
from .replay import HTTP_ACTIVITY, compact_json
from .taskhub import TaskHub


class Activities:
    """The queue of activities."""

    def __init__(self, hub: TaskHub, invoker: Invoker) -> None:
        self._hub = hub
        self._invoker = invoker
        self._places = Places(hub.settings.max_activities, hub.in_flight)
        self.queued: dict[str, dict[str, Any]] = {}
        self._to_be_lost: list[str] = []

    def lose(self, name: str) -> None:
        """Let the message of the next call of an activity get lost."""
        self._to_be_lost.append(name)

    def schedule(self, instance: Instance, decision: Decision) -> None:
        """Take on an activity."""
        if decision.name in self._to_be_lost:
            self._to_be_lost.remove(decision.name)
            return
        key = f"{instance.execution_id}:{decision.event_id}"
        document = {
            "instance": instance.instance_id,
            "execution": instance.execution_id,
            "task": decision.event_id,
            "name": decision.name,
            "input": decision.input_text,
        }
        self.queued[key] = document
        self._hub.store.put("activity", key, document)
        self._hub.note(decision.input_text)
        self._hub.start(self._run(key, document))

    def restore(self, visibility_delay: timedelta) -> None:
        """Run again what was in hand when the last host ended."""
        self.queued = self._hub.store.load("activity")
        for key, document in list(self.queued.items()):
            if visibility_delay > timedelta(0):
                again = self._hub.now() + visibility_delay
                self._hub.call_at(again, lambda key=key, document=document: self._again(key, document))  # type: ignore[misc]
            else:
                self._again(key, document)

    def _again(self, key: str, document: dict[str, Any]) -> None:
        self._hub.start(self._run(key, document))

    async def _run(self, key: str, document: dict[str, Any]) -> None:
        async with self._places:
            event = await self._event(document)
        if self._hub.closed:
            return
        self._hub.note(json.dumps(event, ensure_ascii=False))
        del self.queued[key]
        self._hub.store.delete("activity", key)
        self._hub.post(document["instance"], document["execution"], event)
        self._hub.commit()

    async def _event(self, document: dict[str, Any]) -> Event:
        name, task, text = document["name"], document["task"], document["input"]
        if name == HTTP_ACTIVITY:
            try:
                return h.task_completed(self._hub.now(), task, compact_json(await perform(json.loads(text))))
            except HttpCallError as error:
                return h.task_failed(self._hub.now(), task, str(error), http_failure_details(str(error)))
        result = await self._call(name, text)
        now = self._hub.now()
        if isinstance(result, Failure):
            return h.task_failed(now, task, activity_reason(name, result), activity_details(result))
        return h.task_completed(now, task, result)

    async def _call(self, name: str, text: str | None) -> str | Failure | None:
        function = self._hub.function(ACTIVITY, name)
        if function is None:  # the app has changed since this was scheduled
            return Failure(self._hub.unknown_function(ACTIVITY, name), "")
        result = await self._invoker.invoke(function, meta.Datum("null" if text is None else text, "string"))
        if not isinstance(result, Result):
            return result
        try:
            datum = encode_output(function, result.value)
        except Exception as error:  # not JSON (s26)
            return failure_of(error)
        value = None if datum is None else json.loads(datum.value)
        return None if value is None else compact_json(value)
