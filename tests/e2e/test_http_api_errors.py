"""What the HTTP API says when it cannot: every error of every call, strangers' requests, and nothing that is secret."""

import http.client
import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests

from tests.e2e.api import Api, problem
from tests.e2e.conftest import Running
from tests.e2e.test_no_credential_leaks import canaries
from tests.scene import DAY, SECRET, VAULT

pytestmark = pytest.mark.e2e

ACTIONS = ("restart", "rollback", "consumers-ready", "cancel")


@pytest.fixture
def api(running: Running) -> Api:
    return Api(running)


def raw(api: Api, method: str, target: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    """Send a request as it is, without a client that tidies it up."""
    address = urlsplit(api.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)
    try:
        connection.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


# --- starting


def test_every_complaint_about_a_request_comes_at_once(api: Api) -> None:
    told = problem(api.post("/rotations", {"vault": "no vault", "secret": "a/b", "force": "yes", "color": "red"}), 422)
    assert len(told["complaints"]) == 4
    assert told["detail"] == "; ".join(told["complaints"])


def test_a_foreign_vault_is_forbidden_and_never_contacted(api: Api) -> None:
    told = problem(api.start(vault="evil-kv.vault.azure.net"), 403)
    assert told["detail"] == "vault evil-kv.vault.azure.net is not in KEY_VAULTS"
    for path, query in (("/rotations", {}), ("/secrets", {}), ("/plan", {"secret": SECRET})):
        problem(api.get(path, vault="evil-kv", **query), 403)
    assert api.running.scene.azure.calls == []
    assert api.running.scene.azure.unresolved_hosts == []


def test_a_secret_that_is_not_there(api: Api) -> None:
    problem(api.start(), 404)
    problem(api.get("/plan", vault=VAULT, secret=SECRET), 404)


def test_what_is_not_due_says_from_when_it_is(api: Api) -> None:
    api.running.scene.secret(expires_in=80 * DAY)
    told = problem(api.start(), 409)
    assert told["outcome"] == "not_due"
    assert "force" in told["detail"]


def test_what_is_paused_stays_so_even_if_forced(api: Api) -> None:
    api.running.scene.secret(RotationEnabled="false")
    assert problem(api.start(force=True), 409)["outcome"] == "skipped"
    assert api.get("/rotations").json()["rotations"] == []


def test_tags_that_cannot_be_read_are_all_told(api: Api) -> None:
    api.running.scene.secret(ValidityPeriodDays="ninety", SlotStrategy="sometimes", RetireAfter="soon")
    assert len(problem(api.start(), 422)["complaints"]) == 3


def test_a_disabled_secret(api: Api) -> None:
    api.running.scene.secret()
    api.running.scene.vault.disable(SECRET)
    assert "disabled" in problem(api.start(), 409)["detail"]


def test_a_vault_that_the_app_may_not_read(api: Api) -> None:
    api.running.scene.secret()
    api.running.scene.vault.deny("getSecret")
    assert "the app's identity" in problem(api.start(), 502)["detail"]


def test_a_vault_that_asks_for_patience(api: Api) -> None:
    api.running.scene.secret()
    api.running.scene.azure.faults.add("keyvault.getSecret", status=429, retry_after=23)
    answer = api.start()
    assert "429" in problem(answer, 503)["detail"]
    assert answer.headers["Retry-After"] == "23"


def test_a_vault_that_does_not_answer(api: Api) -> None:
    api.running.scene.secret()
    api.running.scene.azure.faults.add("keyvault.getSecret", when="before", drop=True)
    answer = api.start()
    problem(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0


# --- one rotation


@pytest.mark.parametrize("action", ACTIONS)
def test_no_action_on_what_is_not_there(api: Api, action: str) -> None:
    problem(api.post(f"/rotations/rotate-nothing-0/{action}"), 404)


def test_an_action_that_is_none(api: Api) -> None:
    told = problem(requests.post(f"{api.url}/rotations/rotate-nothing-0/explode", timeout=30), 404)
    assert "restart, rollback, consumers-ready, approve, reject, cancel" in told["detail"]


@pytest.mark.parametrize("action", ["restart", "rollback", "consumers-ready"])
def test_what_cannot_be_done_under_way_says_why_and_what_can(api: Api, action: str) -> None:
    api.running.scene.azure.faults.add("storage.listKeys", status=429, retry_after=600)
    api.running.scene.secret()
    instance = api.started()
    told = problem(api.post(f"/rotations/{instance}/{action}"), 409)
    assert told["can"] == ["cancel"]
    assert api.running.ended(instance)["output"]["outcome"] == "rotated"


@pytest.mark.parametrize("action", ["rollback", "consumers-ready", "cancel"])
def test_what_cannot_be_done_afterwards_says_why_and_what_can(api: Api, action: str) -> None:
    api.running.scene.secret(expires_in=80 * DAY)
    instance = api.running.announce(api.running.scene.vault.current(SECRET).version)
    api.running.host.wait_idle()
    told = problem(api.post(f"/rotations/{instance}/{action}"), 409)
    assert told["can"] == ["restart"]


def test_rollback_of_what_somebody_has_written_over(api: Api) -> None:
    scene = api.running.scene
    scene.secret()
    instance = api.started()
    newest = scene.secret("key2")
    told = problem(api.post(f"/rotations/{instance}/rollback"), 409)
    assert newest.version in told["detail"]


def test_a_wrong_reason_does_nothing(api: Api) -> None:
    api.running.scene.secret(RetireAfter="P9D")
    instance = api.started()
    told = problem(api.post(f"/rotations/{instance}/cancel", {"reason": "x" * 300, "force": True}), 422)
    assert len(told["complaints"]) == 2
    assert api.rotation(instance)["status"] == "Running"


IDS = (
    "x", "rotate-", "rotate_x", "restore", "rotate-" + "x" * 94, "rotate-x.y", "rotate-ä", "rotate-x y", "rotate-x\n",
    "rotate-x\x00", "@resourcelock@store", "sweep", "../../admin/host/status", "..", ".", "rotate-x/../../x",
    "rotate-x?taskHub=other", "rotate-x#", "http://169.254.169.254/", "rotate-x%2F..", "rotate-x;a=b", "ROTATE-x",
)  # fmt: skip


@pytest.mark.parametrize("instance", IDS)
def test_an_id_that_is_none_gets_no_further(api: Api, instance: str) -> None:
    for method, rest in (("GET", ""), ("POST", "/cancel")):
        assert raw(api, method, f"/api/rotations/{quote(instance, safe='')}{rest}")[0] == 404
    assert api.running.scene.azure.unresolved_hosts == []


def test_an_instance_that_is_none_of_ours_is_not_shown(api: Api) -> None:
    """Whoever has the task hub's key can call an instance of anything what he likes."""
    api.running.host.start("sweep_vaults", "rotate-is-a-sweep")
    api.running.host.wait_idle()
    problem(api.get("/rotations/rotate-is-a-sweep"), 404)
    problem(api.post("/rotations/rotate-is-a-sweep/cancel"), 404)


# --- queries


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/rotations", "top=0"),
        ("/rotations", "top=501"),
        ("/rotations", "status=failed"),
        ("/rotations", "outcome=gone"),
        ("/rotations", "from=yesterday"),
        ("/rotations", "continuationToken=abc"),
        ("/rotations", "vault=sample-kv&vault=second-kv"),
        ("/rotations", "sort=name"),
        ("/rotations/rotate-x-0", "history=true"),
        ("/secrets", "top=10001"),
        ("/secrets", "continuationToken=WyJhIl0"),
        ("/plan", ""),
        ("/plan", "vault=sample-kv"),
        ("/plan", "vault=sample-kv&secret=a&force=yes"),
        ("/events/parked", "top=1"),
        ("/openapi.json", "format=yaml"),
    ],
)
def test_a_query_that_is_wrong(api: Api, path: str, query: str) -> None:
    told = problem(requests.get(f"{api.url}{path}?{query}", timeout=30), 422)
    assert told["complaints"]


