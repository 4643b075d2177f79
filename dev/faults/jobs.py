"""The matrix cut into jobs, and one process's way of doing them."""

from collections import Counter
from dataclasses import dataclass, field

from .arena import Arena
from .case import Case, Rehearsal, rehearse, run
from .kill9 import kill_again_and_again
from .matrix import pairs, sampled_pairs, singles
from .races import race
from .scenarios import ALL, KINDS, MAIN, SCENARIOS
from .verdict import Baseline

_CASES_AT_ONCE = 25
_KILLS_AT_ONCE = 10


@dataclass(frozen=True)
class Job:
    """Something for one process to do."""

    cases: tuple[Case, ...] = ()
    baselines: dict[str, Baseline] = field(default_factory=dict)
    kills: int = 0
    races: int = 0
    seed: int = 0


@dataclass
class Report:
    """What came of a job, or of several."""

    cases: Counter[str] = field(default_factory=Counter)
    """By kind."""
    violations: list[str] = field(default_factory=list)
    """Each with the schedule that led to it."""
    outside: int = 0

    def add(self, other: "Report") -> None:
        """Take another report's findings in."""
        self.cases += other.cases
        self.violations += other.violations
        self.outside += other.outside


def rehearse_all(arena: Arena, *, kinds: bool = False) -> dict[str, Rehearsal]:
    """Run every scenario undisturbed, those of other `kinds` of target too; once more for the first, which was cold."""
    rehearse(arena, MAIN)
    return {scenario: rehearse(arena, scenario) for scenario in (ALL if kinds else SCENARIOS)}


def everything(rehearsals: dict[str, Rehearsal], *, sample: int, kills: int, races: int, seed: int) -> list[Job]:
    """Return the whole matrix, the long jobs first."""
    baselines = {scenario: rehearsal.baseline for scenario, rehearsal in rehearsals.items()}
    cases = [*singles(rehearsals), *pairs(rehearsals)]
    # The random part stays what it was, with or without other kinds.
    cases += sampled_pairs({name: found for name, found in rehearsals.items() if name not in KINDS}, sample, seed)
    jobs = [Job(races=races // 4, seed=seed + lane) for lane in range(4)]
    jobs += [Job(kills=_KILLS_AT_ONCE, seed=seed + lane) for lane in range(kills // _KILLS_AT_ONCE)]
    jobs += [
        Job(tuple(cases[begin : begin + _CASES_AT_ONCE]), baselines) for begin in range(0, len(cases), _CASES_AT_ONCE)
    ]
    return jobs


def do(arena: Arena, job: Job) -> Report:
    """Do one job."""
    report = Report()
    for case in job.cases:
        result = run(arena, case, job.baselines[case.scenario])
        report.cases[case.kind] += 1
        report.outside += result.outside
        report.violations += [f"{problem}\n{result.schedule}" for problem in result.violations]
    if job.kills:
        report.cases["kill -9"] = job.kills
        report.violations += kill_again_and_again(job.kills, job.seed)
    if job.races:
        report.cases["race"] = job.races
        report.violations += race(arena, job.races, job.seed)
    return report
