"""The heart of the host: an orchestrator's list of actions, walked against its history.

The SDK runs the orchestrator function and returns every action since the start of the generation. The extension
then performs that list as Durable Task calls, awaiting one top-level action at a time and ignoring how each
ended, and only then looks at whether the function is done (durable-protocol §1). This module is that walk. It
is pure: the same actions and the same history always give the same `Outcome`.
"""

import contextlib
import json
from datetime import datetime, timedelta
from typing import Any

from . import history as h
from .decisions import Identity, Known, NonDeterminismError, Outcome
from .entity_messages import request_message
from .history import Event
from .orchestration import Orchestration, advance_clock
from .outcomes import Reply, orchestration_details, unhandled_details
from .promises import BrokenPromiseError, Promise, broken, settled, spawn, when_all, when_any
from .stamps import parse

HTTP_ACTIVITY = "BuiltIn::HttpActivity"
_LONGEST_TIMER = timedelta(days=6)
_TIMER_PIECE = timedelta(days=3)
_HTTP_POLL = timedelta(milliseconds=30_000)


class OrchestratorFailedError(Exception):
    """The orchestration has failed of its own doing."""

    def __init__(self, error: str, details: str | None = None) -> None:
        super().__init__(error)
        self.details = details


def replay(identity: Identity, reply: Reply, history: list[Event], known: Known, sent_at: datetime) -> Outcome:
    """Walk `reply`'s actions against `history` and return what is left to do.

    Args:
        identity: The execution.
        reply: What the orchestrator function answered to this very history.
        history: All of its events, the new ones too.
        known: The functions that can be called.
        sent_at: The time to write into messages to entities.
    """
    orchestration = Orchestration(identity)
    walk = _Walk(orchestration, reply, known, sent_at)
    try:
        for event in history:
            if event["EventType"] == h.ORCHESTRATOR_STARTED:
                advance_clock(orchestration, event)
            elif event["EventType"] == h.EXECUTION_STARTED:
                walk.start()
            else:
                orchestration.process(event)
        walk.finish()
    except NonDeterminismError as error:
        told = f"Non-Deterministic workflow detected: {error}"
        orchestration.complete("Failed", told, unhandled_details(told))
    return Outcome(
        decisions=[orchestration.undecided[key] for key in sorted(orchestration.undecided)],
        completion=orchestration.completion,
        custom_status=reply.custom_status,
        suspended=orchestration.suspended,
    )


