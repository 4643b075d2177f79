"""The one table from the SDKs' exceptions to ours."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    IncompleteReadError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.utils import CaseInsensitiveDict
from hypothesis import given
from hypothesis import strategies as st

from azure_clients.errors import error_code, retry_after, translate, translated
from rotation.failures import (
    DeniedError,
    DisabledError,
    MissingError,
    RefusedError,
    RotationError,
    TransientError,
    UnreachableError,
)

pytestmark = pytest.mark.unit

CANARY = "canary/Zm9vYmFy+canary=="


@dataclass
class Answer:
    """As much of a response as azure-core's exceptions look at."""

    status_code: int
    body: Any = None
    headers: Any = field(default_factory=dict)
    reason: str = CANARY
    request: Any = None

    def __post_init__(self) -> None:
        self.headers = CaseInsensitiveDict(self.headers)

    def text(self) -> str:
        return self.body if isinstance(self.body, str) else json.dumps(self.body)


def answered(
    status: int,
    code: Any = None,
    inner: Any = None,
    *,
    kind: type[HttpResponseError] = HttpResponseError,
    headers: dict[str, str] | None = None,
) -> HttpResponseError:
    body = {"error": {"code": code, "message": CANARY, "innererror": inner}}
    return kind(CANARY, response=Answer(status, body if code else CANARY, headers or {}))


def storage(status: int, code: Any) -> HttpResponseError:
    """Storage SDKs put the code of their XML, or of `x-ms-error-code`, on the exception."""
    error = answered(status)
    error.error_code = code  # type: ignore[attr-defined] # as azure.storage's process_storage_error does
    return error


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (ServiceRequestError(CANARY), UnreachableError, "get secret: no connection"),
        (ServiceRequestTimeoutError(CANARY), UnreachableError, "get secret: no connection"),
        (ServiceResponseError(CANARY), TransientError, "get secret: the connection broke before the answer came"),
        (ServiceResponseTimeoutError(CANARY), TransientError, "get secret: the connection broke before"),
        (IncompleteReadError(CANARY), TransientError, "get secret: IncompleteReadError"),
        (DecodeError(CANARY, response=Answer(200, CANARY)), TransientError, "get secret: 200"),
        (AzureError(CANARY), TransientError, "get secret: AzureError"),
        (ClientAuthenticationError(CANARY), TransientError, "get secret: no token for the app's identity"),
        (answered(400, "BadParameter"), RefusedError, "get secret: 400 BadParameter"),
        (answered(401, "Unauthorized", kind=ClientAuthenticationError), TransientError, "get secret: 401 Unauthorized"),
        (answered(403, "AuthorizationFailed"), DeniedError, "get secret: 403 AuthorizationFailed"),
        (answered(403, "Forbidden", {"code": "ForbiddenByRbac"}), DeniedError, "get secret: 403 ForbiddenByRbac"),
        (answered(403, "Forbidden", {"code": "SecretDisabled"}), DisabledError, "get secret: 403 SecretDisabled"),
        (answered(403), DeniedError, "get secret: 403"),
        (answered(404, "SecretNotFound", kind=ResourceNotFoundError), MissingError, "get secret: 404 SecretNotFound"),
        (answered(404), MissingError, "get secret: 404"),
        (answered(405), RefusedError, "get secret: 405"),
        (answered(408), TransientError, "get secret: 408"),
        (answered(409, "Conflict", kind=ResourceExistsError), TransientError, "get secret: 409 Conflict"),
        (answered(409, "ScopeLocked"), RefusedError, "get secret: 409 ScopeLocked"),
        (answered(409, "Conflict", {"code": "ObjectIsBeingDeleted"}), MissingError, "get secret: 409 ObjectIsBeingD"),
        (answered(409, "Conflict", {"code": "ObjectIsDeletedButRecoverable"}), MissingError, "get secret: 409 Obj"),
        (answered(412, kind=ResourceModifiedError), TransientError, "get secret: 412"),
        (answered(429, "TooManyRequests"), TransientError, "get secret: 429 TooManyRequests"),
        (answered(500), TransientError, "get secret: 500"),
        (answered(503, "ServerBusy"), TransientError, "get secret: 503 ServerBusy"),
        (answered(599), TransientError, "get secret: 599"),
        (storage(409, "ScopeLocked"), RefusedError, "get secret: 409 ScopeLocked"),
    ],
    ids=lambda value: f"{type(value).__name__}" if isinstance(value, Exception) else str(value),
)
def test_each_exception_has_its_meaning(error: AzureError, kind: type[RotationError], reason: str) -> None:
    meaning = translate(error, "get secret")
    assert type(meaning) is kind
    assert meaning.reason.startswith(reason)
    assert CANARY not in repr(meaning)