def test_the_function_key_in_the_query_is_no_unknown_parameter(api: Api) -> None:
    api.running.scene.secret()
    assert requests.get(f"{api.url}/secrets?code=abc", timeout=30).status_code == 200
    assert api.start(code="abc").status_code == 422, "but it has no business in a body"


# --- hostile requests


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe\x00", "application/json", 400),
        (b'{"vault": "sample-kv\\u0000", "secret": "a"}', "application/json", 422),
        (b'{"vault": "sample-kv", "secret": "a", "reason": "\\ud800"}', "application/json", 422),
        (b"[" * 16_000, "application/json", 400),
        (b'{"a":' * 3_000, "application/json", 400),
        (b" " * 1_000_000, "application/json", 413),
        (b"x" * 5_000_000, "text/plain", 413),
        (b"vault=sample-kv&secret=storage-key", "application/x-www-form-urlencoded", 415),
        (b"<vault/>", "application/xml", 415),
        (b'{"vault": "sample-kv"}', "application/json; charset=utf-16", 415),
        (b"[]", "application/json", 422),
        (b"", "text/plain", 422),
        (b'{"vault": ["sample-kv"], "secret": {"a": 1}}', "application/json", 422),
    ],
)
def test_a_hostile_body(api: Api, body: bytes, content_type: str, status: int) -> None:
    api.running.scene.secret()
    told, answer = raw(api, "POST", "/api/rotations", body, Content_Type=content_type)
    assert told == status
    assert json.loads(answer)["status"] == status
    assert len(answer) < 1000, "whatever was sent is not sent back"
    assert api.get("/rotations").json()["rotations"] == []


