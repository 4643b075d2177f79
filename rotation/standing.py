"""How a secret stands: what its listing, its tags and its latest rotation say together."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from rotation.address import Address, parse_address
from rotation.due import WrongSecret, judge
from rotation.history import shown_time
from rotation.instance import APPROVAL, GRACE, WINDOW, Instance
from rotation.kinds import Kinds
from rotation.listing import ListedSecret
from rotation.outcomes import OutcomeName
from rotation.policy import Defaults, Policy
from rotation.policy_tags import parse_policy
from rotation.refusals import due_from
from rotation.replication import Origin, is_replica
from rotation.tags import CREDENTIAL_ID, is_enabled
from rotation.view import ended_because, waits
from rotation.window import admission

# A tag holds whatever somebody put there; what looks like no slot is not repeated.
_SLOT = re.compile(r"[A-Za-z0-9_-]{1,24}", re.ASCII)
# The task hub keeps whole seconds.
_SECOND = timedelta(seconds=1)


class State(StrEnum):
    """One word for a secret."""

    OK = "ok"
    DUE = "due"
    LATE = "late"
    """Expired."""
    ROTATING = "rotating"
    GRACE = "grace"
    WINDOW = "window"
    """Its rotation waits for a window."""
    APPROVAL = "approval"
    """Its rotation waits for somebody's approval."""
    FAILED = "failed"
    """Its latest rotation has failed, and the version is still the one that was to be replaced."""
    REFUSED = "refused"
    PAUSED = "paused"
    REPLICA = "replica"
    """A copy of another secret, which it follows."""
    DISABLED = "disabled"
    WRONG = "wrong"
    """Somebody has to change something about it before it can be rotated."""


@dataclass(frozen=True)
class Standing:
    """A secret, seen from all sides at one moment."""

    vault: str
    secret: ListedSecret
    policy: Policy | None
    complaints: list[str]
    slot: str | None
    last: Instance | None
    """Its rotation in hand, else the latest one."""
    now: datetime

    @property
    def next_rotation(self) -> datetime | None:
        """From when it is rotated without force, in its window if it has one; None if it never is."""
        if self.policy is None or self._due_from is None:
            return None
        moment = max(self._due_from, self.now) if self.policy.windows else self._due_from
        return admission(self.policy.windows, moment, self.secret.expires_on).opens or self._due_from

    @property
    def _due_from(self) -> datetime | None:
        expires_on = self.secret.expires_on
        if self.policy is None or expires_on is None or not is_enabled(self.secret.tags):
            return None
        if is_replica(self.secret.tags):
            return None
        return due_from(self.policy, expires_on)

    @property
    def state(self) -> State:
        """The one word: what is going on, else what keeps it from rotating, else how pressing it is."""
        if is_replica(self.secret.tags):
            return State.REPLICA
        if self.last is not None and self.last.is_in_hand:
            return self._under_way(self.last)
        if not self.secret.enabled:
            return State.DISABLED
        if not is_enabled(self.secret.tags):
            return State.PAUSED
        if self.complaints:
            return State.WRONG
        if self._has_expired:
            return State.LATE
        if self._failed_lately:
            refused = self.last is not None and self.last.outcome == OutcomeName.REFUSED
            return State.REFUSED if refused else State.FAILED
        return State.DUE if self._due_from is not None and self._due_from <= self.now else State.OK

    def _under_way(self, last: Instance) -> State:
        step = last.facts.get("step")
        if step == APPROVAL and self._has_expired:
            return State.LATE  # nobody else presses
        return {GRACE: State.GRACE, WINDOW: State.WINDOW, APPROVAL: State.APPROVAL}.get(str(step), State.ROTATING)

    @property
    def _has_expired(self) -> bool:
        return self.secret.expires_on is not None and self.secret.expires_on <= self.now

    @property
    def _primary(self) -> dict[str, str] | None:
        origin = Origin.told_by(self.secret.tags)
        return {"vault": origin.vault, "secret": origin.secret, "version": origin.version} if origin else None

    @property
    def _failed_lately(self) -> bool:
        """Whether the latest rotation failed, and nobody has written a version since."""
        if self.last is None or self.last.status != "Failed":
            return False
        return self.secret.created_on is None or self.secret.created_on <= self.last.updated

    def to_json(self) -> dict[str, Any]:
        """Return what the HTTP API shows; values of tags only where they are understood."""
        provider, expires_on = parse_address(self.secret.provider or ""), self.secret.expires_on
        shown: dict[str, Any] = {
            "vault": self.vault,
            "secret": self.secret.name,
            "enabled": self.secret.enabled,
            "state": str(self.state),
            "complaints": self.complaints,
            "provider": _provider(provider) if provider else None,
            "slot": self.slot,
            "strategy": str(self.policy.strategy) if self.policy else None,
            "window": self.policy.windows.text if self.policy and self.policy.windows else None,
            "approval": True if self.policy and self.policy.approval else None,
            "expiresOn": shown_time(expires_on) if expires_on else None,
            "daysLeft": (expires_on - self.now) // timedelta(days=1) if expires_on else None,
            "replicaOf": self._primary,
            "nextRotation": shown_time(self.next_rotation) if self.next_rotation else None,
            "lastRotation": _latest(self.last) if self.last else None,
        }
        return {name: value for name, value in shown.items() if value is not None}


def standing(
    vault: str,
    secret: ListedSecret,
    read_at: datetime,
    last: Instance | None,
    now: datetime,
    kinds: Kinds,
    defaults: Defaults,
) -> Standing:
    """Put together what is known of a secret.

    Args:
        vault: Its vault's host name.
        secret: What the vault's listing says of it.
        read_at: When that was listed; what a rotation has written since is taken from the rotation.
        last: Its rotation in hand, else its latest one.
        now: The present.
        kinds: Those with a provider.
        defaults: What applies where a tag is absent.
    """
    claimed = secret.tags.get(CREDENTIAL_ID, "")
    slot = claimed if _SLOT.fullmatch(claimed) else None
    if last is not None and "version" in last.facts and last.updated + _SECOND > read_at:
        slot = str(last.facts.get("slot") or slot)
        secret = replace(secret, expires_on=_moment(last.facts.get("expiresOn")) or secret.expires_on)
    policy = parse_policy(secret.tags, secret.content_type, kinds, defaults)
    judged = judge(secret, now, kinds, defaults)
    complaints = [judged.reason] if isinstance(judged, WrongSecret) else []
    if isinstance(policy, list):
        # What is not rotated is judged by what is wanted of it instead.
        wanted = not (is_replica(secret.tags) or secret.is_only_copied)
        return Standing(vault, secret, None, policy if wanted else complaints, slot, last, now)
    return Standing(vault, secret, policy, complaints, slot, last, now)


def newer(one: Instance | None, other: Instance) -> Instance:
    """Return the one of two rotations of a secret that says more of its present: in hand before ended, then newest."""
    if one is None:
        return other
    return max(one, other, key=lambda instance: (instance.is_in_hand, instance.created, instance.id))


def _provider(address: Address) -> dict[str, str]:
    return {"id": str(address), "type": address.kind, "name": address.label}


def _latest(instance: Instance) -> dict[str, Any]:
    shown = {
        "id": instance.id,
        "status": instance.status,
        "outcome": instance.outcome,
        "reason": ended_because(instance),
        "createdTime": shown_time(instance.created),
        "lastUpdatedTime": shown_time(instance.updated),
        **waits(instance),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