@pytest.mark.parametrize(
    ("error", "throttled"),
    [
        (answered(429, "TooManyRequests"), True),
        (answered(429), True),
        (answered(503, "ServerBusy"), False),
        (answered(503), False),
        (answered(500, "InternalError"), False),
    ],
)
def test_too_many_requests_are_told_from_an_outage(error: AzureError, throttled: bool) -> None:
    meaning = translate(error, "get secret")
    assert isinstance(meaning, TransientError)
    assert meaning.throttled is throttled


def test_the_message_of_an_sdk_is_left_behind_with_its_cause() -> None:
    with pytest.raises(DeniedError) as raised, translated("list storage keys"):
        raise answered(403, "AuthorizationFailed")
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_what_no_sdk_raised_passes_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError), translated("get secret"):
        _ = 1 / 0
    with pytest.raises(RefusedError, match="as it was"), translated("get secret"):
        raise RefusedError("as it was")


# --- codes


class Code:
    """An enum member of the storage SDK."""

    value = "AuthenticationFailed"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (answered(403, "Forbidden"), "Forbidden"),
        (answered(403, "Forbidden", {"code": "SecretDisabled"}), "SecretDisabled"),
        (answered(403, "Forbidden", {"code": "A", "innererror": {"code": "SecretDisabled"}}), "SecretDisabled"),
        (answered(403, "Forbidden", {}), "Forbidden"),
        (answered(403, "Forbidden", {"message": CANARY}), "Forbidden"),
        (answered(403, "Forbidden", {"code": CANARY}), "Forbidden"),
        (answered(403, "Forbidden", CANARY), "Forbidden"),
        (answered(403, "Forbidden", {"code": ["x"]}), "Forbidden"),
        (answered(403, CANARY), ""),
        (answered(403, "x" * 65), ""),
        (answered(403), ""),
        (storage(403, Code()), "AuthenticationFailed"),
        (storage(403, "AuthorizationFailure"), "AuthorizationFailure"),
        (storage(403, None), ""),
        (ClientAuthenticationError(CANARY), ""),
    ],
)
def test_the_innermost_code_that_is_a_word_counts(error: HttpResponseError, code: str) -> None:
    assert error_code(error) == code


# --- Retry-After


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "17"}, 17),
        ({"retry-after": "0"}, 0),
        ({"RETRY-AFTER": " 2.5 "}, 2.5),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"x-ms-retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "Retry-After": "2"}, 1.5),
        ({"retry-after-ms": "soon", "Retry-After": "2"}, 2),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, None),
        ({}, None),
    ],
)
def test_the_wait_that_a_service_asks_for_is_taken_over(headers: dict[str, str], seconds: float | None) -> None:
    error = answered(429, headers=headers)
    assert retry_after(error) == seconds
    meaning = translate(error, "get secret")
    assert isinstance(meaning, TransientError)
    assert meaning.retry_after == seconds


@pytest.mark.parametrize("text", ["86400", "999999", "inf"])
def test_a_wait_that_would_look_like_standing_still_is_cut(text: str) -> None:
    seconds = retry_after(answered(429, headers={"Retry-After": text}))
    assert seconds is not None
    assert 600 <= seconds <= 3600


def test_a_wait_may_be_a_date() -> None:
    wanted = datetime.now(UTC) + timedelta(seconds=90)
    seconds = retry_after(answered(503, headers={"Retry-After": format_datetime(wanted, usegmt=True)}))
    assert seconds == pytest.approx(90, abs=5)


def test_without_an_answer_nobody_asked_to_wait() -> None:
    assert retry_after(HttpResponseError(CANARY)) is None


@given(st.text(max_size=40))
def test_no_header_breaks_the_reader(text: str) -> None:
    seconds = retry_after(answered(429, headers={"Retry-After": text, "x-ms-retry-after-ms": text}))
    assert seconds is None or 0 <= seconds <= 3600


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "code", "message", "innererror", "details"]), inner, max_size=4)
    ),
)


@given(st.integers(100, 599), json_values)
def test_no_answer_breaks_the_table(status: int, body: Any) -> None:
    error = HttpResponseError(CANARY, response=Answer(status, body))
    assert isinstance(translate(error, "get secret"), RotationError)


def test_every_status_has_a_meaning() -> None:
    meanings: dict[int, type] = {status: type(translate(answered(status), "x")) for status in range(100, 600)}
    assert {status for status, kind in meanings.items() if kind is MissingError} == {404}
    assert {status for status, kind in meanings.items() if kind is DeniedError} == {403}
    assert all(kind is TransientError for status, kind in meanings.items() if status >= 500 or status < 400)
