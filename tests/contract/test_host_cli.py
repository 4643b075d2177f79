"""The embedded host as a program: start, ready line, stop, refusals."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dev.clock import VirtualClock
from dev.embedded_host import EmbeddedHost, HostError
from tests.contract.host_helpers import APPS, request

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parent.parent.parent


def _command(app: str, port: int = 0) -> list[str]:
    return [sys.executable, "-m", "dev.embedded_host", "--app", str(APPS / app), "--port", str(port)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_starts_says_so_and_stops(number: signal.Signals) -> None:
    process = subprocess.Popen(  # noqa: S603
        _command("features"), cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip())
        if line.startswith("Host started."):
            break
    url = lines[-1].split()[-1]
    assert f"        item: [GET,POST] {url}/web/items/{{id:int}}/{{note?}}" in lines
    assert "        many: eventHubTrigger" in lines
    # A function that never ends does not hold it up.
    request("POST", f"{url}/durabletask/orchestrators/waits_at_gate", "")
    began = time.monotonic()
    process.send_signal(number)
    assert process.wait(timeout=5) == 0
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("app", "told"),
    [
        ("broken_binding", "binding type 'queueTrigger' is not supported"),
        ("missing_setting", "app setting '%NO_SUCH_SETTING%' is not defined"),
        ("no_import", "No module named 'no_such_module_anywhere'"),
        ("nowhere", "there is no directory"),
    ],
)
def test_refuses_in_one_line(app: str, told: str) -> None:
    ended = subprocess.run(  # noqa: S603
        _command(app), cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 1
    assert told in ended.stderr
    assert ended.stderr.startswith("error: ")
    assert ended.stderr.count("\n") == 1


def test_refuses_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        host = EmbeddedHost(APPS / "traced", clock=VirtualClock(), port=taken.getsockname()[1])
        with pytest.raises(HostError, match="can't be used"):
            host.open()


@pytest.mark.parametrize("app", ["broken_binding", "missing_setting", "no_import"])
def test_refuses_in_process_and_leaves_nothing_behind(app: str) -> None:
    before = dict(os.environ)
    with pytest.raises(HostError), EmbeddedHost(APPS / app, clock=VirtualClock()):
        pass
    assert dict(os.environ) == before
