"""Plays all years, on every core, and adds up what came of them.

A thousand secrets are ten vaults of a hundred, each with an app of its own, as ten teams would have them.
"""

import multiprocessing
import operator
import os
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing.sharedctypes import SynchronizedArray

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from .measures import Measures
from .play import Job, Name, play

VAULT = 100
"""Secrets in one vault."""
SAMPLE, SAMPLE_DAYS = 10, 5
"""Secrets and days of KSSEDR as written, which rotates a secret a hundred times a day once it has begun."""
_TICK = 0.5  # seconds

_shares: "SynchronizedArray[float]"


def vaults(secrets: int) -> list[int]:
    """Return how many secrets each vault holds."""
    return [VAULT] * (secrets // VAULT) + [secrets % VAULT] * (secrets % VAULT > 0)


def plan(seed: int, secrets: int, days: int) -> list[Job]:
    """Return every job, those that take longest first."""
    sizes = vaults(secrets)
    contenders: tuple[Name, ...] = ("this app", "PowerShell", "KSSEDR")
    jobs = [Job(contender, seed, vault, size, days) for contender in contenders for vault, size in enumerate(sizes)]
    sample = Job("KSSEDR as written", seed, 0, min(SAMPLE, secrets), min(SAMPLE_DAYS, days))
    return [jobs[0], sample, *jobs[1:]]


def _begin(shares: "SynchronizedArray[float]") -> None:
    global _shares  # noqa: PLW0603 - one for each process of the pool, which has no other place for it
    _shares = shares


def _play(number: int, job: Job) -> Measures:
    def progress(done: float) -> None:
        _shares[number] = done

    found = play(job, progress)
    _shares[number] = 1.0
    return found


def play_all(jobs: list[Job]) -> dict[Name, Measures]:
    """Play every job and return what each contender's years have come to."""
    # Started afresh: this process's threads and environment are its own.
    context = multiprocessing.get_context("spawn")
    shares = context.Array("d", len(jobs))
    found: dict[Name, Measures] = {}
    with ProcessPoolExecutor(os.cpu_count(), context, _begin, (shares,)) as processes, _bar() as bar:
        jobs_of = {processes.submit(_play, number, job): job for number, job in enumerate(jobs)}
        weights = [job.secrets for job in jobs]
        task = bar.add_task("a year", total=sum(weights))
        for done in _as_completed(set(jobs_of)):
            if done is not None:
                found.setdefault(jobs_of[done].contender, Measures()).add(done.result())
            bar.update(task, completed=sum(map(operator.mul, weights, shares[:])))
    return found


def _as_completed(pending: set[Future[Measures]]) -> Iterator[Future[Measures] | None]:
    """Yield what is done, and None now and then in between."""
    while pending:
        done, pending = wait(pending, _TICK, FIRST_COMPLETED)
        yield from done or [None]


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"), TimeElapsedColumn()
    )
