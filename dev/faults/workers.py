"""The processes that share the work: one for each core, each with an Azure of its own."""

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack

from .arena import Arena
from .jobs import Job, Report, do, rehearse_all

_arena = Arena()
_closing = ExitStack()


def _begin() -> None:
    """Prepare a process: its own Azure, and an app that has signed in."""
    _closing.enter_context(_arena)
    rehearse_all(_arena)


def _do(job: Job) -> Report:
    return do(_arena, job)


def reports(jobs: list[Job]) -> Iterator[Report]:
    """Do all jobs, on every core, and return what came of each as it comes."""
    # Started afresh: this process's threads and environment are its own.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), context, _begin) as processes:
        for done in as_completed([processes.submit(_do, job) for job in jobs]):
            yield done.result()
