"""The person on call, who is the last resort of every contender alike.

A person is needed when a secret's current version has been dead for four hours, or expired for a day. What they do is
the best that can be done: they publish a key that works, in the format and with the tags that the secret should have.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from dev.simulators.account_keys import KeyGeneration
from dev.simulators.invariant import account_key

from .stage import Regeneration, Stage

DEAD_FOR = timedelta(hours=4)
EXPIRED_FOR = timedelta(days=1)


@dataclass(frozen=True)
class Intervention:
    """One time that a person had to act."""

    at: datetime
    secret: str
    why: Literal["dead", "expired"]
    key: str


class OnCall:
    """Looks when a state may have lasted for too long, and mends it."""

    def __init__(self, stage: Stage) -> None:
        self.interventions: list[Intervention] = []
        self._stage = stage
        stage.on_version.append(self._watch)
        stage.on_regeneration.append(self._watch_tenants)
        for secret in stage.specs:
            self._watch(secret)

    def _watch(self, secret: str) -> None:
        version = self._stage.vault.current(secret)
        self._look_at(secret, version.created + DEAD_FOR)
        if version.expires_on is not None:
            self._look_at(secret, version.expires_on + EXPIRED_FOR)

    def _watch_tenants(self, regeneration: Regeneration) -> None:
        account = self._stage.accounts[regeneration.account]
        dead_at = account.key_history(regeneration.slot)[-2].retired_at or regeneration.at
        for secret in self._stage.tenants[regeneration.account]:
            self._look_at(secret, dead_at + DEAD_FOR)

    def _look_at(self, secret: str, when: datetime) -> None:
        self._stage.clock.call_at(when, lambda: self._look(secret))

    def _look(self, secret: str) -> None:
        now = self._stage.clock.now()
        version = self._stage.vault.current(secret)
        key = account_key(version.value.reveal())
        if version.expires_on is not None and now - version.expires_on >= EXPIRED_FOR:
            self._mend(Intervention(now, secret, "expired", key))
            return
        died = max((each.retired_at for each in self._generations(secret, key) if each.retired_at), default=None)
        if died is not None and now - max(died, version.created) >= DEAD_FOR:
            self._mend(Intervention(now, secret, "dead", key))

    def _mend(self, intervention: Intervention) -> None:
        self.interventions.append(intervention)
        stage, spec = self._stage, self._stage.specs[intervention.secret]
        slot = self._slot(intervention.secret)
        with stage.by_hand():
            stage.vault.set_secret(
                spec.name,
                stage.value(spec, slot),
                tags=stage.tags(spec, slot),
                content_type=stage.account(spec.name).resource_id,
                expires_on=stage.clock.now() + spec.validity,
            )

    def _slot(self, secret: str) -> str:
        """Choose a slot whose key works: one that no other secret lives on, if there is one, and the youngest."""
        account = self._stage.account(secret)
        working = [slot for slot in account.keys.slots if account.accepts(account.key(slot))]
        others = {self._stage.live_slot(one) for one in self._stage.tenants[account.name] if one != secret}
        return max(working, key=lambda slot: (slot not in others, account.keys.current(slot).accepted_from))

    def _generations(self, secret: str, key: str) -> list[KeyGeneration]:
        return [each for each in self._stage.account(secret).key_history() if each.value.reveal() == key]
