"""A dry run in words: from a plan and a look at its neighbours to the calls that the rotation would make, in order.

Calls that change something are told exactly. Reads are told as far as they are known beforehand: retries, and the
reading back of what is written, come on top.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rotation.actions import OPEN_GRACE
from rotation.address import parse_address
from rotation.history import shown_time
from rotation.instance import APPROVAL, GRACE, WINDOW
from rotation.neighbours import Neighbour
from rotation.plan import Plan
from rotation.policy import Verification
from rotation.window import Windows, admission, parse_windows
from rotation.words import Call, Words


@dataclass(frozen=True)
class Look:
    """What a look at a slot has found."""

    neighbours: Sequence[Neighbour] = ()
    free_from: datetime | None = None
    """From when nobody else can hold the slot's key."""
    note: str | None = None
    refused: str | None = None
    """Why somebody who lives there must not be moved."""


@dataclass(frozen=True)
class Followers:
    """Who gets each new version, by orchestrations of their own."""

    replicas: Sequence[str] = ()
    """Host names of the vaults that hold a copy."""
    consumers: Sequence[str] = ()
    """The names of those who use the secret, as far as they are known."""
    note: str = ""
    """Why they are not known."""


@dataclass(frozen=True)
class PreviewStep:
    """A step that would be taken."""

    name: str
    calls: list[Call] = field(default_factory=list)
    note: str | None = None
    until: datetime | None = None
    """When a wait would end."""

    def to_json(self) -> dict[str, Any]:
        """Return what the HTTP API shows."""
        shown = {
            "step": self.name,
            "calls": [call.to_json() for call in self.calls],
            "note": self.note,
            "until": shown_time(self.until) if self.until else None,
        }
        return {name: value for name, value in shown.items() if value is not None}


def preview(
    plan: Plan, words: Words, vaults: Sequence[str], taken: Look, left: Look, followers: Followers, now: datetime
) -> "Preview":
    """Tell what a rotation would do.

    Args:
        plan: What was planned at `now`.
        words: What the provider's calls are called.
        vaults: Host names of all vaults in which neighbours are looked for.
        taken: Who lives on the slot that would be regenerated.
        left: Who lives on the slot that would be retired.
        followers: Who gets the new version.
        now: The present.
    """
    told = Preview(plan, words, vaults, followers, now)
    told.read_metadata()
    told.ask(taken)
    if plan.interim_slot is not None:
        told.publish(plan.interim_slot, "on the way: the secret's own slot is regenerated while it lives here")
    if plan.regenerate:
        told.make_way(taken)
        if plan.interim_slot is not None:
            told.grace(told.at + timedelta(seconds=plan.grace_seconds))
        told.regenerate()
    if plan.publish:
        told.publish(plan.slot)
    if plan.retire_slot is not None:
        told.retire(plan.retire_slot, taken, left)
    return told