@pytest.mark.parametrize(
    "target",
    [
        "/api/rotations?vault=%00",
        "/api/rotations?vault=%ff%fe",
        "/api/rotations?" + "a" * 7000,
        "/api/rotations?" + "&".join(f"p{number}=1" for number in range(500)),
        "/api/secrets?vault=sample-kv%2F..%2F",
        "/api/plan?vault=sample-kv.vault.azure.net%40evil.example&secret=a",
        "/api/plan?vault=sample-kv&secret=..%2Fkeys",
    ],
)
def test_a_hostile_query(api: Api, target: str) -> None:
    status, answer = raw(api, "GET", target)
    assert status in (400, 422)
    assert len(answer) < 1000
    assert api.running.scene.azure.calls == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/rotations", "/rotations/rotate-x-0", "/rotations/rotate-x-0/cancel", "/secrets"])
def test_other_methods_lead_nowhere(api: Api, method: str, path: str) -> None:
    assert raw(api, method, f"/api{path}")[0] == 404


def test_a_header_of_another_host_stays_out_of_everything_but_the_link(api: Api) -> None:
    """The platform builds its links from the request as well."""
    api.running.scene.secret()
    body = json.dumps({"vault": VAULT, "secret": SECRET}).encode()
    status, answer = raw(api, "POST", "/api/rotations", body, Content_Type="application/json", Host="evil.example")
    assert status == 202
    assert b"evil.example" not in answer
    assert api.running.scene.azure.unresolved_hosts == []


# --- nothing secret


def test_a_bug_is_told_by_class_and_place_alone(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("AccountKey=hunter2")

    monkeypatch.setattr("triggers.dry_run.preview", fail)
    api.running.scene.secret()
    answer = api.get("/plan", vault=VAULT, secret=SECRET)
    assert problem(answer, 500)["detail"].startswith("unexpected ValueError at test_http_api_errors.py:")
    assert "hunter2" not in answer.text


def test_no_answer_holds_a_credential_or_a_stranger_s_tag(api: Api) -> None:
    scene = api.running.scene
    planted = "Tm90QUtleUJ1dEFDYW5hcnk" * 3
    scene.secret(connection_string=True, RetireAfter="P2D", note=planted)
    scene.secret(name="odd", CredentialId=planted, SlotStrategy=planted, ProviderAddress=planted)
    scene.secret(name="strange", value="AccountKey=a;AccountKey=b")
    scene.azure.faults.add("storage.regenerateKey", status=503)
    instance = api.started()
    api.running.host.advance(timedelta(hours=1))
    api.running.deliver(f'{{"AccountKey": "{scene.account.key("key1")}"}}')
    answers = [
        api.get("/secrets"),
        api.get("/rotations"),
        api.get(f"/rotations/{instance}"),
        api.get("/plan", vault=VAULT, secret=SECRET, force="true"),
        api.get("/plan", vault=VAULT, secret="odd"),
        api.get("/plan", vault=VAULT, secret="strange"),
        api.get("/events/parked"),
        api.start(secret="odd"),
        api.start(secret="strange"),
        api.post(f"/rotations/{instance}/rollback"),
        api.start(reason=planted + "\n"),
        requests.get(f"{api.url}/rotations", params={planted: planted, "top": planted}, timeout=30),
    ]
    api.running.host.wait_idle()
    answers.append(api.get(f"/rotations/{instance}"))
    haystack = "\n".join(f"{answer.text} {answer.headers}" for answer in answers)
    assert planted not in haystack
    assert [canary for canary in canaries(api.running) if canary in haystack] == []
