"""What came back from the app: the replies of orchestrator functions and the failures of all functions.

A failing orchestrator raises an exception whose message carries its whole state behind a marker; a failure
without the marker (a worker that died, a function that isn't a generator) carries none, and the extension
treats the two very differently (durable-protocol §1; s12b, s24). The texts of failures imitate those that the
real host composes, tracebacks and .NET type names included, because they end up in the task hub and in front of
the app's `except` clauses (s02).
"""

import json
from dataclasses import dataclass, field
from typing import Any

_MARKER = "\n\n$OutOfProcData$:"
_HOST_STACK = (
    "   at Microsoft.Azure.WebJobs.Host.Executors.FunctionInvoker`2.InvokeAsync"
    "(Object instance, Object[] arguments)\n"
    "   at Microsoft.Azure.WebJobs.Host.Executors.FunctionExecutor.ExecuteWithLoggingAsync"
    "(IFunctionInstanceEx instance)"
)
_SHIM_STACK = (
    "   at System.Threading.Tasks.Task.ThrowIfExceptional(Boolean includeTaskCanceledExceptions)\n"
    "   at Microsoft.Azure.WebJobs.Extensions.DurableTask.TaskOrchestrationShim.InvokeUserCodeAndHandleResults"
    "(RegisteredFunctionInfo orchestratorInfo, OrchestrationContext innerContext)"
)
_HRESULT = -2146233088
KILLED = 137


@dataclass(frozen=True)
class Failure:
    """A function that raised, or whose worker died (then there is no traceback)."""

    message: str
    stack: str | None

    @property
    def is_worker_exit(self) -> bool:
        """Tell whether the worker died rather than the function raised."""
        return self.stack is None


@dataclass(frozen=True)
class Reply:
    """What one call of an orchestrator function amounted to."""

    actions: list[dict[str, Any]] = field(default_factory=list)
    is_done: bool = False
    output: Any = None
    error: str | None = None
    custom_status: Any = None
    failure: str | None = None
    """The failure of a call that told nothing about the orchestration's state."""


def worker_death(code: int = KILLED) -> Failure:
    """Return the failure of a call during which the worker died."""
    return Failure(f"python exited with code {code} (0x{code:X})", None)


def reply_from(result: str | Failure) -> Reply:
    """Read what an orchestrator function returned or raised."""
    if isinstance(result, str):
        return _from_state(json.loads(result))
    _, found, state = result.message.partition(_MARKER)
    if found:
        return _from_state(json.JSONDecoder().raw_decode(state)[0])
    told = result.message if result.is_worker_exit else _rpc_message(result)
    return Reply(failure=f"One or more errors occurred. ({told})")


def refused(message: str) -> Reply:
    """Return the reply of a call that could not even be made."""
    return Reply(failure=message)


def _from_state(state: dict[str, Any]) -> Reply:
    # Schemas 2 and 3 nest the one flat list of actions in a list, for the sake of schema 1.
    return Reply(
        actions=state["actions"][0] if state["actions"] else [],
        is_done=bool(state.get("isDone")),
        output=state.get("output"),
        error=state.get("error") or None,
        custom_status=state.get("customStatus"),
    )


def _rpc_message(failure: Failure) -> str:
    return f"Result: Failure\nException: {failure.message}\nStack: {failure.stack}"


def activity_reason(name: str, failure: Failure) -> str:
    """Return TaskFailed's Reason; the two spaces are the extension's (s02b), as is the single one of s12a."""
    gap = " " if failure.is_worker_exit else "  "
    return f"Activity function '{name}' failed:{gap}{failure.message}"


def activity_details(failure: Failure) -> str:
    """Return TaskFailed's Details: the .NET exceptions as JSON, the Python traceback inside (s02b, s12a)."""
    if failure.is_worker_exit:
        return _compact(
            _exception(
                "Microsoft.Azure.WebJobs.Script.Workers.WorkerProcessExitException",
                failure.message,
                _bare(""),
            )
        )
    rpc = {
        "$type": "Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, Microsoft.Azure.WebJobs.Script",
        "IsUserException": False,
        "RemoteStackTrace": failure.stack,
        "RemoteMessage": failure.message,
        "RemoteTypeName": None,
        **_exception("", _rpc_message(failure), None, typed=False),
    }
    return _compact(_bare(f" {failure.message}", rpc))


def http_failure_details(message: str) -> str:
    """Return TaskFailed's Details of a durable HTTP call that got no answer (s22d)."""
    return _compact(_exception("System.Net.Http.HttpRequestException", message, None, assembly="System.Net.Http"))


def orchestration_details(error: str) -> str:
    """Return the Details under which an orchestrator's own failure reaches its parent (s09c)."""
    return f"Message: {error}, StackTrace: {_SHIM_STACK}"


def unhandled_details(error: str) -> str:
    """Return the Details of a failure that the framework itself found, such as non-determinism."""
    return f"Unhandled exception while executing orchestration: {error}\n\t{_SHIM_STACK}"


def _bare(message: str, inner: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "$type": "System.Exception, System.Private.CoreLib",
        "ClassName": "System.Exception",
        "Message": message,
        "Data": None,
        "InnerException": inner,
        "HelpURL": None,
        "StackTraceString": None,
        "RemoteStackTraceString": None,
        "RemoteStackIndex": 0,
        "ExceptionMethod": None,
        "HResult": _HRESULT,
        "Source": None,
        "WatsonBuckets": None,
    }


def _exception(
    kind: str,
    message: str,
    inner: dict[str, Any] | None,
    *,
    typed: bool = True,
    assembly: str = "Microsoft.Azure.WebJobs.Script",
) -> dict[str, Any]:
    head = {"$type": f"{kind}, {assembly}"} if typed else {}
    return {
        **head,
        "Message": message,
        "Data": {"$type": "System.Collections.ListDictionaryInternal, System.Private.CoreLib"},
        "InnerException": inner,
        "HelpLink": None,
        "Source": assembly,
        "HResult": _HRESULT,
        "StackTrace": _HOST_STACK,
    }


def _compact(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
