"""Work in processes of its own, one for each piece: fresh caches, nobody else's memory, and every core in use."""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

Answer = TypeVar("Answer")


def apart(work: Callable[..., Answer], pieces: Sequence[tuple[Any, ...]]) -> list[Answer]:
    """Call `work` with each piece's arguments, one process a piece, and return the answers in the same order."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), context, max_tasks_per_child=1) as processes:
        return [started.result() for started in [processes.submit(work, *piece) for piece in pieces]]
