"""What the embedded host does for an app, feature by feature, in process and on a virtual clock."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from dev.clock import VirtualClock
from dev.embedded_host import EmbeddedHost
from tests.contract.host_helpers import APPS, calls, open_gate, request

pytestmark = pytest.mark.contract


@pytest.fixture
def host() -> Iterator[EmbeddedHost]:
    with EmbeddedHost(APPS / "features", clock=VirtualClock()) as running:
        yield running


def test_http_function_gets_a_real_request(host: EmbeddedHost) -> None:
    status, headers, body = request("POST", f"{host.url}/web/items/7/hello%20you?q=x", b"payload")
    assert (status, headers["X-Test"], headers["Content-Type"]) == (201, "1", "application/json")
    assert body == {
        "id": "7",
        "note": "hello you",
        "q": "x",
        "body": "payload",
        "function": "item",
        "setting": "events",
    }


def test_routes_and_methods(host: EmbeddedHost) -> None:
    assert request("GET", f"{host.url}/web/items/7")[0] == 201
    assert request("GET", f"{host.url}/WEB/ITEMS/7")[0] == 201
    assert request("GET", f"{host.url}/web/items/seven")[0] == 404
    assert request("DELETE", f"{host.url}/web/items/7")[0] == 404
    assert request("GET", f"{host.url}/api/text")[0] == 404
    assert request("GET", f"{host.url}/web/text")[2] == "plain"


def test_http_function_that_raises_is_a_500_without_details(host: EmbeddedHost) -> None:
    assert request("GET", f"{host.url}/web/raises")[::2] == (500, None)


def test_durable_client_in_an_http_function(host: EmbeddedHost) -> None:
    status, headers, links = request("POST", f"{host.url}/web/start/echoes?id=e1")
    assert (status, headers["Retry-After"], links["id"]) == (202, "10", "e1")
    host.wait_idle()
    assert request("GET", links["statusQueryGetUri"])[2]["output"] == {"n": 2}
    assert request("GET", f"{host.url}/web/client/e1")[2] == ["Completed", 1]


def test_event_hub_batch(host: EmbeddedHost) -> None:
    result = host.deliver_event_hub("many", [b"a", "b"], partition="3")
    assert (result.succeeded, result.attempts, result.error) == (True, 1, None)
    assert calls()[0]["bodies"] == ["a", "b"]
    assert calls()[0]["numbers"] == [0, 1]
    assert calls()[0]["partition"] == "3"
    assert calls()[0]["enqueued"].startswith("2026-07-25 01:08:00")


def test_event_hub_retry_policy_waits_by_the_clock(host: EmbeddedHost) -> None:
    before = host.clock.now()
    result = host.deliver_event_hub("many", ["flaky"])
    assert (result.succeeded, result.attempts) == (True, 3)
    assert host.clock.now() - before == timedelta(seconds=20)
    assert [call["retry"] for call in calls()] == [0, 1, 2]


def test_event_hub_batch_is_given_up_after_the_last_retry(host: EmbeddedHost) -> None:
    result = host.deliver_event_hub("many", ["poison"])
    assert (result.succeeded, result.attempts, result.error) == (False, 4, "ValueError: not today")


def test_event_hub_single_events(host: EmbeddedHost) -> None:
    assert host.deliver_event_hub("single", ["x", b"y"]).attempts == 2
    assert [call["body"] for call in calls()] == ["x", "y"]
    assert calls()[1]["number"] == 1


def test_admin_api(host: EmbeddedHost) -> None:
    assert request("GET", f"{host.url}/admin/host/status")[2]["state"] == "Running"
    listed = request("GET", f"{host.url}/admin/functions")[2]
    assert {"item", "many", "tick", "echo", "counter"} <= {one["name"] for one in listed}
    shown = request("GET", f"{host.url}/admin/functions/item")[2]
    assert shown["invoke_url_template"] == f"{host.url}/web/items/{{id:int}}/{{note?}}"
    given = json.dumps({"input": '["not", "split"]'})
    assert request("POST", f"{host.url}/admin/functions/many", given)[0] == 202
    host.wait_idle()
    assert calls()[-1]["bodies"] == ['["not", "split"]']
    assert request("POST", f"{host.url}/admin/functions/tick", "{}")[0] == 202
    host.wait_idle()
    assert calls()[-1] == {"past_due": False}
    assert request("POST", f"{host.url}/admin/functions/nope", "{}")[0] == 404
    assert request("POST", f"{host.url}/admin/functions/tick", "no json")[0] == 400
    assert request("GET", f"{host.url}/")[0] == 200


def test_timer_trigger_by_the_virtual_clock(host: EmbeddedHost) -> None:
    host.advance(timedelta(minutes=12))  # from 01:08: 01:10, 01:15, 01:20
    assert calls() == [{"past_due": False}] * 3


def test_timer_of_ten_days_goes_in_pieces(host: EmbeddedHost) -> None:
    host.start("long_sleep", "sleeper", 10)
    host.advance(timedelta(days=9, hours=23))
    assert host.status("sleeper")["runtimeStatus"] == "Running"  # type: ignore[index]
    host.advance(timedelta(hours=1))
    assert host.status("sleeper")["output"] == 10 * 86400  # type: ignore[index]
    kinds = [event["EventType"] for event in host.history("sleeper")]
    assert kinds.count(10) == 3  # 3 + 3 + 4 days


def test_early_timers() -> None:
    with EmbeddedHost(APPS / "features", clock=VirtualClock(), early_timers=True) as host:
        host.start("long_sleep", "early", 1)
        host.advance(timedelta(days=1))
        assert 86_399 <= host.status("early")["output"] < 86_400  # type: ignore[index]


def test_event_survives_continue_as_new_after_a_cancelled_timer(host: EmbeddedHost) -> None:
    host.start("loops_on_event", "loop", 1)
    host.wait_idle()
    host.raise_event("loop", "Item", {"k": 1})
    host.wait_idle()
    status = host.status("loop")
    assert status is not None
    assert (status["runtimeStatus"], status["output"], status["input"]) == ("Completed", {"k": 1}, "3")


def test_event_after_continue_as_new_and_custom_status(host: EmbeddedHost) -> None:
    host.start("waits_for_event", "w")
    host.wait_idle()
    assert host.status("w")["customStatus"] == {"stage": "waiting"}  # type: ignore[index]
    host.raise_event("w", "Go", [1])
    host.wait_idle()
    assert host.status("w")["output"] == [1]  # type: ignore[index]


def test_entities_over_http(host: EmbeddedHost) -> None:
    base = f"{host.url}/runtime/webhooks/durabletask/entities"
    as_json = {"Content-Type": "application/json"}
    assert request("GET", f"{base}/Counter/c")[0] == 404
    assert request("POST", f"{base}/counter/c?op=add", json.dumps("5"), as_json)[0] == 202
    host.wait_idle()
    assert request("GET", f"{base}/COUNTER/c")[::2] == (200, 5)
    listed = request("GET", f"{base}/counter?fetchState=true")[2]
    assert [(one["entityId"], one["state"]) for one in listed] == [({"name": "counter", "key": "c"}, 5)]
    assert request("DELETE", f"{base}/counter/c", '"null"', as_json)[0] == 202
    host.wait_idle()
    assert request("POST", f"{base}/nope/c?op=x", "1", as_json)[0] == 400


def test_stale_result_is_dropped_when_an_id_is_used_again(host: EmbeddedHost) -> None:
    host.start("waits_at_gate", "again")
    host.terminate("again", "x")
    while host.status("again")["runtimeStatus"] != "Terminated":  # type: ignore[index]
        pass
    host.start("waits_for_event", "again")
    open_gate()
    host.wait_idle()
    status = host.status("again")
    assert status is not None
    assert (status["name"], status["runtimeStatus"]) == ("waits_for_event", "Running")
    assert status["historyEvents"][0]["Generation"] == 1


class _Target(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202)
        self.send_header("Location", "http://127.0.0.1:1/poll")
        self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None: ...


def test_call_http_is_answered_at_once_even_with_202(host: EmbeddedHost) -> None:
    with HTTPServer(("127.0.0.1", 0), _Target) as target:
        thread = threading.Thread(target=target.handle_request)
        thread.start()
        host.start("calls_http", "http", f"http://127.0.0.1:{target.server_port}/x")
        host.wait_idle()
        thread.join()
    output = host.status("http")["output"]  # type: ignore[index]
    assert (output["statusCode"], output["content"]) == (202, '{"a": 1}')
    assert output["headers"]["Retry-After"] == "1"
    assert len(output["headers"]["Server"]) == 2


def test_dump_finds_everything_that_went_by(host: EmbeddedHost) -> None:
    host.start("echoes", "d", {"canary": "K4N4R1"})
    host.deliver_event_hub("many", ["not stored"])
    host.wait_idle()
    assert "K4N4R1" in host.dump()
    assert '{"n": 2}' in host.dump()


def test_two_apps_in_one_process_do_not_mix(host: EmbeddedHost) -> None:
    with EmbeddedHost(APPS / "traced", clock=VirtualClock()) as other:
        other.start("instant", "i", 1)
        host.start("echoes", "e")
        other.wait_idle()
        host.wait_idle()
        assert other.status("i")["output"] == {"in": 1}  # type: ignore[index]
        assert host.status("e")["output"] == {"n": 2}  # type: ignore[index]
        assert other.status("e") is None


def test_rewinding_a_parent_rewinds_the_child_that_failed() -> None:
    with EmbeddedHost(APPS / "traced", clock=VirtualClock()) as host:
        host.start("parent_fail_uncaught", "p", {"child": "kid"})
        host.wait_idle()
        assert host.status("p")["runtimeStatus"] == "Failed"  # type: ignore[index]
        assert request("POST", f"{host.url}/durabletask/instances/p/rewind?reason=again")[0] == 202
        host.wait_idle()
        # It fails again, of course; but the activity ran again, and both ended again.
        kinds = [event["EventType"] for event in host.history("kid")]
        assert kinds.count(17) == 4  # scheduled, failed, completed, and the order to rewind
        assert kinds.count(4) == 1
        assert [event["EventType"] for event in host.history("p")].count(17) == 2
        assert host.status("p")["runtimeStatus"] == "Failed"  # type: ignore[index]
