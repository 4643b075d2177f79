"""What the audit trail has of a replication."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from rotation.audit import Record
from rotation.request import RotationRequest

_SETTLED = frozenset({"copied", "equal", "disabled", "left"})


def replication(
    instance: str,
    request: RotationRequest | None,
    outcome: str,
    reason: str,
    states: Sequence[Mapping[str, Any]],
    spent: timedelta,
) -> Record:
    """Say how the copying of one version ended.

    Args:
        instance: The instance's id.
        request: The version; None where its input could not be read.
        outcome: How it ended.
        reason: Why it ended so.
        states: Each replica's `vault` and `state`.
        spent: How long it took.
    """
    told = [each["state"] for each in states]
    behind = [str(each["vault"]) for each in states if each["state"] == "behind"]
    return Record(
        "replication",
        {
            "instanceId": instance,
            "vault": request.vault if request else None,
            "secret": request.secret if request else None,
            "version": request.version if request else None,
            "cause": request.reason if request else None,
            "outcome": outcome,
            "reason": reason or None,
            "replicas": len(states),
            "copied": told.count("copied"),
            "mended": told.count("mended"),
            "behind": ", ".join(behind) or None,
            "seconds": round(spent.total_seconds(), 3),
        },
        is_trouble=outcome in ("failed", "refused") or not _SETTLED.issuperset(told),
    )
