"""Deaths: of the worker, of the host, and what is left to go on with."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from dev.clock import VirtualClock
from dev.embedded_host import EmbeddedHost
from tests.contract.host_helpers import APPS, calls, open_gate, request

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(("when", "runs"), [("before", 0), ("after", 1)])
def test_worker_death_in_an_activity_fails_the_task(when: str, runs: int) -> None:
    with EmbeddedHost(APPS / "features", clock=VirtualClock()) as host:
        host.crash_worker(on="activity", function="echo", nth=1, when=when)  # type: ignore[arg-type]
        host.start("echoes", "a")
        host.wait_idle()
        failed = next(event for event in host.history("a") if event["EventType"] == 6)
        assert failed["Reason"] == "Activity function 'echo' failed: python exited with code 137 (0x89)"
        assert "WorkerProcessExitException" in failed["Details"]
        assert host.status("a")["runtimeStatus"] == "Failed"  # type: ignore[index]
        assert len(calls()) == runs


def test_worker_death_in_a_later_episode_fails_the_instance() -> None:
    with EmbeddedHost(APPS / "features", clock=VirtualClock()) as host:
        host.crash_worker(on="orchestrator", function="echoes", nth=2, when="before")
        host.start("echoes", "o")
        host.wait_idle()
        status = host.status("o")
        assert status is not None
        assert status["runtimeStatus"] == "Failed"
        assert status["output"].startswith(
            "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled an activity "
            "task with sequence ID 0 and name 'echo' (version ''), but the current replay execution hasn't (yet?)"
        )


def test_worker_death_in_the_first_episode() -> None:
    with EmbeddedHost(APPS / "features", clock=VirtualClock()) as host:
        host.crash_worker(on="orchestrator", function="echoes")
        host.start("echoes", "f")
        host.wait_idle()
        assert host.status("f")["output"] == (  # type: ignore[index]
            "Orchestrator function 'echoes' failed: One or more errors occurred. (python exited with code 137 (0x89))"
        )


def test_worker_that_dies_at_once_takes_every_call_in_hand_with_it() -> None:
    with EmbeddedHost(APPS / "features", clock=VirtualClock()) as host:
        for name in ("a", "b"):
            host.start("waits_at_gate", name)
        while len(calls()) < 2:
            pass
        host.kill_worker()
        open_gate()
        host.wait_idle()
        for name in ("a", "b"):
            assert [event["EventType"] for event in host.history(name)].count(6) == 1
        host.start("echoes", "afterwards")
        host.wait_idle()
        assert host.status("afterwards")["runtimeStatus"] == "Completed"  # type: ignore[index]


def test_killed_host_resumes(tmp_path: Path) -> None:
    clock = VirtualClock()
    first = EmbeddedHost(APPS / "features", clock=clock, state=tmp_path / "hub.db")
    first.open()
    first.start("waits_at_gate", "gate")
    first.start("long_sleep", "timer", 5)
    first.start("waits_for_event", "event")
    request("POST", f"{first.url}/durabletask/entities/counter/c?op=add", '"4"', {"Content-Type": "application/json"})
    first.start("echoes", "done")
    while first.status("done")["runtimeStatus"] != "Completed" or not first.history("timer"):  # type: ignore[index]
        pass
    first.kill()
    open_gate()
    with EmbeddedHost(APPS / "features", clock=clock, state=tmp_path / "hub.db") as second:
        open_gate()
        second.wait_idle()
        assert {"gated": "x"} in calls()  # ran again, from its start
        assert second.status("gate")["output"] == "x"  # type: ignore[index]
        second.raise_event("event", "Go", 1)
        second.advance(timedelta(days=5))
        assert second.status("event")["output"] == 1  # type: ignore[index]
        assert second.status("timer")["output"] == 5 * 86400  # type: ignore[index]
        assert second.status("done")["output"] == {"n": 2}  # type: ignore[index]
        assert request("GET", f"{second.url}/durabletask/entities/counter/c")[2] == 4


def test_activity_in_hand_can_wait_for_its_message(tmp_path: Path) -> None:
    clock = VirtualClock()
    state = tmp_path / "hub.db"
    first = EmbeddedHost(APPS / "features", clock=clock, state=state)
    first.open()
    first.start("waits_at_gate", "gate")
    while not calls():
        pass
    first.kill()
    open_gate()
    delay = timedelta(minutes=5)
    with EmbeddedHost(APPS / "features", clock=clock, state=state, visibility_delay=delay) as second:
        open_gate()
        second.advance(timedelta(minutes=4))
        assert second.status("gate")["runtimeStatus"] == "Running"  # type: ignore[index]
        second.advance(timedelta(minutes=1))
        assert second.status("gate")["runtimeStatus"] == "Completed"  # type: ignore[index]


def _serve(state: Path) -> tuple["subprocess.Popen[str]", str]:
    command = [sys.executable, "-m", "dev.embedded_host", "--app", str(APPS / "traced"), "--port", "0"]
    process = subprocess.Popen(  # noqa: S603
        [*command, "--state", str(state)], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Host started. Listening on "):
            return process, line.split()[-1]
    raise AssertionError("the host did not start")


def test_kill_9_of_a_real_process(tmp_path: Path) -> None:
    process, url = _serve(tmp_path / "hub.db")
    request("POST", f"{url}/durabletask/orchestrators/slow5/s", "")
    while "TaskCompleted" not in str(request("GET", f"{url}/durabletask/instances/s?showHistory=true")[2]):
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    again, url = _serve(tmp_path / "hub.db")
    try:
        deadline = time.monotonic() + 20
        while request("GET", f"{url}/durabletask/instances/s")[0] == 202:
            assert time.monotonic() < deadline
        assert request("GET", f"{url}/durabletask/instances/s")[2]["output"] == [1.5] * 5
    finally:
        again.terminate()
        assert again.wait(timeout=2) == 0


def test_a_message_that_gets_lost_leaves_the_instance_waiting_for_ever() -> None:
    clock = VirtualClock()
    with EmbeddedHost(APPS / "features", clock=clock) as host:
        host.lose_activity("echo")
        host.start("echoes", "lost")
        host.wait_idle()
        host.advance(timedelta(hours=3))
        assert host.status("lost")["runtimeStatus"] == "Running"  # type: ignore[index]
        host.start("echoes", "found")
        host.wait_idle()
        assert host.status("found")["runtimeStatus"] == "Completed"  # type: ignore[index]
