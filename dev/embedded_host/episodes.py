"""Episodes: the turns in which an orchestration moves.

An instance with mail gets a turn: the new messages go behind an OrchestratorStarted, the orchestrator function
is called once with the whole history, and `replay` says what that decided. Its effects, the new history and the
status are then committed together. One instance has one turn at a time; different ones run side by side.
"""

import asyncio
import json
from typing import Any

from azure.functions import meta

from . import history as h
from .activities import Activities
from .decisions import Completion, Decision, Outcome
from .durable_timers import DurableTimers
from .entities import Entities
from .functions import ORCHESTRATION
from .history import Event
from .instances import FAILED, RUNNING, SUSPENDED, Instance
from .invoker import Invoker, Result
from .outcomes import Reply, refused, reply_from
from .replay import compact_json, replay
from .stamps import stamp
from .taskhub import TaskHub, log, new_execution_id


class Episodes:
    """Gives turns to instances."""

    def __init__(
        self,
        hub: TaskHub,
        invoker: Invoker,
        activities: Activities,
        timers: DurableTimers,
        entities: Entities,
    ) -> None:
        self._hub = hub
        self._invoker = invoker
        self._activities = activities
        self._timers = timers
        self._entities = entities
        self._places = asyncio.Semaphore(hub.settings.max_orchestrators)
        self._in_turn: set[int] = set()

    def wake(self, instance: Instance) -> None:
        """See to it that an instance gets a turn."""
        waiting = self._is_current(instance) and (instance.inbox or instance.unplayed)
        if waiting and id(instance) not in self._in_turn:
            self._in_turn.add(id(instance))
            self._hub.start(self._turns(instance))

    async def _turns(self, instance: Instance) -> None:
        try:
            while self._is_current(instance) and (instance.inbox or instance.unplayed):
                async with self._places:
                    await self._turn(instance)
        finally:
            self._in_turn.discard(id(instance))
        self.wake(instance)

    def _is_current(self, instance: Instance) -> bool:
        known = self._hub.instances.get(instance.instance_id)
        return known is instance and not instance.is_finished and not self._hub.closed

    async def _turn(self, instance: Instance) -> None:
        past, new, taken = _new_events(instance, h.orchestrator_started(self._hub.now()))
        reply = await self._call(instance, past + new, is_replaying=bool(past))
        if not self._is_current(instance):
            return
        outcome = self._replay(instance, reply, past + new)
        h.mark_played(new)
        instance.inbox = instance.inbox[taken:]
        instance.unplayed = False
        instance.history = past + new
        instance.updated = stamp(self._hub.now())
        if outcome.custom_status is not None:
            instance.custom_status = compact_json(outcome.custom_status)
        self._apply(instance, new, outcome)
        self._hub.save(instance)
        self._hub.commit()

    async def _call(self, instance: Instance, events: list[Event], *, is_replaying: bool) -> Reply:
        function = self._hub.function(ORCHESTRATION, instance.name)
        if function is None:
            return refused(self._hub.unknown_function(ORCHESTRATION, instance.name))
        request = _request(instance, events, is_replaying=is_replaying)
        result = await self._invoker.invoke(function, meta.Datum(request, "json"))
        if not isinstance(result, Result):
            return reply_from(result)
        try:
            return reply_from(str(result.value))
        except (ValueError, KeyError, AttributeError, TypeError):
            return refused("Out of proc orchestrators must return a valid JSON schema.")

    def _replay(self, instance: Instance, reply: Reply, events: list[Event]) -> Outcome:
        try:
            return replay(instance.identity, reply, events, self._hub.known, self._hub.now())
        except (KeyError, TypeError, ValueError) as error:
            told = f"the orchestrator's actions can't be carried out: {type(error).__name__}: {error}"
            return replay(instance.identity, refused(told), events, self._hub.known, self._hub.now())

    def _apply(self, instance: Instance, new: list[Event], outcome: Outcome) -> None:
        for decision in outcome.decisions:
            instance.history.append(self._schedule(instance, decision))
        if outcome.completion is not None and outcome.completion.status == "ContinuedAsNew":
            self._continue_as_new(instance, outcome.completion)
            return
        if outcome.completion is not None:
            self._finish(instance, outcome.completion)
        else:
            self._set_status(instance, new, suspended=outcome.suspended)
        instance.history.append(h.orchestrator_completed(self._hub.now()))

    def _set_status(self, instance: Instance, new: list[Event], *, suspended: bool) -> None:
        instance.status = SUSPENDED if suspended else RUNNING
        for event in new:
            if event["EventType"] in (h.SUSPENDED, h.RESUMED):
                instance.output = event["Reason"]  # the extension puts the reason there (s10c)

    def _schedule(self, instance: Instance, decision: Decision) -> Event:
        now, keep = self._hub.now(), self._hub.settings.store_inputs
        if decision.kind == "task":
            self._activities.schedule(instance, decision)
            return h.task_scheduled(now, decision.event_id, decision.name, decision.input_text if keep else None)
        if decision.kind == "timer":
            assert decision.fire_at is not None  # noqa: S101 - a timer without a time cannot be made
            self._timers.schedule(instance, decision.event_id, decision.fire_at)
            return h.timer_created(now, decision.event_id, decision.fire_at)
        if decision.kind == "sub":
            version = decision.version or self._hub.settings.default_version
            self._start_child(instance, decision, version)
            text = decision.input_text if keep else None
            return h.sub_created(now, decision.event_id, decision.name, version, decision.target, text)
        self._entities.deliver(decision.target, json.loads(decision.input_text or "{}"))
        return h.event_sent(now, decision.event_id, decision.target, decision.name, decision.input_text or "")

    def _start_child(self, parent: Instance, decision: Decision, version: str | None) -> None:
        existing = self._hub.instances.get(decision.target)
        if existing is not None and not existing.is_finished:
            log.warning("instance '%s' is running already; its second start is dropped", decision.target)
            return
        self._hub.create(
            name=decision.name,
            instance_id=decision.target,
            execution_id=new_execution_id(),
            input_text=decision.input_text,
            version=version,
            parent={
                "Name": parent.name,
                "OrchestrationInstance": {
                    "InstanceId": parent.instance_id,
                    "ExecutionId": parent.execution_id,
                },
                "TaskScheduleId": decision.event_id,
                "Version": parent.version,
            },
        )

    def _finish(self, instance: Instance, completion: Completion) -> None:
        now = self._hub.now()
        instance.history.append(h.execution_completed(now, completion.event_id, completion.status, completion.result))
        instance.status, instance.output = completion.status, completion.result
        instance.inbox = []
        self._hub.on_finish(instance.execution_id)
        if instance.parent is None:
            return
        task, of = instance.parent["TaskScheduleId"], instance.parent["OrchestrationInstance"]
        if completion.status == "Completed":
            event = h.sub_completed(now, task, completion.result)
        else:
            details = completion.details if completion.status == FAILED else None
            event = h.sub_failed(now, task, completion.result, details)
        self._hub.post(of["InstanceId"], of["ExecutionId"], event)

    def _continue_as_new(self, instance: Instance, completion: Completion) -> None:
        now = self._hub.now()
        self._hub.on_finish(instance.execution_id)
        instance.execution_id = new_execution_id()
        instance.input_text = completion.result
        instance.created = stamp(now)
        instance.status = RUNNING
        for event in completion.carried_over:
            event["IsPlayed"] = False
        started = h.execution_started(
            now,
            name=instance.name,
            instance_id=instance.instance_id,
            execution_id=instance.execution_id,
            input_text=instance.input_text,
            version=instance.version,
            parent=instance.parent,
        )
        # A new generation begins without an episode of its own: [12, 0, …, 13], seen by the function at once (s08).
        instance.history = [
            h.orchestrator_started(now),
            started,
            *completion.carried_over,
            h.orchestrator_completed(now),
        ]
        instance.unplayed = True


def _new_events(instance: Instance, started: Event) -> tuple[list[Event], list[Event], int]:
    """Return the past, the new events, and how many messages those took from the mail."""
    mail = [message["event"] for message in instance.inbox if message["execution"] in (None, instance.execution_id)]
    if not instance.unplayed:
        return instance.history, [started, *mail], len(instance.inbox)
    if any(event["EventType"] == h.EXECUTION_TERMINATED for event in mail):
        return [], [*instance.history, started, *mail], len(instance.inbox)
    return [], instance.history, 0


def _request(instance: Instance, events: list[Event], *, is_replaying: bool) -> str:
    text = instance.input_text
    body: dict[str, Any] = {
        "history": events,
        "input": None if text is None else json.loads(text),
        "instanceId": instance.instance_id,
        "isReplaying": is_replaying,
        "parentInstanceId": instance.identity.parent_instance_id,
        "upperSchemaVersion": 1,
        "upperSchemaVersionNew": 3,
        "longRunningTimerIntervalDuration": "3.00:00:00",
        "maximumShortTimerDuration": "6.00:00:00",
        "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,  # spelt like this by the extension
    }
    return json.dumps(body, ensure_ascii=False)
