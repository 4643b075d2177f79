"""Reads what a year has come to from the histories of the vault and the accounts."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from dev.simulators import SecretVersion
from dev.simulators.invariant import account_key

from .holding import Holding, Life, Span, at_consumer, in_vault
from .measures import REREADS, Measures
from .on_call import Intervention
from .population import NOTICE, SecretSpec
from .stage import Cause, Regeneration, Stage

_SLACK = timedelta(days=1)
"""How much earlier than Key Vault's notice a rotation may come without being needless."""
_UNFINISHED = timedelta(days=3)
"""A key made so shortly before the end need not be published yet."""


@dataclass(frozen=True)
class _Written:
    """A version as the judge sees it."""

    version: SecretVersion
    at: datetime
    key: str
    owed_until: datetime
    """When it would expire if it had been given the validity that its owner asked for."""
    by_hand: bool
    tags: Mapping[str, str]
    """As they were written; somebody may have edited them since."""


class Judge:
    """Judges one vault's year."""

    def __init__(self, stage: Stage, year: Span, seed: int) -> None:
        self._stage = stage
        self._year = year
        self._seed = seed
        self._made = {one.made: one for one in stage.regenerations}
        causes = {one.killed: one.cause for one in stage.regenerations}
        self._lives: dict[str, Life] = {}
        self._slots: dict[str, str] = {}
        for account in stage.accounts.values():
            for each in account.key_history():
                key = each.value.reveal()
                self._lives[key] = Life(each.accepted_from, each.retired_at, causes.get(key, "own"))
                self._slots[key] = each.slot
        self._written = {name: list(self._versions(spec)) for name, spec in stage.specs.items()}

    def _versions(self, spec: SecretSpec) -> Iterator[_Written]:
        before: _Written | None = None
        for version in self._stage.vault.versions(spec.name):
            moved = before is not None and version.expires_on == before.version.expires_on
            owed = before.owed_until if before is not None and moved else version.created + spec.validity
            by_hand = version.version in self._stage.written_by_hand
            tags = self._stage.tags_written.get(version.version, version.tags)
            at = self._stage.written_at.get(version.version, version.created)
            before = _Written(version, at, account_key(version.value.reveal()), owed, by_hand, tags)
            yield before

    def measures(self, interventions: list[Intervention]) -> Measures:
        """Return everything that can be told from the histories."""
        found = Measures(secrets=len(self._stage.specs))
        for name, spec in self._stage.specs.items():
            versions = self._written[name]
            self._holdings(found, spec, [(one.at, one.key) for one in versions])
            self._expiries(found, versions)
            found.rotations += sum(
                not one.by_hand and one.version.expires_on != before.version.expires_on
                for before, one in pairwise(versions)
            )
            self._shapes(found, spec, [one for one in versions[1:] if not one.by_hand])
        for made in self._stage.regenerations:
            if made.cause != "hand" and self._needless(made):
                found.needless += 1
                found.findings.append(f"needless: {made.account}/{made.slot} at {made.at:%c}")
        for one in interventions:
            cause: Cause = self._lives[one.key].cause if one.why == "dead" else "own"
            found.interventions[one.why, cause] += 1
        found.struck = sum(call.fault for call in self._stage.azure.calls)
        return found

    def _holdings(self, found: Measures, spec: SecretSpec, written: list[tuple[datetime, str]]) -> None:
        for holding in in_vault(written, self._year):
            for span, cause in self._dead(holding):
                found.dead[cause] += 1
                found.dead_hours[cause] += span.hours
                if cause != "hand":
                    found.findings.append(f"dead in the vault: {spec.name} at {span.start:%c} for {span.hours:.4f} h")
        for label, reread in REREADS.items():
            chance = random.Random(f"{self._seed}/consumer/{spec.name}/{label}")
            phase = timedelta(seconds=chance.uniform(0, reread.total_seconds()))
            for holding in at_consumer(written, self._year, reread, phase):
                for span, cause in self._dead(holding):
                    found.downtime[label, cause] += span.hours
                    if cause != "hand":
                        found.shared[label] += span.hours * (len(self._stage.tenants[spec.account]) > 1)
                        found.findings.append(f"down ({label}): {spec.name} at {span.start:%c} for {span.hours:.4f} h")

    def _dead(self, holding: Holding) -> Iterator[tuple[Span, Cause]]:
        return self._lives[holding.key].dead(holding.span)

    def _expiries(self, found: Measures, versions: list[_Written]) -> None:
        ends = [*(one.at for one in versions[1:]), self._year.end]
        for one, end in zip(versions, ends, strict=True):
            expires = one.version.expires_on
            if expires is not None and expires < min(end, self._year.end):
                found.expired += 1
                found.expired_hours += Span(expires, end).hours
                found.findings.append(f"expired: {one.version.name} at {expires:%c}")

    def _shapes(self, found: Measures, spec: SecretSpec, written: list[_Written]) -> None:
        misshapen = next((one for one in written if self._is_misshapen(spec, one)), None)
        if misshapen is not None:
            found.formats_broken += 1
            found.findings.append(f"format broken: {spec.name} at {misshapen.at:%c}")
        stripped = next((one for one in written if self._has_lost(spec, one)), None)
        if stripped is not None:
            found.tags_broken += 1
            found.findings.append(f"tags broken: {spec.name} at {stripped.at:%c}: {sorted(stripped.tags.items())}")

    def _is_misshapen(self, spec: SecretSpec, one: _Written) -> bool:
        wanted = self._stage.value(spec, spec.slot).replace(self._stage.account(spec.name).key(spec.slot), "…")
        return one.version.value.reveal().replace(one.key, "…") != wanted

    def _has_lost(self, spec: SecretSpec, one: _Written) -> bool:
        """Compare with what the owner has set, and with the slot that the key is in; a rotation may add tags."""
        if one.version.content_type != self._stage.account(spec.name).resource_id:
            return True
        return not self._stage.tags(spec, self._slots[one.key]).items() <= one.tags.items()

    def _needless(self, made: Regeneration) -> bool:
        """Tell whether a key need not have been made: no secret was given it that had to be given one."""
        published = [
            self._was_due(before, one.at, made)
            for name in self._stage.tenants[made.account]
            for before, one in pairwise(self._written[name])
            if one.key == made.made
        ]
        if published:
            return not any(published)
        return made.at < self._year.end - _UNFINISHED and not self._was_asked_for(made)

    def _was_due(self, version: _Written, when: datetime, made: Regeneration) -> bool:
        """Tell whether a version had to be replaced: near its end, or dead by something else than the new key."""
        died = self._lives[version.key].died
        was_dead = died is not None and died <= when and version.key != made.killed
        return was_dead or when >= version.owed_until - NOTICE - _SLACK

    def _was_asked_for(self, made: Regeneration) -> bool:
        """Tell whether a key that nobody uses was made to retire the one before, by its owner's wish."""
        return any(
            self._stage.specs[name].retire_after is not None
            and any(one.key == made.killed for one in self._written[name])
            for name in self._stage.tenants[made.account]
        )
