"""The admin API: the host's status, its functions, and running one by hand.

`POST /admin/functions/{name}` with `{"input": "…"}` answers 202 and runs the function in the background, as the
real host does. The text is the trigger's data: one event for an Event Hub function (a batch of one if it takes
many), a body for an HTTP function, the JSON input of an activity; a timer runs now whatever it is.
Orchestrators and entities can't be run this way, here as there: the request is accepted and the run fails,
which only the log tells.
"""

import json
import platform
import time
import uuid
from importlib.metadata import version
from typing import Any

from aiohttp import web
from azure.functions import meta

from .attempts import report
from .bodies import read_text
from .event_hubs import EventHubs
from .functions import ACTIVITY, EVENT_HUB, HTTP, TIMER, LoadedFunction
from .http_functions import call_with_text
from .http_routes import Router
from .invoker import Invoker, Result
from .responses import empty, json_response
from .schedules import Schedules
from .taskhub import TaskHub, log


class AdminApi:
    """Answers requests below /admin."""

    def __init__(
        self, hub: TaskHub, invoker: Invoker, router: Router, deliveries: EventHubs, schedules: Schedules
    ) -> None:
        self._hub = hub
        self._invoker = invoker
        self._router = router
        self._deliveries = deliveries
        self._schedules = schedules
        self._started = time.monotonic()
        self._id = uuid.uuid4().hex

    async def handle(self, request: web.Request, path: str) -> web.Response:
        """Answer a request; `path` is what follows `/admin`."""
        parts = path.strip("/").split("/")
        match [part.lower() for part in parts]:
            case ["host", "status"] if request.method == "GET":
                return json_response(self._status())
            case ["host", "ping"]:
                return empty(200)
            case ["functions"] if request.method == "GET":
                shown = [self._shown(function, request) for function in self._hub.functions]
                return json_response(shown)
            case ["functions", _]:
                function = self._find(parts[1])
                if function is None:
                    return empty(404)
                if request.method == "GET":
                    return json_response(self._shown(function, request))
                if request.method == "POST":
                    return await self._invoke(request, function)
        return empty(404)

    def _find(self, name: str) -> LoadedFunction | None:
        return next((one for one in self._hub.functions if one.name.lower() == name.lower()), None)

    def _status(self) -> dict[str, Any]:
        return {
            "id": self._id,
            "state": "Running",
            "version": "4.0.0-embedded",
            "versionDetails": f"azure-functions {version('azure-functions')}, "
            f"azure-functions-durable {version('azure-functions-durable')}",
            "platformVersion": "",
            "instanceId": self._id,
            "computerName": platform.node(),
            "processUptime": int((time.monotonic() - self._started) * 1000),
            "functionAppContentEditingState": "NotAllowed",
        }

    def _shown(self, function: LoadedFunction, request: web.Request) -> dict[str, Any]:
        origin = f"{request.scheme}://{request.host}"
        route = next((one for one in self._router.routes if one.function is function), None)
        return {
            "name": function.name,
            "script_root_path_href": None,
            "script_href": f"{origin}/admin/vfs/{function.script_file}",
            "config_href": None,
            "test_data_href": None,
            "href": f"{origin}/admin/functions/{function.name}",
            "invoke_url_template": f"{origin}/{route.template}" if route else None,
            "language": "python",
            "config": {
                "name": function.name,
                "scriptFile": function.script_file,
                "language": "python",
                "functionDirectory": "",
                "bindings": function.bindings,
            },
            "files": None,
            "test_data": None,
            "isDisabled": False,
            "isDirect": False,
            "isProxy": False,
        }

    async def _invoke(self, request: web.Request, function: LoadedFunction) -> web.Response:
        text = await read_text(request)
        try:
            body = json.loads(text) if text else {}
        except (ValueError, RecursionError):
            return json_response({"Message": "The request body is not valid JSON."}, 400)
        if not isinstance(body, dict):
            return json_response({"Message": "The request body must be a JSON object."}, 400)
        given = next((value for name, value in body.items() if name.lower() == "input"), None)
        if given is None:
            given = "null" if function.kind == ACTIVITY else ""
        self._run(function, given if isinstance(given, str) else json.dumps(given))
        return empty(202)

    def _run(self, function: LoadedFunction, text: str) -> None:
        match function.kind:
            case kind if kind == TIMER:
                self._schedules.run(function)
            case kind if kind == EVENT_HUB:
                self._hub.start(self._deliver(function, text))
            case kind if kind == HTTP:
                self._hub.start(call_with_text(self._invoker, function, text))
            case kind if kind == ACTIVITY:
                self._hub.start(self._call_activity(function, text))
            case kind:
                log.error("function '%s' can't be run by the admin API: its trigger is an %s", function.name, kind)

    async def _deliver(self, function: LoadedFunction, text: str) -> None:
        await self._deliveries.deliver(function, [text])

    async def _call_activity(self, function: LoadedFunction, text: str) -> None:
        outcome = await self._invoker.invoke(function, meta.Datum(text, "string"))
        if not isinstance(outcome, Result):
            report(function, outcome)
