"""The one table from what the Azure SDKs raise to what a rotation understands.

Only status, error code and `Retry-After` are taken over. An SDK's message may quote a request or an answer, and ours
ends up in the task hub.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from rotation.failures import (
    DeniedError,
    DisabledError,
    MissingError,
    NoSuchHostError,
    RefusedError,
    RotationError,
    TransientError,
    UnreachableError,
)

if TYPE_CHECKING:
    from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError

_DEEPEST = 8
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9._]{0,63}", re.ASCII)
_TRANSIENT_STATUS = frozenset({408, 409, 412, 425, 429})
# Shorter than what a lock's lease has left when it is renewed (rotation.locking).
LONGEST_RETRY_AFTER = 1200.0


@contextmanager
def translated(operation: str) -> Iterator[None]:
    """Turn whatever an Azure SDK raises inside into a `RotationError` that names `operation`."""
    from azure.core.exceptions import AzureError  # noqa: PLC0415 - see identity.py

    try:
        yield
    except AzureError as error:
        # `from None`: the cause would carry the SDK's message into logs.
        raise translate(error, operation) from None


def translate(error: "AzureError", operation: str) -> RotationError:
    """Return what an SDK's exception means."""
    from azure.core import exceptions as sdk  # noqa: PLC0415

    match error:
        case sdk.ServiceRequestError():
            kind = NoSuchHostError if _leads_nowhere(error) else UnreachableError
            return kind(f"{operation}: no connection")
        case sdk.ServiceResponseError():
            return TransientError(f"{operation}: the connection broke before the answer came")
        case sdk.HttpResponseError(status_code=int(status)):
            return _by_status(error, status, f"{operation}: {status} {error_code(error)}".rstrip())
        case sdk.ClientAuthenticationError():
            return TransientError(f"{operation}: no token for the app's identity")
        case _:
            return TransientError(f"{operation}: {type(error).__name__}")


def _leads_nowhere(error: "ServiceRequestError") -> bool:
    """Look for a name that did not resolve, or that the proxy refused, in what requests and urllib3 raised."""
    from requests.exceptions import ProxyError  # noqa: PLC0415 - loaded by now, and not needed at start-up
    from urllib3.exceptions import NameResolutionError  # noqa: PLC0415

    cause: object = error.inner_exception
    for _ in range(_DEEPEST):
        if isinstance(cause, ProxyError | NameResolutionError):
            return True
        cause = getattr(cause, "reason", None) or next(iter(getattr(cause, "args", ())), None)
    return False


def _by_status(error: "HttpResponseError", status: int, reason: str) -> RotationError:
    code = error_code(error)
    if code in _BY_CODE:
        return _BY_CODE[code](reason)
    # Below 400 the answer came but could not be read: broken on the way, like a lost one.
    if status < 400 or status == 401 or status in _TRANSIENT_STATUS or status >= 500:
        return TransientError(reason, retry_after(error), throttled=status == 429)
    if status == 403:
        return DeniedError(reason)
    if status == 404:
        return MissingError(reason)
    return RefusedError(reason)


# Codes that say more than their status: a lock is no passing conflict, a disabled secret no missing right.
_BY_CODE: dict[str, Callable[[str], RotationError]] = {
    "SecretDisabled": DisabledError,
    "ScopeLocked": RefusedError,
    "ObjectIsBeingDeleted": MissingError,
    "ObjectIsDeletedButRecoverable": MissingError,
}


def error_code(error: "HttpResponseError") -> str:
    """Return the service's error code, the innermost where codes are nested; empty when there is none."""
    codes = [getattr(error, "error_code", None)]
    model: Any = getattr(error, "error", None)
    while model is not None and len(codes) < _DEEPEST:
        find = model.get if isinstance(model, dict) else partial(_attribute, model)
        codes.append(find("code"))
        model = find("innererror")
    known = [str(getattr(code, "value", code)) for code in codes if code]
    return next((code for code in reversed(known) if _CODE.fullmatch(code)), "")


def is_throttling(status: int, code: str) -> bool:
    """Tell whether a data plane's refusal means too many requests; storage says so with a 503 of its own."""
    return status == 429 or code == "ServerBusy"


def _attribute(model: object, name: str) -> Any:
    return getattr(model, name, None)


def retry_after(error: "HttpResponseError") -> float | None:
    """Return the seconds that the service asked us to wait."""
    return wait_asked(getattr(error.response, "headers", None) or {})


def wait_asked(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that an answer asks us to wait, from either form of `Retry-After`."""
    for name, scale in (("retry-after-ms", 0.001), ("x-ms-retry-after-ms", 0.001), ("Retry-After", 1.0)):
        text = headers.get(name)
        if text is None:
            continue
        try:
            seconds = float(text) * scale
        except ValueError:
            seconds = _until(text)
        if seconds >= 0:
            return min(seconds, LONGEST_RETRY_AFTER)
    return None


def _until(text: str) -> float:
    try:
        # An HTTP date is the service's own clock, so the machine's is the one to compare with.
        return (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return -1.0