def compact_json(value: Any) -> str:
    """Write JSON as the extension stores it: compact, nothing escaped that need not be."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class _Walk:
    def __init__(self, orchestration: Orchestration, reply: Reply, known: Known, sent_at: datetime) -> None:
        self._orchestration = orchestration
        self._reply = reply
        self._known = known
        self._sent_at = sent_at
        self._main = Promise()

    def start(self) -> None:
        self._main = spawn(self._run())

    def finish(self) -> None:
        # Open tasks hold the end back, whether it is a good or a bad one (s27).
        if self._orchestration.has_open_tasks or not self._main.done:
            return
        if self._main.failed:
            error = self._main.error
            self._orchestration.complete("Failed", str(error), getattr(error, "details", None))
        else:
            self._orchestration.complete("Completed", self._main.value)

    async def _run(self) -> str | None:
        name = self._orchestration.identity.name
        if self._reply.failure is not None:
            raise OrchestratorFailedError(f"Orchestrator function '{name}' failed: {self._reply.failure}")
        for action in self._reply.actions:
            promise = self._perform(action)
            # However it ended: the function has seen it, and these are the actions that it took.
            with contextlib.suppress(Exception):
                await promise
        if self._reply.error is not None:
            raise OrchestratorFailedError(
                f"Orchestrator function '{name}' failed: {self._reply.error}",
                orchestration_details(self._reply.error),
            )
        if not self._reply.is_done:
            await Promise()
        return None if self._reply.output is None else compact_json(self._reply.output)

    def _perform(self, action: dict[str, Any]) -> Promise:
        match action["actionType"]:
            case 0:
                return self._activity(action)
            case 1:
                return spawn(self._with_retry(action, self._activity))
            case 2:
                return self._child(action)
            case 3:
                return spawn(self._with_retry(action, self._child))
            case 4:
                self._orchestration.continue_as_new = json.dumps(action["input"], ensure_ascii=False)
                return settled()
            case 5:
                return spawn(self._timer(parse(action["fireAt"]), cancelled=bool(action.get("isCanceled"))))
            case 6:
                return self._orchestration.wait_for_event(action["externalEventName"])
            case 7:
                return self._entity(action, signal=False)
            case 8:
                return spawn(self._http(action["httpRequest"]))
            case 9 | 10:
                return self._entity(action, signal=True)
            case 11:
                return when_any(self._perform_all(action, at_least_one=True))
            case 12:
                return when_all(self._perform_all(action))
        raise OrchestratorFailedError(
            f"Orchestrator function '{self._orchestration.identity.name}' failed: Received an unexpected action type "
            f"from the out-of-proc function: '{action['actionType']}'."
        )

    def _perform_all(self, action: dict[str, Any], *, at_least_one: bool = False) -> list[Promise]:
        promises = [self._perform(child) for child in action["compoundActions"]]
        if at_least_one and not promises:
            name = self._orchestration.identity.name
            raise OrchestratorFailedError(
                f"Orchestrator function '{name}' failed: The tasks argument contains no tasks. (Parameter 'tasks')"
            )
        return promises

    def _activity(self, action: dict[str, Any]) -> Promise:
        # A call of an unknown function fails inside the extension, unseen by the function: it waits for ever (s13).
        if action["functionName"].lower() not in self._known.activities:
            return broken()
        return self._orchestration.schedule("task", name=action["functionName"], input_text=action.get("input"))

    def _child(self, action: dict[str, Any]) -> Promise:
        target = action.get("instanceId") or ""
        identity = self._orchestration.identity
        ancestors = {
            identity.instance_id.lower(),
            (identity.parent_instance_id or identity.instance_id).lower(),
        }
        known = action["functionName"].lower() in self._known.orchestrators
        if not known or target.lower() in ancestors or target.startswith("@"):
            return broken()
        return self._orchestration.schedule(
            "sub",
            name=action["functionName"],
            target=target,
            version=action.get("version"),
            input_text=json.dumps(action.get("input"), ensure_ascii=False),
        )

    async def _with_retry(self, action: dict[str, Any], call: Any) -> None:
        options = action["retryOptions"]
        attempts = int(options["maxNumberOfAttempts"])
        wait = timedelta(milliseconds=options["firstRetryIntervalInMilliseconds"])
        for attempt in range(attempts):
            try:
                await call(action)
            except BrokenPromiseError:
                last = attempt + 1 == attempts
                # One more timer, at once, after the last failure: old histories have it (s03b).
                now = self._orchestration.now
                await self._orchestration.schedule("timer", fire_at=now if last else now + wait)
            else:
                return
        raise BrokenPromiseError

    async def _timer(self, fire_at: datetime, *, cancelled: bool) -> None:
        while True:
            remaining = fire_at - self._orchestration.now
            piece = fire_at if remaining <= _LONGEST_TIMER else self._orchestration.now + _TIMER_PIECE
            await self._orchestration.schedule("timer", fire_at=piece, cancelled=cancelled)
            if piece == fire_at:
                return

    def _entity(self, action: dict[str, Any], *, signal: bool) -> Promise:
        target = action["instanceId"]
        if target.split("@")[1].lower() not in self._known.entities:
            return broken() if not signal else settled()
        guid = self._orchestration.new_guid()
        due = parse(action["fireAt"]) if action.get("fireAt") else None
        name, text = request_message(
            self._orchestration, action, guid=guid, signal=signal, due=due, sent_at=self._sent_at
        )
        self._orchestration.send(target, name, text)
        return settled() if signal else self._orchestration.wait_for_answer(guid)

    async def _http(self, request: dict[str, Any]) -> None:
        answer = await self._http_activity(request)
        # Only a request that asks for it is polled; SDK 1.x never does (s22c).
        while answer.get("statusCode") == 202 and request.get("asynchronousPatternEnabled"):
            headers = {key.lower(): value for key, value in (answer.get("headers") or {}).items()}
            seconds = headers.get("retry-after")
            pause = _HTTP_POLL if seconds is None else timedelta(seconds=int(seconds))
            await self._orchestration.schedule("timer", fire_at=self._orchestration.now + pause)
            poll = {**request, "method": "GET", "uri": headers["location"], "content": None}
            answer = await self._http_activity(poll)

    async def _http_activity(self, request: dict[str, Any]) -> dict[str, Any]:
        called = compact_json(request)
        text = await self._orchestration.schedule("task", name=HTTP_ACTIVITY, input_text=called)
        answer: dict[str, Any] = json.loads(text)
        return answer
