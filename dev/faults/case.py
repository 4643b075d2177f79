"""One case as data, and its run from end to end."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from .arena import Arena
from .blows import DEATH_IN_EPISODE, HOST_DEATHS, Blow
from .canaries import Ear, leaks
from .points import Point, Recorder
from .scenarios import ALL
from .schedule import schedule
from .trial import StuckError, Trial
from .verdict import Baseline, baseline, conclude, judge


@dataclass(frozen=True)
class Case:
    """A scenario and what befalls it."""

    scenario: str
    blows: tuple[Blow, ...]

    def __str__(self) -> str:
        return f"{self.scenario}: {' and '.join(str(blow) for blow in self.blows) or 'nothing'}"

    @property
    def kind(self) -> str:
        """What to count it as."""
        return self.blows[0].kind if len(self.blows) == 1 else "pair"

    @property
    def with_newcomer(self) -> bool:
        """Whether a secret comes to the account afterwards: where a lock may have been left behind."""
        return len(self.blows) == 1 and self.blows[0].fault in (DEATH_IN_EPISODE, *HOST_DEATHS)


@dataclass(frozen=True)
class Rehearsal:
    """What a scenario does when nothing goes wrong."""

    points: list[Point]
    episodes: int
    baseline: Baseline


@dataclass(frozen=True)
class Result:
    """What came of a case."""

    case: Case
    violations: list[str]
    schedule: str
    outside: int
    """Moments that somebody else's edit broke, which no app could have kept whole."""


def rehearse(arena: Arena, scenario: str) -> Rehearsal:
    """Run a scenario with nothing in its way.

    Raises:
        AssertionError: Even that breaks a promise.
    """
    with _trial(arena, Case(scenario, ())) as trial, Recorder(trial.azure) as recorder:
        problems = list(conclude(trial, with_newcomer=False))
        expected = baseline(trial)
        problems += judge(trial, (), expected)
        if problems:
            raise AssertionError(f"{scenario}: {problems}\n{schedule(trial)}")
        episodes = sum(
            event["EventType"] == _ORCHESTRATOR_STARTED
            for instance in trial.instances
            for event in trial.host.history(instance)
        )
        return Rehearsal(recorder.points(), episodes, expected)


def run(arena: Arena, case: Case, expected: Baseline) -> Result:
    """Run one case and judge it; single faults also with an ear at every log."""
    ear = Ear()
    with _trial(arena, case) as trial, ear if len(case.blows) == 1 else nullcontext():
        for blow in case.blows:
            blow.land(trial)
        problems: list[str] = []
        try:
            problems += conclude(trial, with_newcomer=case.with_newcomer)
            problems += judge(trial, case.blows, expected)
        except (StuckError, TimeoutError) as error:
            problems.append(f"{type(error).__name__}: {error}")
        problems += leaks(trial, ear.heard)
        told = f"{case}\n{schedule(trial)}" if problems else ""
        return Result(case, problems, told, len(trial.ledger.outside))


@contextmanager
def _trial(arena: Arena, case: Case) -> Iterator[Trial]:
    """Set a case up; a host that will be killed keeps its state in a file."""
    if not any(blow.fault in HOST_DEATHS for blow in case.blows):
        with Trial(arena, ALL[case.scenario]) as trial:
            yield trial
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        Trial(arena, ALL[case.scenario], Path(folder) / "state.sqlite") as trial,
    ):
        yield trial


_ORCHESTRATOR_STARTED = 12
