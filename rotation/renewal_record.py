"""What the audit trail has of the renewal of a certificate or key."""

from datetime import timedelta

from rotation.audit import Record
from rotation.outcomes import FAILING
from rotation.request import RotationRequest


def renewal(
    instance: str,
    kind: str,
    request: RotationRequest | None,
    outcome: str,
    reason: str,
    version: str | None,
    note: str | None,
    spent: timedelta,
) -> Record:
    """Say how a renewal ended.

    Args:
        instance: The instance's id.
        kind: `certificate` or `key`.
        request: The version that was to be replaced; None where the input could not be read.
        outcome: How it ended.
        reason: Why it ended so.
        version: The new version.
        note: What somebody has to look at all the same.
        spent: How long it took.
    """
    return Record(
        "renewal",
        {
            "instanceId": instance,
            "kind": kind,
            "vault": request.vault if request else None,
            "name": request.secret if request else None,
            "cause": request.reason if request else None,
            "outcome": outcome,
            "reason": reason or None,
            "previousVersion": request.version if request else None,
            "version": version,
            "note": note,
            "seconds": round(spent.total_seconds(), 3),
        },
        is_trouble=outcome in FAILING or note is not None,
    )
