"""Calling a function as the Python worker does.

Trigger data goes through the SDK's own converters, so the function gets real `HttpRequest`, `EventHubEvent` and
`TimerRequest` objects, the durable client as the JSON text that the SDK's decorator expects, and a `Context` if
it asks for one. What it raises becomes a `Failure` with the message and traceback that the worker would send.
"""

import asyncio
import threading
import traceback
import uuid
from dataclasses import dataclass
from typing import Any

from azure.functions import meta
from azure.functions._abc import Context as ContextBase
from azure.functions._abc import RetryContext as RetryContextBase

from .crashes import CrashPlan
from .exits import WorkerExitError, contained
from .functions import CLIENT, HTTP_OUTPUT, LoadedFunction, converter_for
from .outcomes import Failure, worker_death
from .settings import HostSettings
from .stamps import time_span
from .workers import ThreadPool, worker_loop


@dataclass(frozen=True)
class Result:
    """What a function returned, before conversion."""

    value: Any


class RetryContext(RetryContextBase):
    """How often an invocation has been tried."""

    def __init__(self, retry_count: int, max_retry_count: int) -> None:
        self._retry_count = retry_count
        self._max_retry_count = max_retry_count

    @property
    def retry_count(self) -> int:
        """Return the number of retries so far."""
        return self._retry_count

    @property
    def max_retry_count(self) -> int:
        """Return how many there can be."""
        return self._max_retry_count

    @property
    def exception(self) -> Any:
        """Return nothing: the host tells only the counts."""
        return None


class Context(ContextBase):
    """What a function that declares `context: func.Context` gets."""

    def __init__(self, name: str, directory: str, retry: RetryContext | None) -> None:
        self._name = name
        self._directory = directory
        self._retry = retry
        self._invocation_id = str(uuid.uuid4())
        self._storage = threading.local()

    @property
    def invocation_id(self) -> str:
        """Return the id of this invocation."""
        return self._invocation_id

    @property
    def thread_local_storage(self) -> Any:
        """Return storage for the invocation's own threads."""
        return self._storage

    @property
    def function_name(self) -> str:
        """Return the function's name."""
        return self._name

    @property
    def function_directory(self) -> str:
        """Return the app's directory."""
        return self._directory

    @property
    def trace_context(self) -> Any:
        """Return nothing: there is no distributed tracing here."""
        return None

    @property
    def retry_context(self) -> Any:
        """Return how often this has been tried, if the function has a retry policy."""
        return self._retry


class Invoker:
    """Runs functions, on threads or on the worker's loop; whoever calls is counted as in flight."""

    def __init__(
        self,
        settings: HostSettings,
        directory: str,
        client_text: str,
        crashes: CrashPlan,
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._client_text = client_text
        self._crashes = crashes
        self._threads = ThreadPool(settings.max_activities + settings.max_orchestrators + 64)

    def close(self) -> None:
        """Take no more work."""
        self._threads.close()

    async def invoke(
        self,
        function: LoadedFunction,
        datum: meta.Datum,
        metadata: dict[str, meta.Datum] | None = None,
        retry: RetryContext | None = None,
    ) -> Result | Failure:
        """Call a function with its trigger's data."""
        deaths = self._crashes.deaths
        crash = self._crashes.take(function.kind, function.name)
        if crash == "before":
            return worker_death()
        try:
            arguments = self._arguments(function, datum, metadata or {}, retry)
            value = await self._limited(function, arguments)
        except WorkerExitError as death:
            return worker_death(death.code)
        except Exception as error:
            return worker_death() if crash or self._crashes.deaths > deaths else failure_of(error)
        return worker_death() if crash or self._crashes.deaths > deaths else Result(value)

    def _arguments(
        self,
        function: LoadedFunction,
        datum: meta.Datum,
        metadata: dict[str, meta.Datum],
        retry: RetryContext | None,
    ) -> dict[str, Any]:
        converter = converter_for(function.kind)
        arguments = {function.parameter: converter.decode(datum, trigger_metadata=metadata)}
        client = converter_for(CLIENT)
        for name in function.client_names:
            text = meta.Datum(self._client_text, "string")
            arguments[name] = client.decode(text, trigger_metadata=metadata)
        if function.wants_context:
            arguments["context"] = Context(function.name, self._directory, retry)
        return arguments

    async def _limited(self, function: LoadedFunction, arguments: dict[str, Any]) -> Any:
        timeout = self._settings.function_timeout
        if timeout is None:
            return await self._run(function, arguments)
        try:
            return await asyncio.wait_for(self._run(function, arguments), timeout.total_seconds())
        except TimeoutError:
            told = f"Timeout value of {time_span(timeout)} was exceeded by function: Functions.{function.name}"
            raise TimeoutError(told) from None

    async def _run(self, function: LoadedFunction, arguments: dict[str, Any]) -> Any:
        async def on_loop() -> Any:
            with contained():
                return await function.call(**arguments)

        def on_thread() -> Any:
            with contained():
                return function.call(**arguments)

        future = worker_loop.submit(on_loop()) if function.is_async else self._threads.submit(on_thread)
        return await asyncio.wrap_future(future)


def encode_output(function: LoadedFunction, value: Any) -> meta.Datum | None:
    """Convert what a function returned by the rules of its trigger or its HTTP output."""
    if value is None and function.kind not in ("activityTrigger", "orchestrationTrigger", "entityTrigger"):
        return None
    kind = HTTP_OUTPUT if function.kind == "httpTrigger" else function.kind
    datum: meta.Datum | None = converter_for(kind).encode(value, expected_type=None)
    return datum


def failure_of(error: BaseException) -> Failure:
    """Return the failure of a function that raised, or of converting what it returned."""
    # The frames of this host stand in for those of the worker; the app's own follow, as in the real one.
    stack = "".join(traceback.format_exception(error))
    try:
        told = str(error)
    except Exception:  # of the app's making, like all the rest
        told = "<exception str() failed>"
    return Failure(f"{type(error).__name__}: {told}", stack)
