"""Reads the tags of a secret; drop-in compatible with Microsoft's functions and with KSSEDR.

All complaints are found before anything is touched, and reported together.
"""

import re
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from rotation.address import Address, LoginsAddress, parse_address
from rotation.consumers import read_ids
from rotation.kinds import Kinds
from rotation.policy import LONGEST_VALIDITY_DAYS, Defaults, Policy, RetireWhen, SlotStrategy, Verification
from rotation.replication import read_targets
from rotation.request import shape
from rotation.tags import (
    APPROVAL,
    CONSUMERS,
    CREDENTIAL_ID,
    ENABLED,
    LEAD,
    MOST_TAGS,
    MOVE_PINNED,
    PROVIDER_ADDRESS,
    REPLICATE_TO,
    RETIRE_AFTER,
    RETIRE_WHEN,
    ROTATION_ID,
    STRATEGY,
    TEMPLATE,
    TEMPLATE_ADDRESS,
    VALIDITY,
    VERIFICATION,
    WINDOW,
    Tags,
    provider_text,
)
from rotation.window import Windows, parse_windows

DEFAULT_APPROVAL = timedelta(days=7)
_REQUIRED = "required"
_DAYS = re.compile(r"[0-9]{1,4}", re.ASCII)
_Choice = TypeVar("_Choice", bound=StrEnum)


def parse_policy(tags: Tags, content_type: str | None, kinds: Kinds, defaults: Defaults) -> Policy | list[str]:
    """Return the policy, or every complaint about it.

    Args:
        tags: The secret's tags.
        content_type: The secret's content type.
        kinds: Those with a provider.
        defaults: What applies where a tag is absent.
    """
    reader = _Reader(tags)
    provider = reader.provider(provider_text(tags, content_type) or "", kinds)
    validity_days = reader.days(VALIDITY, 1, defaults.validity_days)
    # What a wrong validity would be compared with is left for the next look, instead of complaining twice.
    validity = timedelta(days=validity_days or LONGEST_VALIDITY_DAYS)
    lead_days = reader.days(LEAD, 1, 0)
    if lead_days and timedelta(days=lead_days) >= validity:
        reader.complain(LEAD, f"is {lead_days} days, expected less than the validity of {validity.days} days")
    # Half of the validity at most, so that a default lead never makes a short-lived version due at birth.
    lead = timedelta(days=lead_days) if lead_days else min(timedelta(days=defaults.lead_days), validity / 2)
    strategy = reader.one_of(STRATEGY, SlotStrategy, SlotStrategy.ALTERNATE)
    verification = reader.one_of(VERIFICATION, Verification, Verification.BEST_EFFORT)
    reader.flag(ENABLED)
    retire_after = reader.duration(RETIRE_AFTER, validity)
    reader.template()
    reader.consumers()
    windows = reader.windows()
    approval = reader.approval(validity)
    replicas = reader.replicas(defaults.replica_vaults)
    reader.limits()
    if provider is None or reader.complaints:
        return reader.complaints
    credential_id = tags.get(CREDENTIAL_ID, "").casefold() or None
    return Policy(
        provider, credential_id, validity, lead, strategy, retire_after, verification, bool(tags.get(CONSUMERS)),
        windows, approval, replicas,
    )  # fmt: skip


def provider_of(tags: Tags, content_type: str | None, kinds: Kinds) -> Address | None:
    """Return what issues a secret's credential; None where its tags do not say, or wrongly."""
    return _Reader(tags).provider(provider_text(tags, content_type) or "", kinds)


