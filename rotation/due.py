"""What a listing tells of each secret: that it is due, that it cannot be rotated and why, or nothing worth a word."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from rotation.generated import is_reminder
from rotation.kinds import Kinds
from rotation.listing import ListedSecret
from rotation.plan import RESTORED
from rotation.policy import Defaults
from rotation.policy_tags import parse_policy
from rotation.refusals import due_from
from rotation.replication import is_replica, read_targets
from rotation.tags import REPLICATE_TO, ROTATION_ID, is_enabled


@dataclass(frozen=True, order=True)
class DueSecret:
    """A secret that is due; ordered by how much it presses."""

    expires_on: datetime
    name: str


@dataclass(frozen=True)
class WrongSecret:
    """A secret that somebody wants rotated and that cannot be, and why."""

    name: str
    reason: str


@dataclass
class Survey:
    """One vault, looked through."""

    due: list[DueSecret] = field(default_factory=list)
    """Those that press most come first."""
    wrong: list[WrongSecret] = field(default_factory=list)


def survey(secrets: Iterable[ListedSecret], now: datetime, kinds: Kinds, defaults: Defaults) -> Survey:
    """Look through a vault's listing."""
    found = Survey()
    for secret in secrets:
        match judge(secret, now, kinds, defaults):
            case DueSecret() as due:
                found.due.append(due)
            case WrongSecret() as wrong:
                found.wrong.append(wrong)
            case None:
                pass
    found.due.sort()
    return found


def judge(secret: ListedSecret, now: datetime, kinds: Kinds, defaults: Defaults) -> DueSecret | WrongSecret | None:
    """Tell whether a secret is due, or what keeps it from ever being; None where all is well or it is paused."""
    if is_replica(secret.tags) or not is_enabled(secret.tags):
        return None
    if secret.is_only_copied:
        _, wrong = read_targets(secret.tags[REPLICATE_TO], defaults.replica_vaults)
        return WrongSecret(secret.name, f"tags: {wrong}") if wrong else None
    if not secret.enabled:
        return WrongSecret(secret.name, "its newest version is disabled")
    policy = parse_policy(secret.tags, secret.content_type, kinds, defaults)
    if isinstance(policy, list):
        return WrongSecret(secret.name, "tags: " + "; ".join(policy))
    if secret.expires_on is None:
        return WrongSecret(secret.name, "it never expires, so it is never due: give its current version an expiry")
    if now < due_from(policy, secret.expires_on):
        return None
    if secret.tags.get(ROTATION_ID, "").endswith(RESTORED):
        return WrongSecret(secret.name, "it came from a rollback: start it with force once its consumers are ready")
    if is_reminder(policy.provider):
        return WrongSecret(secret.name, "its value is static: renew it by hand")
    return DueSecret(secret.expires_on, secret.name)
