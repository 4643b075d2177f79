"""The worker's event loop, shared by the hosts of a process: what one leaves behind must not burden the next."""

import threading
from typing import Any, cast

import pytest
from azure.durable_functions.models.utils import http_utils

from dev.embedded_host.workers import WorkerLoop

pytestmark = pytest.mark.contract


def test_a_loop_that_would_not_end_leaves_no_session_to_the_next() -> None:
    """The SDK keeps one session for the process; on a loop that is closed it can start nothing any more."""
    loop, over = WorkerLoop(), threading.Event()
    running = threading.Event()

    async def block() -> None:
        running.set()
        over.wait()

    loop.acquire()
    loop.submit(block())
    assert running.wait(30)
    http_utils._client_session = cast("Any", object())
    loop.release()
    over.set()
    assert http_utils._client_session is None
