"""Every error of the HTTP API as RFC 9457 problem details; they tell nothing that is not fit to be read."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any

import azure.functions as func

from rotation.bugs import scrubbed
from rotation.failures import DeniedError, DisabledError, MissingError, RotationError, TransientError
from task_hub.instances import TaskHubError

Handler = Callable[..., Awaitable[func.HttpResponse]]

_log = logging.getLogger("secret_rotation")

_RETRY_AFTER = 10
# Answers are about the present, and some name what a stranger should not find in a cache.
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Problem(Exception):  # noqa: N818 - the name that RFC 9457 gives it
    """Ends a request with an error."""

    def __init__(
        self, status: HTTPStatus, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members
        """Further members of the problem, e.g. `complaints`."""


def invalid(complaints: list[str]) -> Problem:
    """Return the problem of a request, or of a secret's tags, with all that is wrong about it."""
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(complaints), complaints=complaints)


def answer(
    body: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> func.HttpResponse:
    """Answer with JSON."""
    return _response(body, status, "application/json", headers or {})


def answering(handler: Handler) -> Handler:
    """Let a handler raise: problems and expected errors tell what is wrong, bugs only their class and place."""

    @wraps(handler)
    async def answered(*args: Any, **kwargs: Any) -> func.HttpResponse:
        try:
            return await handler(*args, **kwargs)
        except Exception as error:
            return _answered(_problem(error))

    return answered


def _problem(error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case TransientError():
            after = max(1, round(error.retry_after or _RETRY_AFTER))
            return _unavailable(error.reason, after)
        case TaskHubError():
            return _unavailable(str(error), _RETRY_AFTER)
        case MissingError():
            return Problem(HTTPStatus.NOT_FOUND, error.reason)
        case DeniedError():
            # Not 403: the caller may ask, it is the app that may not.
            return Problem(HTTPStatus.BAD_GATEWAY, f"the app's identity is not allowed to do this: {error.reason}")
        case DisabledError():
            return Problem(HTTPStatus.CONFLICT, f"the secret's newest version is disabled ({error.reason})")
        case RotationError():
            return Problem(HTTPStatus.CONFLICT, error.reason)
        case _:
            told = scrubbed(error)
            _log.error("HTTP API: %s", told)
            return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, told)


def _unavailable(reason: str, after: int) -> Problem:
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, reason, headers={"Retry-After": str(after)})


def _answered(problem: Problem) -> func.HttpResponse:
    body = {
        "type": "about:blank",
        "title": problem.status.phrase,
        "status": problem.status.value,
        "detail": problem.detail,
        **problem.members,
    }
    return _response(body, problem.status, "application/problem+json", problem.headers)


def _response(
    body: Mapping[str, Any], status: HTTPStatus, mimetype: str, headers: Mapping[str, str]
) -> func.HttpResponse:
    return func.HttpResponse(
        json.dumps(body), status_code=status.value, headers={**_HEADERS, **headers}, mimetype=mimetype
    )
