"""Who killed which key: the app, or somebody else; noted at the very change of state.

The simulators' invariant says when a promise broke. The ledger adds what it takes to say whose doing that was, and
looks at three more promises at every change: the app never regenerates a slot that a managed secret lives on, nor one
whose key a consumer that re-reads once per grace still holds, and no slot more than once in a period.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from dev.simulators import Consumer, KeyHolder, Logins

from .stage import Stage


@dataclass(frozen=True)
class Note:
    """One thing that happened, besides the calls."""

    time: datetime
    text: str


class Ledger:
    """What happened in one case."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.broken: list[str] = []
        """Promises that the app broke."""
        self.outside: list[str] = []
        """Moments broken by somebody else's edit."""
        self.regenerated: Counter[str] = Counter()
        """By the app, by account and slot."""
        self.written_by_hand: Counter[str] = Counter()
        """Versions, by secret."""
        self.tags_edited: set[str] = set()
        self.hidden: set[str] = set()
        """Secrets that consumers could not read for a while, whatever the app did."""
        self.in_window = False
        """Whether an edit fell between a check and its own effect, which nothing can see."""
        self.windows = 0
        """How many times a single login's password was in force and not yet published."""
        self._killed_by_hand: set[str] = set()
        self._killed_in_windows: set[str] = set()
        self._hand = threading.local()
        self._judged = 0
        self._stage: Stage | None = None

    def begin(self, stage: Stage) -> None:
        """Start watching a stage."""
        self._stage = stage
        self.regenerated.clear()
        self._judged = len(stage.azure.invariant_violations)
        self._killed_by_hand = {
            made.value.reveal() for account in stage.accounts for made in account.key_history() if made.retired_at
        }

    def note(self, text: str) -> None:
        """Write down something that is no call."""
        if self._stage is not None:
            self.notes.append(Note(self._stage.clock.now(), text))

    @contextmanager
    def by_hand(self, what: str) -> Iterator[None]:
        """Make changes as somebody else."""
        self.note(f"somebody else: {what}")
        self._hand.acting = True
        try:
            yield
        finally:
            self._hand.acting = False

    @property
    def _is_hand(self) -> bool:
        return bool(getattr(self._hand, "acting", False))

    def changed(self, change: str) -> None:
        """Listen to simulated Azure."""
        if self._stage is None:
            return
        subject, _, what = change.partition(": ")
        owner, _, part = subject.partition("/")
        if what == "regenerated":
            account = next((one for one in self._stage.accounts if one.name == owner), None)
            if account is not None:
                self._regenerated(self._stage, account, part)
        elif what.startswith("new version") and self._is_hand:
            self.written_by_hand[part] += 1
        self._judge(self._stage)

    def _regenerated(self, stage: Stage, account: KeyHolder, slot: str) -> None:
        dead = account.key_history(slot)[-2].value.reveal()
        if self._is_hand:
            self._killed_by_hand.add(dead)
            return
        name = f"{account.name}/{slot}"
        self.regenerated[name] += 1
        if is_single(account):
            return  # what that breaks is a window, which has to close
        for secret in stage.managed.values():
            current = stage.vault.find(secret.name)
            if current is not None and current.enabled and secret.account.key_in(current.value.reveal()) == dead:
                self._breach(f"the app regenerated {name}, the live slot of {secret.name}")
        for consumer in stage.azure.consumers:
            if dead == _held(consumer) and consumer.secret not in self.hidden:
                self._breach(f"the app regenerated {name}, which the consumer of {consumer.secret} holds")

    def _judge(self, stage: Stage) -> None:
        """Attribute what the simulators' invariant has found since the last time."""
        found = stage.azure.invariant_violations
        for violation in found[self._judged :]:
            version = stage.vault.find(violation.secret, violation.version)
            account = stage.managed[violation.secret].account
            key = account.key_in(version.value.reveal()) if version else ""
            told = f"{violation.secret}: version {violation.version} is not accepted since “{violation.change}”"
            if is_single(account) and violation.change.endswith(": regenerated") and not self._is_hand:
                self.windows += 1
                self._killed_in_windows.add(key)
            elif self._is_hand or key in self._killed_by_hand or violation.secret in self.hidden:
                self.outside.append(told)
            else:
                self._breach(told)
        self._judged = len(found)

    def _breach(self, told: str) -> None:
        (self.outside if self.in_window else self.broken).append(told)
        self.note(f"BROKEN: {told}")

    def is_innocent(self, key: str) -> bool:
        """Tell whether a dead key was killed by somebody else."""
        return key in self._killed_by_hand | self._killed_in_windows


def is_single(account: KeyHolder) -> bool:
    """Tell whether a target has one login only, whose old password dies right before the new one is published."""
    return isinstance(account, Logins) and account.is_single


def _held(consumer: Consumer) -> str | None:
    """Return the key that a consumer holds."""
    version = consumer.vault.find(consumer.secret, consumer.version) if consumer.version else None
    return consumer.account.key_in(version.value.reveal()) if version else None