class _Reader:
    """Collects complaints while tags are read."""

    def __init__(self, tags: Tags) -> None:
        self.tags = tags
        self.complaints: list[str] = []

    def complain(self, name: str, text: str) -> None:
        self.complaints.append(f"{name} {text}")

    def provider(self, text: str, kinds: Kinds) -> Address | None:
        """Return the target, None where it or what its kind needs of the tags is wrong."""
        address = parse_address(text)
        # What follows a resource id is taken from tags of its own.
        if address is None or isinstance(address, LoginsAddress):
            expected = "the ARM resource id of the target, or entra:, generated: or sqlserver: and what it is"
            self.complain(PROVIDER_ADDRESS, f"is {shape(text)}, expected {expected}")
            return None
        if address.kind not in kinds:
            namespace = address.kind.partition("/")[0]
            near = " or ".join(kind for kind in sorted(kinds) if kind.startswith(f"{namespace}/"))
            expected = near or "one of the kinds in docs/providers"
            self.complain(PROVIDER_ADDRESS, f"names a {address.kind}, expected {expected}")
            return None
        interpreted = kinds[address.kind](address, self.tags)
        if isinstance(interpreted, list):
            self.complaints += interpreted
            return None
        return interpreted

    def days(self, name: str, least: int, default: int) -> int | None:
        """Return a number of days, the default where the tag is absent, None where it is wrong."""
        text = self.tags.get(name)
        if text is None:
            return default
        if not _DAYS.fullmatch(text) or not least <= int(text) <= LONGEST_VALIDITY_DAYS:
            self.complain(name, f"is {shape(text)}, expected a whole number of days, {least}-{LONGEST_VALIDITY_DAYS}")
            return None
        return int(text)

    def one_of(self, name: str, choices: type[_Choice], default: _Choice) -> _Choice:
        text = self.tags.get(name, default.value).casefold()
        if text in [choice.value for choice in choices]:
            return choices(text)
        self.complain(name, f"is {shape(text)}, expected {' or '.join(choice.value for choice in choices)}")
        return default

    def flag(self, name: str) -> None:
        if self.tags.get(name, "true").casefold() not in ("true", "false"):
            self.complain(name, f"is {shape(self.tags[name])}, expected true or false")

    def consumers(self) -> None:
        for complaint in read_ids(self.tags.get(CONSUMERS, ""))[1]:
            self.complain(CONSUMERS, complaint)
        self.flag(MOVE_PINNED)
        if RETIRE_WHEN in self.tags:
            self.one_of(RETIRE_WHEN, RetireWhen, RetireWhen.CONSUMERS_READY)
            if RETIRE_AFTER not in self.tags:
                self.complain(RETIRE_WHEN, f"shortens a grace that is not there, expected {RETIRE_AFTER} beside it")

    def duration(self, name: str, below: timedelta) -> timedelta | None:
        text = self.tags.get(name)
        if text is None:
            return None
        value = _span(text)
        if value is None or value >= below:
            self.complain(
                name,
                f"is {shape(text)}, expected an ISO 8601 duration of days and time below the validity, e.g. P2D",
            )
            return None
        return value

    def template(self) -> None:
        """A template beside anything but its kind was meant for something that will not happen."""
        text = self.tags.get(TEMPLATE)
        if text is not None and self.tags.get(PROVIDER_ADDRESS, "").casefold() != TEMPLATE_ADDRESS:
            self.complain(TEMPLATE, f"is {shape(text)}, expected only beside {PROVIDER_ADDRESS} {TEMPLATE_ADDRESS}")

    def replicas(self, allowed: frozenset[str]) -> tuple[str, ...]:
        if REPLICATE_TO not in self.tags:
            return ()
        hosts, wrong = read_targets(self.tags[REPLICATE_TO], allowed)
        if wrong:
            self.complaints.append(wrong)
        return hosts

    def windows(self) -> Windows | None:
        found = parse_windows(self.tags[WINDOW]) if WINDOW in self.tags else None
        if not isinstance(found, tuple):
            return found
        for complaint in found:
            self.complain(WINDOW, complaint)
        return None

    def approval(self, below: timedelta) -> timedelta | None:
        text = self.tags.get(APPROVAL)
        if text is None:
            return None
        value = min(DEFAULT_APPROVAL, below) if text.casefold() == _REQUIRED else _span(text)
        if value is None or not timedelta(0) < value <= below:
            self.complain(
                APPROVAL,
                f"is {shape(text)}, expected {_REQUIRED}, or how long to wait for it: an ISO 8601 duration of days and "
                "time, longer than none and no longer than the validity, e.g. P3D",
            )
            return None
        return value

    def limits(self) -> None:
        for name in self.tags.ambiguous():
            self.complain(name, "is there more than once in different letter case, expected once")
        after = len(self.tags.updated({})) + (ROTATION_ID not in self.tags)
        if after > MOST_TAGS:
            self.complaints.append(
                f"the secret would have {after} tags with {ROTATION_ID}, expected at most {MOST_TAGS}: remove one"
            )


def _span(text: str) -> timedelta | None:
    """Return an ISO 8601 duration whose length does not depend on the day; None where it is none, or negative."""
    import isodate  # noqa: PLC0415 - few secrets have a duration, and every cold start would wait for it

    try:
        # isodate takes "PT" for no time at all.
        value = isodate.parse_duration(text) if re.search("[0-9]", text) else None
    except (ValueError, TypeError, OverflowError):
        return None
    # isodate answers with a Duration, not a timedelta, where years or months make the length depend on the day.
    return value if isinstance(value, timedelta) and value >= timedelta(0) else None
