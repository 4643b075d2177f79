"""The pending secret: where a credential that can be read back nowhere waits until it is published.

It is a secret of the same vault, so that a crash at any point resumes with it and no message ever carries it. Its name
follows from the rotation: a deleted secret's name stays taken for as long as the vault can recover it.
"""

import hashlib
from datetime import datetime, timedelta

from rotation.listing import ListedSecret
from rotation.tags import ROTATION_ID

PENDING_FOR = "PendingFor"
UNPUBLISHED = "it holds what was never published, and may be in force: see to what PendingFor names, then delete it"

# Longer than a failed rotation is left alone by those who watch; a reminder, since expired secrets can still be read.
PENDING_LIFE = timedelta(days=7)


def pending_name(rotation_id: str) -> str:
    """Return the name of the secret in which a rotation keeps what it is about to publish."""
    return f"rotation-pending-{hashlib.sha256(rotation_id.encode()).hexdigest()[:32]}"


def is_left_over(pending: ListedSecret, owner: ListedSecret, now: datetime) -> bool:
    """Tell whether nobody needs a pending secret any more.

    Until its rotation has published it, it may be the only copy of a password that is in force already. So it goes
    when that rotation's version is there, and otherwise once it has expired and somebody else has written a version
    since.

    Args:
        pending: As it was listed.
        owner: The secret that it is for, as listed at the same time.
        now: The present.
    """
    if owner.tags.get(ROTATION_ID, "") == pending.tags.get(ROTATION_ID):
        return True
    if not has_expired(pending, now) or owner.created_on is None or pending.created_on is None:
        return False
    return owner.created_on > pending.created_on


def has_expired(pending: ListedSecret, now: datetime) -> bool:
    """Tell whether a pending secret is older than any should get."""
    return pending.expires_on is not None and pending.expires_on <= now
