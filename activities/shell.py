"""The shell around every activity: decode, run the body, encode; nothing else ever leaves an activity.

An exception that leaves an activity is stored in the task hub with its traceback and message, and shown by the status
API. So what a body raises becomes data here: expected failures as typed results, anything else as the name of the
exception and the line it came from.
"""

import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from time import monotonic
from typing import Any

from azure_clients.pacing import at
from rotation import audit
from rotation.bugs import scrubbed
from rotation.failures import RotationError, TransientError
from rotation.outcomes import Conclusion, OutcomeName
from rotation.results import Result, Retry, Stop

Body = Callable[[dict[str, Any]], Result]
AsyncBody = Callable[[dict[str, Any]], Awaitable[Result]]

_audit = logging.getLogger(audit.LOGGER)


def run(name: str, body: Body, payload: dict[str, Any]) -> dict[str, Any]:
    """Run an activity's body, record what it answered, and return its result's wire form."""
    began = monotonic()
    try:
        with _present(payload):
            result = body(payload)
    except Exception as error:
        result = _result_of(error)
    return _recorded(name, payload, result, began)


async def run_async(name: str, body: AsyncBody, payload: dict[str, Any]) -> dict[str, Any]:
    """Run the body of an activity that has to do with the task hub, whose client is to be awaited."""
    began = monotonic()
    try:
        with _present(payload):
            result = await body(payload)
    except Exception as error:
        result = _result_of(error)
    return _recorded(name, payload, result, began)


def _present(payload: dict[str, Any]) -> AbstractContextManager[None]:
    now = payload.get("now")
    return at(datetime.fromisoformat(now)) if now else nullcontext()


def _recorded(name: str, payload: dict[str, Any], result: Result, began: float) -> dict[str, Any]:
    record = audit.step(name, payload, result, monotonic() - began)
    _audit.log(record.level, record.line)
    return result.to_json()


def _result_of(error: Exception) -> Result:
    match error:
        case Conclusion():
            return Stop(error.outcome.name, error.outcome.reason)
        case TransientError():
            return Retry(error.reason, error.retry_after, throttled=error.throttled)
        case RotationError():
            return Stop(OutcomeName.REFUSED, error.reason)
        case _:
            return Stop(OutcomeName.FAILED, scrubbed(error))
