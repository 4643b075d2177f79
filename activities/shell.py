"""The shell around every activity: decode, run the body, encode; nothing else ever leaves an activity.

An exception that leaves an activity is stored in the task hub with its traceback and message, and shown by the status
API. So what a body raises becomes data here: expected failures as typed results, anything else as the name of the
exception and the line it came from.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from typing import Any

from rotation.failures import RotationError, TransientError
from rotation.outcomes import Conclusion, OutcomeName
from rotation.results import Result, Retry, Stop

Body = Callable[[dict[str, Any]], Result]

_log = logging.getLogger("secret_rotation")


def run(name: str, body: Body, payload: dict[str, Any]) -> dict[str, Any]:
    """Run an activity's body and return its result's wire form."""
    try:
        result = body(payload)
    except Conclusion as conclusion:
        result = Stop(conclusion.outcome.name, conclusion.outcome.reason)
    except TransientError as error:
        result = Retry(error.reason, error.retry_after)
    except RotationError as error:
        result = Stop(OutcomeName.REFUSED, error.reason)
    except Exception as error:
        result = Stop(OutcomeName.FAILED, _scrubbed(error))
    _log.info("%s: %s", name, _summary(result))
    return result.to_json()


def _scrubbed(error: Exception) -> str:
    """Name a bug by class and place; the message may hold anything."""
    frames = extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
    return f"unexpected {type(error).__name__} at {place}"


def _summary(result: Result) -> str:
    match result:
        case Stop():
            return f"{result.outcome} ({result.reason})"
        case Retry():
            return f"retry ({result.reason})"
        case _:
            return "done"
