"""What each read of a rotation is for: the fault matrix's plain scenario, once without each of them.

A read that could be left out without breaking a promise would be waste. The blows are those whose traces a read can
see: edits by somebody else, lost replies, and deaths of the worker, at every call that is left; and the edits once more
in place of the read that is left out.

What is broken is judged right before each effect is asked for, so an edit right in front of it, which nothing can see,
counts for no variant. Two reads come before either effect; an edit between them, of what the first has read, counts for
all variants, the app as it is among them. On top of that come the promises that the matrix itself judges.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from dev.bench.apart import apart
from dev.faults.arena import Arena
from dev.faults.blows import Blow
from dev.faults.case import rehearse
from dev.faults.matrix import blows
from dev.faults.outsider import EDITS
from dev.faults.scenarios import MAIN, SCENARIOS
from dev.faults.trial import StuckError, Trial
from dev.faults.verdict import Baseline, conclude, judge
from dev.simulators.invariant import account_key
from dev.simulators.shortcut import shortcut
from rotation.credential import Credential

from .removals import REMOVALS, Memory, Removal, Watcher, without

FAULTS = ("reply lost", "worker dies before the effect", "worker dies after the effect", *EDITS)

LIVE = "live slot regenerated"
TWICE = "slot regenerated twice"
DEAD = "dead credential published"
OVERWRITTEN = "somebody's version overwritten"
UNTRUE = "replaced version reported"
OTHER = "another promise"
KINDS = (LIVE, TWICE, DEAD, OVERWRITTEN, UNTRUE, OTHER)


@dataclass
class Finding:
    """What came of one variant."""

    calls: int = 0
    """Of a rotation that nothing happens to."""
    cases: int = 0
    broken: int = 0
    """Cases with any violation."""
    kinds: Counter[str] = field(default_factory=Counter)
    """In how many cases each kind of violation was found."""
    restarts: int = 0
    """Cases in which an instance failed, so that somebody has to restart it."""


def ablate() -> dict[Removal | None, Finding]:
    """Try every variant, and the app as it is; each on a core of its own."""
    variants = [None, *REMOVALS]
    return dict(zip(variants, apart(_variant, [(variant,) for variant in variants]), strict=True))


def _variant(removal: Removal | None) -> Finding:
    with Arena() as arena, shortcut(arena.azure):
        rehearse(arena, MAIN)  # the process is warm from here on: its calls are the same each time
        with without(removal, Memory(), Watcher()):
            rehearsal = rehearse(arena, MAIN)
        finding = Finding(calls=len(rehearsal.points))
        cases = [blow for blow in blows(rehearsal, FAULTS) if blow.point is not None]
        cases += [Blow(edit) for edit in EDITS if removal is not None]
        for blow in cases:
            _try(arena, removal, blow, rehearsal.baseline, finding)
    return finding


def _try(arena: Arena, removal: Removal | None, blow: Blow, expected: Baseline, finding: Finding) -> None:
    memory = Memory()
    with _Trial(arena, memory) as trial:
        # A blow without a place strikes where a read is left out.
        watcher = _Witness(trial, None if blow.point else blow.fault)
        with without(removal, memory, watcher):
            if blow.point:
                blow.land(trial)
            try:
                problems = [*conclude(trial, with_newcomer=False), *judge(trial, (blow,), expected)]
            except (StuckError, TimeoutError) as error:
                problems = [str(error)]
        seen = watcher.seen or ({OTHER} if problems else set())
        finding.cases += 1
        finding.broken += bool(seen)
        finding.kinds.update(seen)
        finding.restarts += any(note.text.startswith("restart of") for note in trial.ledger.notes)


class _Trial(Trial):
    """A trial whose worker remembers, until it dies."""

    def __init__(self, arena: Arena, memory: Memory) -> None:
        super().__init__(arena, SCENARIOS[MAIN])
        self._memory = memory

    def lose_worker(self) -> None:
        """Let what the worker process remembers go with it."""
        self._memory.forget()
        super().lose_worker()


class _Witness(Watcher):
    """Looks at the world right before each effect of one trial."""

    def __init__(self, trial: Trial, edit: str | None) -> None:
        self._trial = trial
        self._edit = edit
        self._vault = trial.stage.vault
        self._secret = trial.stage.managed[trial.secrets[0]]
        self.seen: set[str] = set()

    def regenerating(self, payload: dict[str, Any], slot: str) -> None:
        """Look whether the secret lives there, and whether that has been done since the plan was made."""
        current = self._vault.find(self._secret.name)
        key = self._secret.account.key(slot)
        if current is not None and account_key(current.value.reveal()) == key:
            self.seen.add(LIVE)
        if Credential(key).fingerprint() != payload["plan"]["witness"]["fingerprint"]:
            self.seen.add(TWICE)

    def writing(self, payload: dict[str, Any], value: str) -> None:
        """Look whether the value holds a key that there is, and replaces the version that it is meant to."""
        if self._secret.account.slot_of(account_key(value)) is None:
            self.seen.add(DEAD)
        current = self._vault.find(self._secret.name)
        if current is None or current.version == payload["expected_version"]:
            return
        if not current.tags.get("RotationId", "").startswith(payload["plan"]["rotation_id"]):
            self.seen.add(OVERWRITTEN)

    def written(self, version: str) -> None:
        """Look whether what is reported is true."""
        current = self._vault.find(self._secret.name)
        if current is not None and current.version != version:
            self.seen.add(UNTRUE)

    def leaving_out(self) -> None:
        """Let the edit strike that a read would have seen."""
        if self._edit is not None:
            edit, self._edit = self._edit, None
            self._trial.outsider.make(edit)
