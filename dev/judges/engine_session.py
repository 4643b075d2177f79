"""One session with the production worker engine, in its own interpreter: reads JSON, prints JSON.

The engine gets what the Functions host would send it: an app's folder to index, then invocations with their typed
data. Only the gRPC messages are stand-ins, by the protocol's field names
(https://github.com/Azure/azure-functions-language-worker-protobuf); loading, annotations' checks and conversions are
the engine's own.
"""

import asyncio
import json
import logging
import sys
from types import SimpleNamespace
from typing import Any


class Message(SimpleNamespace):
    """A message with the fields that it was given; of a `oneof`, the one that is set."""

    def WhichOneof(self, group: str) -> str | None:  # noqa: N802 - protobuf's name
        """Return the name of the field that is set."""
        return next((name for name in vars(self) if name != "name"), None)


class StatusResult(Message):
    """How a request ended."""

    Failure, Success = 0, 1


class BindingInfo(Message):
    """A binding's direction and type."""

    undefined = 0
    out, inout = 1, 2


class Messages:
    """The module of messages, as far as the engine uses it."""

    StatusResult = StatusResult
    BindingInfo = BindingInfo

    def __getattr__(self, name: str) -> type[Message]:
        return type(name, (Message,), {})


def typed(kind: str, value: Any) -> Message:
    """Make the typed data of one parameter, as the host does."""
    if kind == "http":
        return Message(http=Message(**value, body=Message(string="")))
    if kind == "collection_string":
        return Message(collection_string=Message(string=value))
    return Message(**{kind: value})


def plain(message: Any) -> Any:
    """Turn messages into what JSON can hold."""
    if isinstance(message, Message):
        return {name: plain(value) for name, value in vars(message).items()}
    if isinstance(message, dict):
        return {str(name): plain(value) for name, value in message.items()}
    if isinstance(message, (list, tuple)):
        return [plain(each) for each in message]
    if isinstance(message, bytes):
        return message.decode()
    return message if isinstance(message, (str, int, float, type(None))) else str(message)


async def session(asked: dict[str, Any]) -> dict[str, Any]:
    """Index an app, invoke what is asked for, and return all that the engine told."""
    import azure_functions_runtime as engine  # noqa: PLC0415 - not before the path is as in production

    engine.start_threadpool_executor()
    init = Message(capabilities={}, function_app_directory=asked["app"])
    properties = {"host": "127.0.0.1", "protos": Messages()}
    started = await engine.worker_init_request(
        Message(request=Message(worker_init_request=init), properties=properties)
    )
    if started.result.status != StatusResult.Success:
        return {"refused": started.result.exception.message}
    indexed = (await engine.functions_metadata_request(None)).function_metadata_results
    ids = {each.name: each.function_id for each in indexed}
    functions = {
        each.name: {"bindings": [json.loads(raw) for raw in each.raw_bindings], "retry": plain(each.retry_options)}
        for each in indexed
    }
    results = [plain(await invoke(engine, ids[each["function"]], each)) for each in asked["invocations"]]
    engine.stop_threadpool_executor()
    return {"functions": functions, "results": results}


async def invoke(engine: Any, function_id: str, asked: dict[str, Any]) -> Message:
    """Invoke one function."""
    request = Message(
        invocation_id="0",
        function_id=function_id,
        input_data=[Message(name=name, data=typed(*data)) for name, data in asked["inputs"].items()],
        trigger_metadata={name: typed(*data) for name, data in asked.get("metadata", {}).items()},
        trace_context=Message(trace_parent="", trace_state="", attributes={}),
        retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
    )
    answer: Message = await engine.invocation_request(Message(request=Message(invocation_request=request)))
    return answer


def main() -> None:
    """Hold the session that standard input asks for."""
    logging.disable(logging.WARNING)
    asked = json.load(sys.stdin)
    # The app's folder is last on the path, as in production: whatever is installed wins a name.
    sys.path.append(asked["app"])
    told, sys.stdout = sys.stdout, sys.stderr
    json.dump(asyncio.run(session(asked)), told)


if __name__ == "__main__":
    main()
