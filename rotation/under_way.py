"""Changes that are answered before they are done.

A service that has taken a request in must not be asked again while it works on it: two regenerations in a row would
kill the first one's key, perhaps after it has been published. The next attempt of the step is told when the request
was taken in, and only looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rotation.results import Retry

_ACCEPTED = "accepted_at"
_OPERATION = "operation"

# Cosmos DB's "can take anywhere from one minute to multiple hours": learn.microsoft.com, "Rotate keys for Azure Cosmos
# DB for NoSQL".
_BUDGET = timedelta(hours=6)
_LOOK_AGAIN = timedelta(seconds=15)
# The old password may have died already; Azure SQL takes some seconds.
_LOOK_SOON = timedelta(seconds=5)


@dataclass(frozen=True)
class UnderWay:
    """A change of a key in force that the service has taken in, and works on."""

    operation: str = ""
    """The path at which it tells how far it is; empty where it has named none."""
    seconds: float = 0.0
    """How long ago that was."""


def activating(payload: Mapping[str, Any], under_way: UnderWay) -> Retry:
    """Return what a step answers while the key that it is about to publish is not yet in force."""
    accepted_at = datetime.fromisoformat(payload["now"]) - timedelta(seconds=under_way.seconds)
    return Retry(
        "the new password has been accepted and is not in force yet",
        _LOOK_SOON.total_seconds(),
        _BUDGET.total_seconds(),
        memo={_ACCEPTED: accepted_at.isoformat(), _OPERATION: under_way.operation},
    )


def last_activation(payload: Mapping[str, Any]) -> UnderWay | None:
    """Return what an earlier attempt of the step has left under way."""
    if _OPERATION not in payload:
        return None
    waited = datetime.fromisoformat(payload["now"]) - datetime.fromisoformat(payload[_ACCEPTED])
    return UnderWay(payload[_OPERATION], waited.total_seconds())


def accepted(payload: Mapping[str, Any]) -> Retry:
    """Return what a step answers whose request has just been taken in."""
    return _wait(payload["now"])


def still_going_on(payload: Mapping[str, Any]) -> Retry | None:
    """Return what a step answers whose slot is still as it was; None where no request has been taken in lately."""
    accepted_at = payload.get(_ACCEPTED)
    if accepted_at is None:
        return None
    waited = datetime.fromisoformat(payload["now"]) - datetime.fromisoformat(accepted_at)
    return _wait(accepted_at) if waited < _BUDGET else None


def _wait(accepted_at: str) -> Retry:
    return Retry(
        "the regeneration has been accepted and is under way",
        _LOOK_AGAIN.total_seconds(),
        _BUDGET.total_seconds(),
        memo={_ACCEPTED: accepted_at},
    )
