"""Certificates and keys of Key Vault: whether one is to be renewed now.

They keep themselves: Key Vault makes each new version, and no value passes through the app. So all there is to decide
is whether somebody wants it, whether it is time, and whether Key Vault or a person does it anyhow.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rotation.failures import MissingError, RefusedError, TransientError
from rotation.outcomes import Conclusion, OutcomeName
from rotation.patience import UNREADABLE
from rotation.policy import LONGEST_VALIDITY_DAYS, Defaults
from rotation.refusals import EARLY_NOTICE
from rotation.request import RotationRequest, shape
from rotation.results import Retry, Stop
from rotation.tags import ENABLED, LEAD, Tags

CERTIFICATE = "certificate"
KEY = "key"

_DAYS = re.compile(r"[0-9]{1,4}", re.ASCII)


@dataclass(frozen=True)
class Held:
    """The current version of a certificate or key; nothing of what is in it."""

    version: str
    enabled: bool
    created_on: datetime
    expires_on: datetime | None
    tags: Tags

    @classmethod
    def from_json(cls, identifier: str, document: Mapping[str, Any]) -> "Held":
        """Read what Key Vault answers, given the version's identifier in it.

        Raises:
            TransientError: The answer is no such thing.
        """
        attributes, tags = document.get("attributes"), document.get("tags") or {}
        try:
            created, expires = int(attributes["created"]), attributes.get("exp")  # type: ignore[index,union-attr]
            return cls(
                version=identifier.rstrip("/").rpartition("/")[2],
                enabled=attributes.get("enabled") is not False,  # type: ignore[union-attr]
                created_on=datetime.fromtimestamp(created, UTC),
                expires_on=None if expires is None else datetime.fromtimestamp(int(expires), UTC),
                tags=Tags({str(name): str(text) for name, text in tags.items()}),
            )
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            raise TransientError("the answer does not say when the version was created") from None


def another_version(held: Held, request: RotationRequest, read: Callable[[str, str], object]) -> Retry | Stop:
    """Say what it means that the current version is not the one that was told of: that cannot be seen yet, or is gone.

    Args:
        held: The current version.
        request: Which version was told of.
        read: Reads a version of that name; raises `MissingError` if there is none.
    """
    try:
        read(request.secret, request.version)
    except MissingError:
        return Retry(f"version {request.version} cannot be read yet", budget=UNREADABLE)
    return Stop(OutcomeName.SUPERSEDED, f"version {held.version} has already replaced it")


def check(held: Held, request: RotationRequest, now: datetime, defaults: Defaults, *, itself: bool) -> None:
    """Return if a version is to be replaced now.

    Args:
        held: The current version, which is the request's.
        request: Who asks for what.
        now: The present.
        defaults: What applies where a tag is absent.
        itself: Whether Key Vault is told to renew it by itself.

    Raises:
        RefusedError: Its tags are wrong, or Key Vault was to renew it and has not.
        Conclusion: It is not wanted, or not due.
    """
    wanted = held.tags.get(ENABLED)
    if wanted is None:
        raise Conclusion(OutcomeName.SKIPPED, f"nobody asked for it: tag it {ENABLED}=true")
    if not held.enabled:
        raise Conclusion(OutcomeName.SKIPPED, "its newest version is disabled")
    if wanted.casefold() == "false":
        raise Conclusion(OutcomeName.SKIPPED, "RotationEnabled is false")
    lead, complaints = _lead(held, defaults)
    if wanted.casefold() != "true":
        complaints.append(f"{ENABLED} is {shape(wanted)}, expected true or false")
    if complaints:
        raise RefusedError("tags: " + "; ".join(complaints))
    expired = held.expires_on is not None and held.expires_on <= now
    if itself:
        _leave_to_key_vault(expired=expired, forced=request.force)
    if request.force:
        return
    if held.expires_on is None:
        raise Conclusion(OutcomeName.NOT_DUE, "the current version never expires")
    early = min(EARLY_NOTICE, lead / 2)
    if now < held.expires_on - lead - early:
        raise Conclusion(OutcomeName.NOT_DUE, f"due from {(held.expires_on - lead).isoformat()}")


def _leave_to_key_vault(*, expired: bool, forced: bool) -> None:
    if expired:
        raise RefusedError("Key Vault was to renew it by itself and has not: look at its policy and its last request")
    if not forced:
        raise Conclusion(OutcomeName.SKIPPED, "its policy has Key Vault renew it by itself")


def _lead(held: Held, defaults: Defaults) -> tuple[timedelta, list[str]]:
    """Return how long before its expiry it is renewed, at most half of its life where no tag says so."""
    life = timedelta(days=LONGEST_VALIDITY_DAYS) if held.expires_on is None else held.expires_on - held.created_on
    text = held.tags.get(LEAD)
    if text is None:
        return min(timedelta(days=defaults.lead_days), max(life, timedelta(0)) / 2), []
    if not _DAYS.fullmatch(text) or not 1 <= int(text) <= LONGEST_VALIDITY_DAYS:
        return timedelta(0), [f"{LEAD} is {shape(text)}, expected a whole number of days, 1-{LONGEST_VALIDITY_DAYS}"]
    lead = timedelta(days=int(text))
    if lead >= life:
        return lead, [f"{LEAD} is {lead.days} days, expected less than the life of {life.days} days"]
    return lead, []


def renews_itself(actions: object, word: str) -> bool:
    """Tell whether a policy's lifetime actions, of a certificate or a key, have Key Vault make new versions.

    Args:
        actions: The list in the policy.
        word: What the action that does so is called: `AutoRenew` of certificates, `Rotate` of keys.
    """
    told = actions if isinstance(actions, list) else []
    return any(word.casefold() == kind.casefold() for kind in _kinds(told))


def _kinds(actions: Iterable[object]) -> Iterable[str]:
    for each in actions:
        action = each.get("action") if isinstance(each, Mapping) else None
        if isinstance(action, Mapping):
            yield str(action.get("action_type", action.get("type", "")))
