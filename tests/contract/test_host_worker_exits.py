"""Functions that end their process: the worker's death as the orchestration sees it, and a host that lives on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.clock import VirtualClock
from dev.embedded_host import EmbeddedHost
from tests.contract.host_helpers import request, write_app

pytestmark = pytest.mark.contract

APP = """
import signal, sys

WAYS = {
    "sys.exit": lambda: sys.exit(3),
    "plain exit": lambda: sys.exit(),
    "told why": lambda: sys.exit("because"),
    "os._exit": lambda: os._exit(137),
    "abort": os.abort,
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "interrupt": lambda: exec("raise KeyboardInterrupt"),
    "raises oddly": lambda: exec("raise Odd"),
}


class Odd(Exception):
    def __str__(self):
        raise RuntimeError("no words")


@app.activity_trigger(input_name="way")
def sync_leaver(way):
    WAYS[way]()


@app.activity_trigger(input_name="way")
async def async_leaver(way):
    WAYS[way]()


@app.activity_trigger(input_name="x")
def forks(x):
    child = os.fork()
    if child == 0:
        os._exit(7)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@app.orchestration_trigger(context_name="context")
def calls(context):
    wanted = context.get_input()
    try:
        return (yield context.call_activity(wanted["function"], wanted["way"]))
    except Exception as error:
        return str(error).split(chr(10))[0].strip()


@app.orchestration_trigger(context_name="context")
def leaves(context):
    yield context.call_activity("forks", None)
    os._exit(137)


@app.route(route="leaves")
def leaves_http(req: func.HttpRequest) -> str:
    sys.exit(1)


@app.route(route="status/{code:int}")
def status(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("body", status_code=int(req.route_params["code"]))


@app.route(route="framing")
def framing(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("body", headers={"Content-Length": "1", "Transfer-Encoding": "chunked", "X-Own": "kept"})
"""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[EmbeddedHost]:
    with EmbeddedHost(write_app(tmp_path, APP), clock=VirtualClock()) as running:
        yield running


@pytest.mark.parametrize("function", ["sync_leaver", "async_leaver"])
@pytest.mark.parametrize(
    ("way", "told"),
    [
        ("sys.exit", " python exited with code 3 (0x3)"),
        ("plain exit", " python exited with code 0 (0x0)"),
        ("told why", " python exited with code 1 (0x1)"),
        ("os._exit", " python exited with code 137 (0x89)"),
        ("abort", " python exited with code 134 (0x86)"),
        ("kill", " python exited with code 137 (0x89)"),
        ("interrupt", " python exited with code 130 (0x82)"),
        ("raises oddly", "  Odd: <exception str() failed>"),
    ],
)
def test_an_activity_that_ends_its_process_fails(host: EmbeddedHost, function: str, way: str, told: str) -> None:
    host.start("calls", "a", {"function": function, "way": way})
    host.wait_idle()
    assert host.status("a")["output"] == f"Activity function '{function}' failed:{told}"  # type: ignore[index]


def test_an_orchestrator_that_ends_its_process_fails_the_instance(host: EmbeddedHost) -> None:
    host.start("leaves", "o")
    host.wait_idle()
    status = host.status("o")
    assert status is not None
    assert status["runtimeStatus"] == "Failed"
    assert status["output"].startswith("Non-Deterministic workflow detected")


def test_an_http_function_that_ends_its_process_is_a_500(host: EmbeddedHost) -> None:
    assert request("GET", f"{host.url}/api/leaves")[0] == 500
    assert request("GET", f"{host.url}/admin/host/status")[0] == 200


def test_children_may_end_their_processes(host: EmbeddedHost) -> None:
    host.start("calls", "f", {"function": "forks", "way": None})
    host.wait_idle()
    assert host.status("f")["output"] == 7  # type: ignore[index]


@pytest.mark.parametrize(("code", "answered"), [(200, 200), (299, 299), (99, 500), (1000, 500)])
def test_what_is_no_status_is_a_500(host: EmbeddedHost, code: int, answered: int) -> None:
    assert request("GET", f"{host.url}/api/status/{code}")[0] == answered


def test_framing_is_the_servers(host: EmbeddedHost) -> None:
    status, headers, body = request("GET", f"{host.url}/api/framing")
    assert (status, body, headers["X-Own"], headers["Content-Length"]) == (200, "body", "kept", "4")
