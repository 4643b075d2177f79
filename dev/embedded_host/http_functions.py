"""HTTP-triggered functions: a request in, a response out, through the SDK's converters.

All levels of authorization are open. A function that raises is a 500 without a body, as on the real host, which keeps
the details in its log; one that returns nothing is a 204.
"""

from typing import Any

from aiohttp import web
from azure.functions import meta

from .attempts import report
from .functions import LoadedFunction
from .idle import InFlight
from .invoker import Invoker, Result, encode_output, failure_of
from .responses import empty

_STATUSES = range(100, 1000)
_FRAMING = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})
"""Headers that are the server's to set: a function that sets them wrongly would break the connection."""


async def call_http_function(
    invoker: Invoker, in_flight: InFlight, function: LoadedFunction, request: web.Request, parameters: dict[str, str]
) -> web.Response:
    """Run an HTTP function for a request."""
    datum = _datum(request, await request.read(), parameters)
    with in_flight:
        outcome = await invoker.invoke(function, datum)
    if isinstance(outcome, Result):
        try:
            return _response(encode_output(function, outcome.value))
        except Exception as error:
            outcome = failure_of(error)
    report(function, outcome)
    return empty(500)


async def call_with_text(invoker: Invoker, function: LoadedFunction, text: str) -> None:
    """Run an HTTP function for the admin API: a POST with the given body."""
    value: dict[str, Any] = {
        "method": meta.Datum("POST", "string"),
        "url": meta.Datum(f"http://localhost/admin/functions/{function.name}", "string"),
        "headers": {},
        "query": {},
        "params": {},
        "body": meta.Datum(text.encode(), "bytes"),
    }
    outcome = await invoker.invoke(function, meta.Datum(value, "http"))
    if not isinstance(outcome, Result):
        report(function, outcome)


def _datum(request: web.Request, body: bytes, parameters: dict[str, str]) -> meta.Datum:
    url = f"{request.scheme}://{request.host}{request.raw_path}"

    def text(value: str) -> meta.Datum:
        return meta.Datum(value, "string")

    value = {
        "method": text(request.method),
        "url": text(url),
        "headers": {name.lower(): text(", ".join(request.headers.getall(name))) for name in request.headers},
        "query": {name: text(",".join(request.query.getall(name))) for name in request.query},
        "params": {name: text(value) for name, value in parameters.items()},
        "body": meta.Datum(body, "bytes"),
    }
    return meta.Datum(value, "http")


def _response(datum: meta.Datum | None) -> web.Response:
    if datum is None:
        return empty(204)
    if datum.type != "http":
        return web.Response(text=str(datum.value), content_type="text/plain", charset="utf-8")
    value: dict[str, Any] = datum.value
    status = int(value["status_code"].value)
    if status not in _STATUSES:
        raise ValueError(f"{status} is no HTTP status")
    response = web.Response(status=status, body=value["body"].value)
    for name, header in value["headers"].items():
        if name.lower() not in _FRAMING:
            response.headers[name] = header.value
    for cookies in value["cookies"] or []:
        for morsel in cookies.values():
            response.headers.add("Set-Cookie", morsel.OutputString())
    return response
