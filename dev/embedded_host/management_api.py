"""The durable management API, over HTTP.

The same handler serves the public routes and the SDK's own way in. It turns requests into calls of `Client` and
answers into the recorded shapes; status codes are in durable-protocol §4.
"""

import asyncio
import json
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from .bodies import read_text
from .client import Client, bad_json, event_text
from .entities import Entities, Entity
from .errors import ApiError
from .instances import FAILED, Instance
from .queries import Filter, Query, page
from .responses import empty, error_response, json_response
from .stamps import parse
from .status_view import entity_status, instance_status, token
from .taskhub import TaskHub
from .urls import management_urls

_TOKEN = "x-ms-continuation-token"  # noqa: S105 - the name of a header


class ManagementApi:
    """Answers requests below one of the two base paths."""

    def __init__(self, hub: TaskHub, client: Client, entities: Entities) -> None:
        self._hub = hub
        self._client = client
        self._entities = entities

    async def handle(self, request: web.Request, path: str) -> web.Response:
        """Answer a request; `path` is what follows the base path, still quoted."""
        # Unquoted first, like the real one: an id with a slash in it can't be addressed (s10a).
        parts = unquote(path).strip("/").split("/")
        # The links that clients are given write a blank as a plus, as the real ones do; here they can be followed.
        if len(parts) > 1 and parts[0].lower() == "instances" and parts[1] not in self._hub.instances:
            parts[1] = parts[1].replace("+", " ")
        try:
            return await self._dispatch(request, parts)
        except ApiError as error:
            return error_response(error)

    async def _dispatch(self, request: web.Request, parts: list[str]) -> web.Response:
        method = request.method
        match [parts[0].lower(), *parts[1:]]:
            case ["orchestrators", function, *rest] if method == "POST" and len(rest) <= 1:
                return await self._start(request, function, rest[0] if rest else None)
            case ["instances"] if method == "GET":
                return self._list(request)
            case ["instances"] if method == "DELETE":
                return self._purge_many(request)
            case ["instances", instance_id] if method == "GET":
                return self._status(request, instance_id)
            case ["instances", instance_id] if method == "DELETE":
                return json_response({"instancesDeleted": self._client.purge(instance_id)})
            case ["instances", instance_id, verb, name] if method == "POST" and verb.lower() == "raiseevent":
                return await self._raise_event(request, instance_id, name)
            case ["instances", instance_id, verb] if method == "POST":
                return await self._operate(request, instance_id, verb.lower())
            case ["entities", *rest] if len(rest) <= 1 and method == "GET":
                return self._list_entities(request, rest[0] if rest else "")
            case ["entities", name, key] if method == "GET":
                return self._read_entity(name, key)
            case ["entities", name, key] if method in ("POST", "DELETE"):
                return await self._signal(request, name, key)
        return empty(404)

    # Orchestrations

    async def _start(self, request: web.Request, function: str, instance_id: str | None) -> web.Response:
        text = await read_text(request)
        _read_json(text, if_empty=None)
        started = self._client.start(function, instance_id, text or None, Query(request.query).text("version"))
        return await self._started(request, started)

    async def _started(self, request: web.Request, instance_id: str) -> web.Response:
        query = Query(request.query)
        timeout, interval = query.seconds("timeout"), query.seconds("pollingInterval")
        if timeout is not None and interval is not None:
            if interval > timeout:
                told = f"Total timeout {timeout:g} should be bigger than retry timeout {interval:g}"
                message = "One or more of the arguments submitted is incorrect"
                raise ApiError(400, {"Message": message, "ExceptionMessage": told})
            instance = await self._wait(instance_id, timeout)
            if instance.status == "Completed":
                return json_response(token(instance.output))
            if instance.is_finished:
                return json_response(instance_status(instance))
        origin = f"{request.scheme}://{request.host}"
        links = management_urls(origin, self._hub.settings.hub_name, instance_id, rewind=False)
        return json_response(links, 202, {"Location": links["statusQueryGetUri"], "Retry-After": "10"})

    async def _wait(self, instance_id: str, timeout: float) -> Instance:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while True:
            instance = self._client.find(instance_id)
            remaining = deadline - loop.time()
            if instance.is_finished or remaining <= 0:
                return instance
            await self._hub.wait_for_change(remaining)

    def _status(self, request: web.Request, instance_id: str) -> web.Response:
        query = Query(request.query)
        show_input = query.flag("showInput", otherwise=True)
        entity = self._entities.all.get(instance_id)
        if entity is not None:
            return self._in_progress(request, entity_status(entity, show_input=show_input))
        instance = self._client.find(instance_id)
        status = instance_status(
            instance,
            show_input=show_input,
            show_history=query.flag("showHistory"),
            show_output=query.flag("showHistoryOutput"),
        )
        if not instance.is_finished:
            return self._in_progress(request, status)
        as_error = query.flag("returnInternalServerErrorOnFailure")
        return json_response(status, 500 if as_error and instance.status == FAILED else 200)

    def _in_progress(self, request: web.Request, status: dict[str, Any]) -> web.Response:
        location = f"{request.scheme}://{request.host}{request.raw_path}"
        return json_response(status, 202, {"Location": location, "Retry-After": "5"})

    def _list(self, request: web.Request) -> web.Response:
        query = Query(request.query)
        rows, following = page(self._rows(query.filter()), query.text("top"), request.headers.get(_TOKEN))
        show_input = query.flag("showInput", otherwise=True)
        shown = [
            entity_status(row, show_input=show_input)
            if isinstance(row, Entity)
            else instance_status(row, show_input=show_input)
            for row in rows
        ]
        return json_response(shown, headers={_TOKEN: following})

    def _rows(self, wanted: Filter) -> dict[str, Instance | Entity]:
        # Entities are instances to the real one, and turn up among them (s11).
        instances = {
            key: instance
            for key, instance in self._hub.instances.items()
            if wanted.admits(key, parse(instance.created), instance.status)
        }
        entities = {
            key: entity
            for key, entity in self._entities.all.items()
            if wanted.admits(key, parse(entity.updated), "Running")
        }
        return {**instances, **entities}

    def _purge_many(self, request: web.Request) -> web.Response:
        wanted = Query(request.query).filter()
        if wanted.created_from is None:
            raise ApiError(400, "Please provide value for 'createdTimeFrom' parameter.")
        found = [row for row in self._rows(wanted).values() if isinstance(row, Instance)]
        deleted = self._client.purge_all(found)
        return json_response({"instancesDeleted": deleted}) if deleted else empty(404)

    async def _raise_event(self, request: web.Request, instance_id: str, name: str) -> web.Response:
        if self._client.find(instance_id).is_finished:
            raise ApiError(410)
        if request.content_type.lower() != "application/json":
            raise ApiError(400, {"Message": "Only application/json request content is supported"})
        value = _read_json(await read_text(request))
        self._client.raise_event(instance_id, name, event_text(value))
        return empty(202)

    async def _operate(self, request: web.Request, instance_id: str, verb: str) -> web.Response:
        query = Query(request.query)
        reason = query.text("reason")
        if verb == "restart":
            new_id = query.flag("restartWithNewInstanceId", otherwise=True)
            return await self._started(request, self._client.restart(instance_id, new_id=new_id))
        operations = {
            "terminate": self._client.terminate,
            "suspend": self._client.suspend,
            "resume": self._client.resume,
            "rewind": self._client.rewind,
        }
        if verb not in operations:
            return empty(404)
        operations[verb](instance_id, reason)
        return empty(202)

    # Entities

    def _read_entity(self, name: str, key: str) -> web.Response:
        entity = self._entities.all.get(f"@{name.lower()}@{key}")
        if entity is None or entity.state is None:
            return empty(404)
        return json_response(token(entity.state))

    async def _signal(self, request: web.Request, name: str, key: str) -> web.Response:
        operation = "delete" if request.method == "DELETE" else Query(request.query).text("op") or ""
        text = await read_text(request)
        value: str | None = None
        if text and request.content_type.lower() == "application/json":
            value = event_text(_read_json(text, signal=True))
        elif text:
            value = json.dumps(text, ensure_ascii=False)
        self._client.signal_entity(name, key, operation, value)
        return empty(202)

    def _list_entities(self, request: web.Request, name: str) -> web.Response:
        query = Query(request.query)
        since, until = query.instant("lastOperationTimeFrom"), query.instant("lastOperationTimeTo")
        rows = {
            key: entity
            for key, entity in self._entities.all.items()
            if entity.exists
            and (not name or entity.name == name.lower())
            and (since is None or parse(entity.updated) >= since)
            and (until is None or parse(entity.updated) <= until)
        }
        found, following = page(rows, query.text("top"), request.headers.get(_TOKEN))
        fetch = query.flag("fetchState")
        shown = [
            {
                "entityId": {"name": entity.name, "key": entity.key},
                "lastOperationTime": entity.updated,
                "state": token(entity.state) if fetch else None,
            }
            for entity in found
        ]
        return json_response(shown, headers={_TOKEN: following})


_MUST_HAVE_BODY: Any = object()


def _read_json(text: str, *, if_empty: Any = _MUST_HAVE_BODY, signal: bool = False) -> Any:
    if not text and if_empty is not _MUST_HAVE_BODY:
        return if_empty
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        if signal:
            raise ApiError(400, {"Message": f"Could not parse JSON content: {error}"}) from None
        raise bad_json(text) from None
