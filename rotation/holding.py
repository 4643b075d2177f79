"""Who may still hold a key: consumers go on with what they have read for one grace after it was replaced."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rotation.credential import Credential


@dataclass(frozen=True)
class ReplacedVersion:
    """A version of a secret that is not the current one any more."""

    replaced_on: datetime
    key: Credential | None
    """None where it cannot be read, or holds no key that we know how to find."""


def held_until(versions: Iterable[ReplacedVersion], key: Credential, grace: timedelta) -> datetime | None:
    """Return until when consumers may hold `key` from a version that has been replaced; None if none held it.

    A version that cannot be read may have held it.

    Args:
        versions: What was replaced within the last grace.
        key: The key of the slot in question.
        grace: How long the secret's consumers may go without reading it again.
    """
    ends = [version.replaced_on + grace for version in versions if version.key is None or version.key == key]
    return max(ends, default=None)
