"""Requests that nobody would call well-behaved: none of them is a crash, and each is read as .NET would read it."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dev.clock import VirtualClock
from dev.embedded_host import EmbeddedHost
from tests.contract.host_helpers import APPS, calls, request, write_app

pytestmark = pytest.mark.contract
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def host() -> Iterator[EmbeddedHost]:
    with EmbeddedHost(APPS / "features", clock=VirtualClock()) as running:
        yield running


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b'{"a": 1', b"[" * 100_000], ids=["not UTF-8", "cut short", "too deep to parse"]
)
@pytest.mark.parametrize(
    "path",
    [
        "durabletask/orchestrators/echoes",
        "durabletask/instances/w/raiseEvent/Go",
        "durabletask/entities/counter/c?op=add",
        "admin/functions/many",
    ],
)
def test_a_body_that_is_no_json_is_a_bad_request(host: EmbeddedHost, path: str, body: bytes) -> None:
    host.start("waits_for_event", "w")
    status, _, answer = request("POST", f"{host.url}/{path}", body, JSON)
    assert status == 400
    assert "JSON" in answer["Message"]


@pytest.mark.parametrize("charset", ["utf-8", "no-such-charset"])
def test_a_byte_order_mark_and_an_unknown_charset_do_no_harm(host: EmbeddedHost, charset: str) -> None:
    headers = {"Content-Type": f"application/json; charset={charset}"}
    assert request("POST", f"{host.url}/durabletask/orchestrators/echoes/b", b"\xef\xbb\xbf{}", headers)[0] == 202


def test_names_of_query_parameters_mind_no_case(host: EmbeddedHost) -> None:
    host.start("echoes", "q")
    host.wait_idle()
    status = request("GET", f"{host.url}/durabletask/instances/q?SHOWHISTORY=true&showhistoryoutput=True")[2]
    assert status["historyEvents"][-1]["Result"] == {"n": 2}
    assert request("GET", f"{host.url}/durabletask/instances?INSTANCEIDPREFIX=nobody")[2] == []


def test_a_repeated_status_filter_asks_for_either(host: EmbeddedHost) -> None:
    host.start("echoes", "done")
    host.start("waits_for_event", "waiting")
    host.start("nope", "failed")
    host.wait_idle()
    base = f"{host.url}/durabletask/instances?runtimeStatus=Failed"
    for query in ("&runtimeStatus=Running", ",%20Running"):
        assert [one["instanceId"] for one in request("GET", base + query)[2]] == ["failed", "waiting"]


def test_the_link_to_an_id_with_a_blank_can_be_followed(host: EmbeddedHost) -> None:
    links = request("POST", f"{host.url}/durabletask/orchestrators/waits_for_event/my%20id", "")[2]
    assert "/instances/my+id?" in links["statusQueryGetUri"]
    host.wait_idle()
    assert request("GET", links["statusQueryGetUri"])[2]["instanceId"] == "my id"
    assert request("POST", links["sendEventPostUri"].replace("{eventName}", "Go"), "1", JSON)[0] == 202
    host.wait_idle()
    assert request("DELETE", links["purgeHistoryDeleteUri"])[2] == {"instancesDeleted": 1}


def test_an_id_with_a_plus_is_itself(host: EmbeddedHost) -> None:
    links = request("POST", f"{host.url}/durabletask/orchestrators/echoes/a+b", "")[2]
    assert (links["id"], "/instances/a%2Bb?" in links["statusQueryGetUri"]) == ("a+b", True)
    assert request("GET", f"{host.url}/durabletask/instances/a+b")[2]["instanceId"] == "a+b"


def test_a_compressed_body_is_left_to_the_function(tmp_path: Path) -> None:
    code = """
@app.route(route="raw")
def raw(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.headers["Content-Encoding"] + " " + req.get_body().hex())
"""
    headers = {"Content-Encoding": "gzip"}
    with EmbeddedHost(write_app(tmp_path, code), clock=VirtualClock()) as host:
        body = gzip.compress(b"hello")
        assert request("POST", f"{host.url}/api/raw", body, headers)[2] == f"gzip {body.hex()}"
        assert request("POST", f"{host.url}/api/raw", b"no", headers)[2] == "gzip 6e6f"
        assert request("POST", f"{host.url}/durabletask/orchestrators/x", b"no", headers)[0] == 400


ODD_VALUES = """
@app.activity_trigger(input_name="x")
def odd(x):
    return {"half": "\\ud83d", "far": float("inf"), "none": float("nan")}


@app.orchestration_trigger(context_name="context")
def main(context):
    return (yield context.call_activity("odd", None))
"""


@pytest.mark.parametrize("stored", [True, False])
def test_values_that_utf8_and_json_have_no_word_for(tmp_path: Path, stored: bool) -> None:
    app, state = write_app(tmp_path, ODD_VALUES), tmp_path / "state.db" if stored else None
    with EmbeddedHost(app, clock=VirtualClock(), state=state) as host:
        for instance in ("first", "second"):
            host.start("main", instance)
            host.wait_idle()
            answer = request("GET", f"{host.url}/durabletask/instances/{instance}")[2]
            assert answer["output"] == {"half": "?", "far": "Infinity", "none": "NaN"}


CALLS_HTTP = """
@app.orchestration_trigger(context_name="context")
def main(context):
    wanted = context.get_input()
    try:
        yield context.call_http("GET", wanted["uri"], headers=wanted.get("headers"))
    except Exception as error:
        return str(error)
"""


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"uri": "nowhere"}, "Invalid URI: 'nowhere'"),
        ({"uri": "ftp://127.0.0.1/"}, "Invalid URI: 'ftp://127.0.0.1/'"),
        ({"uri": "http://127.0.0.1:9/", "headers": {"X": "two\nlines"}}, ""),
    ],
)
def test_a_durable_request_that_cannot_be_made_fails_its_task(tmp_path: Path, wanted: Any, told: str) -> None:
    with EmbeddedHost(write_app(tmp_path, CALLS_HTTP), clock=VirtualClock()) as host:
        host.start("main", "h", wanted)
        host.wait_idle()
        status = host.status("h")
        assert status is not None
        assert (status["runtimeStatus"], told in status["output"]) == ("Completed", True)


def test_the_admin_api_takes_an_input_in_any_letter_case_or_none(host: EmbeddedHost) -> None:
    for body in ({"Input": "text"}, {}, {"input": None}):
        assert request("POST", f"{host.url}/admin/functions/many", json.dumps(body), JSON)[0] == 202
        host.wait_idle()
    assert [call["bodies"] for call in calls() if "bodies" in call] == [["text"], [""], [""]]
