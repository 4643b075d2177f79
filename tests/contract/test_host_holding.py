"""Calls that take time by the virtual clock, and the queue of activities behind them."""

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dev.clock import VirtualClock
from dev.embedded_host import EmbeddedHost
from tests.contract.host_helpers import calls, write_app

pytestmark = pytest.mark.contract

APP = """
import threading

HOLD = []
LOCK = threading.Lock()

@app.activity_trigger(input_name="n")
def slow(n):
    with LOCK:
        CALLS.append(n)
    HOLD[0]()
    return n

@app.orchestration_trigger(context_name="context")
def many(context):
    found = yield context.task_all([context.call_activity("slow", n) for n in range(5)])
    return found
"""
HOST = '{"version": "2.0", "extensions": {"durableTask": {"maxConcurrentActivityFunctions": 2}}}'
SECONDS = timedelta(seconds=1)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[EmbeddedHost]:
    with EmbeddedHost(write_app(tmp_path, APP, host=HOST), clock=VirtualClock()) as running:
        sys.modules["function_app"].HOLD.append(lambda: running.hold(10 * SECONDS))
        yield running


def test_a_held_activity_keeps_its_place_and_the_others_wait_for_one(host: EmbeddedHost) -> None:
    host.start("many", "m1")
    host.wait_idle()
    assert set(map(str, calls())) == {"0", "1"}
    host.advance(9 * SECONDS)
    assert len(calls()) == 2
    host.advance(1 * SECONDS)
    assert len(calls()) == 4
    assert not host.has_ended("m1")


def test_the_time_that_calls_take_is_exact(host: EmbeddedHost) -> None:
    began = host.clock.now()
    host.start("many", "m1")
    while not host.has_ended("m1"):
        host.wait_idle()
        host.advance(1 * SECONDS)
    assert host.clock.now() - began == 30 * SECONDS
    status = host.status("m1")
    assert status is not None
    assert status["output"] == [0, 1, 2, 3, 4]


def test_a_host_may_be_closed_with_calls_held_and_others_waiting(host: EmbeddedHost) -> None:
    host.start("many", "m1")
    host.wait_idle()
    host.close()
