"""Plays one contender's year on one vault."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

from .contender import Contender
from .holding import Span
from .inside import inside
from .judge import Judge
from .measures import Measures
from .mishaps import draw
from .notices import Notices
from .on_call import OnCall
from .ours import Ours
from .peers import OnEventGrid, OnEventHub, as_written
from .population import DAY, NOTICE, population
from .stage import BEGIN, Stage
from .trouble import Trouble

Name = Literal["this app", "PowerShell", "KSSEDR", "KSSEDR as written"]


@dataclass(frozen=True)
class Job:
    """One vault's year with one contender."""

    contender: Name
    seed: int
    vault: int
    secrets: int
    days: int


def play(job: Job, progress: Callable[[float], None] = lambda done: None) -> Measures:
    """Play a year and measure it.

    Args:
        job: What to play.
        progress: Told now and then how much of the year is over, from 0 to 1.
    """
    specs = population(job.seed, job.vault, job.secrets)
    if job.contender == "KSSEDR as written":  # its sample is of the time after the first notice
        specs = [replace(spec, age=spec.validity - NOTICE) for spec in specs]
    year = Span(BEGIN, BEGIN + job.days * DAY)
    stage = Stage(f"vault-{job.vault}", specs, job.seed, tags_mislead=not job.contender.startswith("KSSEDR"))
    with inside(stage.azure, stage.vault), _hosted(job, stage) as contender:
        Notices(stage, job.seed, contender.deliver)
        on_call = OnCall(stage)
        Trouble(stage, draw(job.seed, job.vault, specs, job.days * DAY), contender.kill_worker, contender.kill_host)
        while (due := stage.clock.next_due()) is not None and due <= year.end:
            stage.clock.advance(max(due - stage.clock.now(), timedelta(0)))
            contender.step()
            progress((stage.clock.now() - year.start) / (year.end - year.start))
        stage.clock.advance(max(year.end - stage.clock.now(), timedelta(0)))
        found = Judge(stage, year, job.seed).measures(on_call.interventions)
        found.failed = contender.failed()
        return found


@contextmanager
def _hosted(job: Job, stage: Stage) -> Iterator[Contender]:
    with tempfile.TemporaryDirectory(prefix="year-") as folder:
        contender: Contender
        match job.contender:
            case "this app":
                contender = Ours(stage, Path(folder) / "task-hub.sqlite")
            case "PowerShell":
                contender = OnEventGrid(stage)
            case "KSSEDR":
                contender = OnEventHub(stage, lambda secret: stage.specs[secret].validity)
            case "KSSEDR as written":
                contender = OnEventHub(stage, as_written)
        try:
            yield contender
        finally:
            contender.close()
