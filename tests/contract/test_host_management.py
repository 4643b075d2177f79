"""The management API where recordings don't reach: lists, pages, waiting, odd requests."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from dev.clock import VirtualClock
from dev.embedded_host import EmbeddedHost
from tests.contract.host_helpers import APPS, open_gate, request

pytestmark = pytest.mark.contract


@pytest.fixture
def host() -> Iterator[EmbeddedHost]:
    with EmbeddedHost(APPS / "features", clock=VirtualClock()) as running:
        yield running


def _ids(answer: tuple[int, dict[str, str], Any]) -> list[str]:
    return [one["instanceId"] for one in answer[2]]


def test_list_filters(host: EmbeddedHost) -> None:
    for number in range(3):
        host.start("echoes", f"b-{number}")
    host.wait_idle()
    host.advance(timedelta(hours=1))
    host.start("waits_for_event", "c")
    host.wait_idle()
    base = f"{host.url}/runtime/webhooks/durabletask/instances"
    assert _ids(request("GET", base)) == ["b-0", "b-1", "b-2", "c"]
    assert _ids(request("GET", f"{base}/?runtimeStatus=Running")) == ["c"]
    assert _ids(request("GET", f"{base}/?runtimeStatus=Running,Completed&instanceIdPrefix=b-")) == [
        "b-0",
        "b-1",
        "b-2",
    ]
    assert _ids(request("GET", f"{base}/?createdTimeFrom=2026-07-25T02:00:00Z")) == ["c"]
    assert _ids(request("GET", f"{base}/?createdTimeTo=2026-07-25T02:00:00Z")) == ["b-0", "b-1", "b-2"]
    assert len(_ids(request("GET", f"{base}/?createdTimeFrom=yesterday&top=x&runtimeStatus=bogus"))) == 4
    assert request("GET", f"{base}/?showInput=false")[2][0]["input"] is None


def test_pages(host: EmbeddedHost) -> None:
    for number in range(5):
        host.start("waits_for_event", f"p{number}")
    base = f"{host.url}/durabletask/instances/?top=2"
    seen, token, pages = [], "", 0
    while pages == 0 or token:
        headers = {"x-ms-continuation-token": token} if token else {}
        answer = request("GET", base, headers=headers)
        seen += _ids(answer)
        token = answer[1]["x-ms-continuation-token"].strip()
        pages += 1
    assert (seen, pages) == ([f"p{number}" for number in range(5)], 3)
    bad = request("GET", base, headers={"x-ms-continuation-token": "not a token"})
    assert bad[2] == []
    assert bad[1]["x-ms-continuation-token"] == ""


def test_create_and_wait(host: EmbeddedHost) -> None:
    base = f"{host.url}/durabletask/orchestrators"
    status, _, output = request("POST", f"{base}/echoes/cw?timeout=10&pollingInterval=1", "")
    assert (status, output) == (200, {"n": 2})
    status, headers, links = request("POST", f"{base}/waits_for_event/cx?timeout=0.2&pollingInterval=0.1", "")
    assert (status, headers["Location"]) == (202, links["statusQueryGetUri"])
    assert request("POST", f"{base}/echoes/cy?timeout=1&pollingInterval=5", "")[0] == 400
    status, _, failed = request("POST", f"{base}/nope/cz?timeout=10&pollingInterval=1", "")
    assert (status, failed["runtimeStatus"]) == (200, "Failed")


def test_failed_instance_as_500(host: EmbeddedHost) -> None:
    host.start("nope", "f")
    host.wait_idle()
    url = f"{host.url}/durabletask/instances/f?returnInternalServerErrorOnFailure"
    assert request("GET", f"{url}=true")[0] == 500
    assert request("GET", f"{url}=false")[0] == 200


def test_raise_event_needs_json(host: EmbeddedHost) -> None:
    host.start("waits_for_event", "r")
    url = f"{host.url}/durabletask/instances/r/raiseEvent/Go"
    status, _, body = request("POST", url, "1", {"Content-Type": "text/plain"})
    assert (status, body) == (400, {"Message": "Only application/json request content is supported"})


def test_status_of_a_running_instance_points_to_itself(host: EmbeddedHost) -> None:
    host.start("waits_for_event", "s")
    host.wait_idle()
    url = f"{host.url}/durabletask/instances/s?showInput=false"
    status, headers, _ = request("GET", url)
    assert (status, headers["Location"], headers["Retry-After"]) == (202, url, "5")


def test_terminate_while_an_activity_runs(host: EmbeddedHost) -> None:
    host.start("waits_at_gate", "t")
    host.terminate("t", "mid")
    while host.status("t")["runtimeStatus"] != "Terminated":  # type: ignore[index]
        pass
    open_gate()
    host.wait_idle()
    status = host.status("t")
    assert status is not None
    assert status["output"] == "mid"
    assert [event["EventType"] for event in status["historyEvents"]][-2:] == [
        "ExecutionTerminated",
        "ExecutionCompleted",
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "orchestrators/echoes"),
        ("POST", "instances"),
        ("PUT", "instances/x"),
        ("POST", "instances/x/dance"),
        ("GET", "nothing"),
        ("PUT", "entities/counter/c"),
    ],
)
def test_unknown_routes(host: EmbeddedHost, method: str, path: str) -> None:
    assert request(method, f"{host.url}/durabletask/{path}")[0] == 404


def test_any_state_may_be_overridden(tmp_path: Any) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "function_app.py").write_text((APPS / "features" / "function_app.py").read_text())
    (app / "local.settings.json").write_text((APPS / "features" / "local.settings.json").read_text())
    durable = {"overridableExistingInstanceStates": "AnyState", "defaultVersion": "2.0"}
    (app / "host.json").write_text(json.dumps({"version": "2.0", "extensions": {"durableTask": durable}}))
    with EmbeddedHost(app, clock=VirtualClock()) as host:
        host.start("waits_for_event", "o")
        host.wait_idle()
        host.start("echoes", "o")
        host.wait_idle()
        assert host.status("o")["output"] == {"n": 2}  # type: ignore[index]
        assert host.history("o")[1]["Version"] == "2.0"