class Preview:
    """The steps, as they are told."""

    def __init__(self, plan: Plan, words: Words, vaults: Sequence[str], followers: Followers, now: datetime) -> None:
        self.steps: list[PreviewStep] = []
        self.at = now
        """How far time would have come."""
        self._free_from = now
        self._expires_on = plan.expires_on
        """Of the version that would be current by then; None: far away."""
        windows = parse_windows(plan.window) if plan.window else None
        self._windows = windows if isinstance(windows, Windows) else None
        self._hurry = plan.hurry
        """Why no window is waited for, until a version is published."""
        self._plan = plan
        self._words = words
        self._vaults = vaults
        self._followers = followers
        address = parse_address(plan.provider)
        self._account = address.label if address else plan.provider
        self._secret = _secret(plan.vault, plan.secret)

    def read_metadata(self) -> None:
        """Step 1."""
        target = self._account
        asked = [Call(self._words.describe, target)] if self._words.describe else []
        calls = [Call("keyvault.getSecret", self._secret), *asked, *self._slots]
        self._tell("read_metadata", calls)

    def ask(self, taken: Look) -> None:
        """Before anything is locked or changed."""
        asking = [self._plan.approval_seconds, *(neighbour.approval_seconds for neighbour in taken.neighbours)]
        patience = max((seconds for seconds in asking if seconds is not None), default=None)
        if patience is not None:
            told = "somebody has to approve of it; it is refused if nobody does by then"
            self._tell(APPROVAL, [], told, self.at + timedelta(seconds=patience))

    def publish(self, slot: str, note: str | None = None) -> None:
        """Steps 3 and 4: prove a key, and make it the current version."""
        self._wait_for_window()
        tried = self._words.try_key if self._plan.verification is not Verification.OFF else None
        self._tell("verify_key", [*self._slots, *([Call(tried, self._account)] if tried else [])])
        read = Call("keyvault.getSecret", self._secret)
        write = Call("keyvault.setSecret", self._secret, changes=True)
        activate = [Call(self._words.activate, self._account, changes=True)] if self._words.activate else []
        tidy = [Call("keyvault.deleteSecret", self._pending, changes=True)] if self._words.pending else []
        calls = [*self._slots, read, *activate, write, read, *tidy]
        self._tell("write_version", calls, note or f"with the key of {slot}")
        self._announce()
        self._expires_on, self._hurry = None, ""

    def _announce(self) -> None:
        """Tell what each new version sets going beside the rotation."""
        copies = [
            Call("keyvault.setSecret", _secret(host, self._plan.secret), changes=True)
            for host in self._followers.replicas
        ]
        told = [f"brought to {', '.join(self._followers.consumers)}"] if self._followers.consumers else []
        told += [self._followers.note] if self._followers.note else []
        if copies or told:
            self._tell("announce_version", copies, "; ".join(["beside the rotation", *told]))

    def make_way(self, taken: Look) -> None:
        """Step 2: nobody may live on the slot that is about to be regenerated."""
        self._look(taken)
        for neighbour in taken.neighbours:
            if neighbour.opens is not None and neighbour.opens > self.at:
                self._tell(WINDOW, [], f"that of {neighbour.secret}, to move it", neighbour.opens)
                self.at = neighbour.opens
        longest = max((neighbour.grace_seconds for neighbour in taken.neighbours), default=0.0)
        moved = self.at + timedelta(seconds=longest)
        self._free_from = max(moved, taken.free_from or moved, self._plan.not_before or moved)
        for neighbour in taken.neighbours:
            target = _secret(neighbour.vault, neighbour.secret)
            read = Call("keyvault.getSecret", target)
            write = Call("keyvault.setSecret", target, changes=True)
            to = self._plan.interim_slot or self._plan.live_slot
            self._tell("move_secret", [*self._slots, read, write, read], f"to the key of {to}, its expiry unchanged")

    def regenerate(self) -> None:
        """Step 3, once nobody can hold the slot's key any more."""
        if self._free_from > self.at:
            self._tell(GRACE, [], f"those who may still hold {self._plan.slot}", self._free_from)
            self.at = self._free_from
            self._look(Look())
        self._wait_for_window()
        read = Call("keyvault.getSecret", self._secret)
        name, kept = self._words.regenerate, self._words.pending
        regenerate = [Call(name, f"{self._account}/{self._plan.slot}", changes=True)] if name else []
        keep = [Call("keyvault.setSecret", self._pending, changes=True)] if kept else []
        first = keep if self._words.is_kept_before else []
        self._tell("regenerate_key", [*self._slots, read, *first, *regenerate, *keep])

    def grace(self, until: datetime) -> None:
        """Let consumers read the new version."""
        self._tell(GRACE, [], OPEN_GRACE, until)
        self.at = max(self.at, until)

    def retire(self, slot: str, taken: Look, left: Look) -> None:
        """Step 5: after the grace, the previous credential dies."""
        until = self._plan.retire_at or self.at + timedelta(seconds=self._plan.grace_seconds)
        self.grace(max(until, admission(self._windows, max(until, self.at), None).opens or until))
        # Whoever makes way for this rotation moves to the very slot that it leaves.
        tenants = [neighbour.secret for neighbour in (*left.neighbours, *taken.neighbours)]
        if tenants:
            self._look(Look(note=f"not retired: {', '.join(tenants)} lives on {slot}"))
            return
        self._look(left)
        if left.refused:
            return
        read = Call("keyvault.getSecret", self._secret)
        name = self._words.retire or self._words.regenerate
        retire = [Call(name, f"{self._account}/{slot}", changes=True)] if name else []
        self._tell("swap_slot", [*self._slots, read, *retire], f"the key of {slot} is dead from then on")

    def _wait_for_window(self) -> None:
        if self._hurry:
            if self.steps[-1].note != self._hurry:
                self._tell(WINDOW, [], self._hurry)
            return
        opens = admission(self._windows, self.at, self._expires_on).opens
        if opens is not None and opens > self.at:
            self._tell(WINDOW, [], f"its window: {self._plan.window}", opens)
            self.at = opens

    @property
    def _slots(self) -> list[Call]:
        kept = [self._secret, self._pending] if self._words.pending else []
        asked = [Call(self._words.slots, self._account)] if self._words.slots else []
        return [*(Call("keyvault.getSecret", secret) for secret in kept), *asked]

    @property
    def _pending(self) -> str:
        return _secret(self._plan.vault, self._words.pending)

    def _look(self, look: Look) -> None:
        calls = [Call("keyvault.listSecrets", vault.partition(".")[0]) for vault in self._vaults]
        read = [Call("keyvault.getSecret", _secret(each.vault, each.secret)) for each in look.neighbours]
        self._tell("find_neighbours", [*calls, *(self._slots if read else []), *read], look.refused or look.note)

    def _tell(self, name: str, calls: list[Call], note: str | None = None, until: datetime | None = None) -> None:
        self.steps.append(PreviewStep(name, calls, note, until))


def _secret(vault: str, secret: str) -> str:
    return f"{vault.partition('.')[0]}/{secret}"
