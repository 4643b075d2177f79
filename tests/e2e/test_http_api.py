"""What people ask of the HTTP API, and what is true afterwards."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests

from rotation.ids import instance_id
from tests.e2e.api import Api
from tests.e2e.conftest import Running
from tests.scene import DAY, SECRET, VAULT

pytestmark = pytest.mark.e2e

HOUR = timedelta(hours=1)


@pytest.fixture
def api(running: Running) -> Api:
    return Api(running)


def hold_up(api: Api) -> None:
    """Let the target ask for so much patience that a rotation waits in its first step."""
    api.running.scene.azure.faults.add("storage.listKeys", status=429, retry_after=600)


# --- start


def test_a_person_starts_a_rotation_and_follows_it(api: Api) -> None:
    scene = api.running.scene
    version = scene.secret().version
    answer = api.start(reason="the key was in a screenshot")
    assert answer.status_code == 202
    assert answer.json()["start"] == "started"
    assert answer.json()["version"] == version
    assert answer.json()["id"] == instance_id(scene.request(version))
    shown = api.rotation(answer.json()["id"])
    assert (shown["outcome"], shown["cause"], shown["replaces"]) == ("rotated", "the key was in a screenshot", version)
    assert scene.holds("key2")
    assert scene.works()


def test_the_answer_leads_to_the_durable_status(api: Api) -> None:
    api.running.scene.secret()
    answer = api.start()
    assert int(answer.headers["Retry-After"]) > 0
    status = requests.get(answer.headers["Location"], timeout=30).json()
    assert status["instanceId"] == answer.json()["id"]
    assert status["output"]["outcome"] == "rotated"


@pytest.mark.parametrize("vault", [VAULT, f"{VAULT}.vault.azure.net", "SAMPLE-KV", "Sample-KV.Vault.Azure.Net"])
def test_a_vault_may_be_called_by_its_name_or_host(api: Api, vault: str) -> None:
    api.running.scene.secret()
    assert api.rotation(api.started(vault=vault))["vault"] == api.running.scene.vault.host


def test_event_and_person_share_one_rotation(api: Api) -> None:
    version = api.running.scene.secret().version
    hold_up(api)
    instance = api.running.announce(version)
    api.running.host.wait_idle()
    answer = api.start().json()
    assert (answer["id"], answer["start"], answer["status"]) == (instance, "joined", "Running")
    api.running.announce(version)
    assert api.running.ended(instance)["output"]["outcome"] == "rotated"
    assert api.running.regenerations() == 1


def test_many_people_at_once_start_one_rotation(api: Api) -> None:
    api.running.scene.secret()
    hold_up(api)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.start(), range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(api.get("/rotations").json()["rotations"]) == 1
    assert api.running.ended(answers[0].json()["id"])["output"]["outcome"] == "rotated"
    assert api.running.regenerations() == 1


def test_force_rotates_before_the_lead(api: Api) -> None:
    scene = api.running.scene
    scene.secret(expires_in=80 * DAY)
    assert api.start().status_code == 409
    shown = api.rotation(api.started(force=True))
    assert (shown["outcome"], shown["force"]) == ("rotated", True)
    assert scene.holds("key2")


def test_a_restored_vault_s_version_is_rotated_again_by_force_only(api: Api) -> None:
    """A vault brought back from a backup is at a version whose rotation has long ended."""
    scene = api.running.scene
    version = scene.secret()
    api.started()
    scene.vault.delete(SECRET)
    scene.vault.purge(SECRET)
    scene.vault.set_secret(
        SECRET,
        scene.account.key("key1"),
        tags=dict(version.tags),
        expires_on=version.expires_on,
        version=version.version,
    )
    told = api.start()
    assert (told.status_code, told.json()["outcome"]) == (409, "rotated")
    assert api.rotation(api.started(force=True))["outcome"] == "rotated"
    assert scene.works()


# --- look


def test_the_newest_rotations_come_first_page_by_page(api: Api) -> None:
    scene = api.running.scene
    for number in range(7):
        scene.secret(name=f"secret-{number}")
        api.running.host.advance(timedelta(minutes=1))
        api.started(secret=f"secret-{number}")
    seen: list[str] = []
    query: dict[str, str | int] = {"top": 3}
    for _ in range(3):
        page = api.get("/rotations", **query).json()
        seen += [rotation["secret"] for rotation in page["rotations"]]
        query["continuationToken"] = page.get("continuationToken", "")
    assert seen == [f"secret-{number}" for number in reversed(range(7))]
    assert query["continuationToken"] == ""


def test_a_list_can_be_narrowed_down(api: Api) -> None:
    scene = api.running.scene
    scene.secret(name="good")
    scene.secret(name="good-too", SlotStrategy="alternate")
    scene.secret(name="bad", Verification="required")
    api.started(secret="good")
    later = scene.clock.now() + timedelta(minutes=30)
    api.running.host.advance(HOUR)
    scene.account.deny("read")
    api.started(secret="bad")
    scene.account.allow("read")

    def listed(**query: str) -> list[str]:
        return [rotation["secret"] for rotation in api.get("/rotations", **query).json()["rotations"]]

    assert listed() == ["bad", "good"]
    assert listed(status="Failed") == ["bad"]
    assert listed(status="Failed,Completed") == ["bad", "good"]
    assert listed(status="Running") == []
    assert listed(outcome="rotated") == ["good"]
    assert listed(outcome="rotated,refused", vault=VAULT) == ["bad", "good"]
    assert listed(vault=VAULT, secret="GOOD") == ["good"]
    assert listed(secret="bad") == ["bad"]
    assert listed(vault="second-kv") == []
    assert listed(**{"from": later.isoformat()}) == ["bad"]
    assert listed(**{"from": later.isoformat().replace("+", " ")}) == ["bad"], "an unquoted plus"


def test_a_rotation_shows_its_steps_attempts_and_waits(api: Api) -> None:
    scene = api.running.scene
    scene.azure.faults.add("storage.regenerateKey", status=503, times=2)
    scene.secret(RetireAfter="P2D")
    instance = api.started()
    api.running.host.advance(timedelta(minutes=10))
    shown = api.rotation(instance)
    assert [(step["step"], step["attempts"], step["result"]) for step in shown["steps"]] == [
        ("read_metadata", 1, "done"),
        ("find_neighbours", 1, "done"),
        ("regenerate_key", 1, "retry"),
        ("find_neighbours", 1, "done"),
        ("regenerate_key", 1, "retry"),
        ("find_neighbours", 1, "done"),
        ("regenerate_key", 1, "done"),
        ("verify_key", 1, "done"),
        ("write_version", 1, "done"),
        ("grace", 1, "running"),
    ]
    assert "503" in shown["steps"][2]["reason"]
    assert shown["until"] > (scene.clock.now() + DAY).isoformat()
    assert (shown["previousSlot"], shown["slot"], shown["verified"]) == ("key1", "key2", "data-plane")
    assert shown["can"] == ["consumers-ready", "rollback", "cancel"]
    api.running.ended(instance)
    shown = api.rotation(instance)
    assert [step["result"] for step in shown["steps"][-3:]] == ["done", "done", "done"]
    assert (shown["outcome"], shown["retired"], shown["can"]) == ("rotated", True, ["restart"])


def test_attempts_in_a_row_are_one_step(api: Api) -> None:
    api.running.scene.azure.faults.add("storage.listKeys", status=503, times=3)
    api.running.scene.secret()
    instance = api.started()
    waiting = api.rotation(instance)["steps"]
    assert [(step["step"], step["result"]) for step in waiting] == [("read_metadata", "retry")]
    assert "endedTime" not in waiting[0]
    api.running.ended(instance)
    first = api.rotation(instance)["steps"][0]
    assert (first["step"], first["attempts"], first["result"]) == ("read_metadata", 4, "done")
    assert first["startedTime"] < first["endedTime"]


def test_waiting_for_the_lock_is_a_step(api: Api) -> None:
    scene = api.running.scene
    scene.secret(name="one", Verification="required")
    scene.secret(name="two")
    scene.account.propagation_delay = timedelta(minutes=4)
    one = api.started(secret="one")
    two = api.started(secret="two")
    shown = api.rotation(two)
    assert (shown["step"], shown["steps"][-1]["step"], shown["steps"][-1]["result"]) == ("lock", "lock", "running")
    assert one in shown["steps"][-1]["reason"]
    api.running.ended(two)
    steps = {step["step"]: step for step in api.rotation(two)["steps"]}
    assert steps["lock"]["result"] == "done"
    assert steps["lock"]["attempts"] > 1


def test_a_dead_worker_shows(api: Api) -> None:
    api.running.scene.secret()
    api.running.host.crash_worker("activity", "verify_key")
    instance = api.started()
    assert api.rotation(instance)["steps"][-1]["result"] == "died"
    api.running.ended(instance)
    verify = next(step for step in api.rotation(instance)["steps"] if step["step"] == "verify_key")
    assert (verify["attempts"], verify["result"]) == (2, "done")


def test_a_failure_says_where_and_why(api: Api) -> None:
    scene = api.running.scene
    scene.secret()
    scene.account.deny("regenerateKey")
    shown = api.rotation(api.started())
    assert (shown["status"], shown["outcome"]) == ("Failed", "refused")
    assert shown["reason"].startswith("regenerate_key: ")
    last = shown["steps"][-1]
    assert (last["step"], last["result"], last["outcome"]) == ("regenerate_key", "stop", "refused")
    assert last["reason"] in shown["reason"]


def test_an_instance_that_died_without_a_word_is_told_as_such(api: Api) -> None:
    api.running.scene.secret()
    api.running.host.crash_worker("orchestrator", "rotate_secret", nth=2)
    shown = api.rotation(api.started())
    assert (shown["status"], shown.get("outcome")) == ("Failed", None)
    assert "restart it" in shown["reason"]
    assert api.secret()["state"] == "failed"


def test_an_instance_with_an_odd_input_is_shown_without_what_it_does_not_say(api: Api) -> None:
    api.running.host.start("rotate_secret", "rotate-odd", {"vault": 1, "password": "hunter2"})
    shown = api.rotation("rotate-odd")
    assert (shown["vault"], shown["secret"], shown["outcome"]) == (None, None, "refused")
    assert "hunter2" not in str(shown)
    assert "hunter2" not in api.get("/rotations").text


# --- drive


def test_restart_after_mending_ends_what_had_failed(api: Api) -> None:
    scene = api.running.scene
    scene.secret()
    scene.account.deny("regenerateKey")
    instance = api.started()
    assert api.secret()["state"] == "refused"
    scene.account.allow("regenerateKey")
    answer = api.post(f"/rotations/{instance}/restart", {"reason": "the role is there now"})
    assert (answer.status_code, answer.json()["id"]) == (202, instance)
    assert api.rotation(instance)["outcome"] == "rotated"
    assert api.secret()["state"] == "ok"


def test_consumers_ready_ends_the_grace(api: Api) -> None:
    scene = api.running.scene
    old = scene.account.key("key1")
    scene.secret(RetireAfter="P10D")
    instance = api.started()
    assert api.post(f"/rotations/{instance}/consumers-ready").status_code == 202
    shown = api.rotation(instance)
    assert (shown["status"], shown["retired"]) == ("Completed", True)
    grace = next(step for step in shown["steps"] if step["step"] == "grace")
    assert (grace["result"], grace["reason"]) == ("done", "ConsumersReady")
    assert not scene.account.accepts(old)


def test_rollback_in_the_grace(api: Api) -> None:
    scene = api.running.scene
    before = scene.secret(connection_string=True, RetireAfter="P10D")
    value = scene.vault.value(SECRET)
    instance = api.started()
    answer = api.post(f"/rotations/{instance}/rollback", {"reason": "consumers broke"})
    assert answer.status_code == 202
    assert "instance" not in answer.json()
    shown = api.rotation(instance)
    assert (shown["status"], shown["rolledBack"], shown["slot"]) == ("Failed", True, "key1")
    assert shown["can"] == ["restart"]
    assert scene.vault.value(SECRET) == value
    assert scene.vault.current(SECRET).expires_on == before.expires_on


def test_rollback_of_a_completed_rotation(api: Api) -> None:
    scene = api.running.scene
    before = scene.secret(connection_string=True)
    value = scene.vault.value(SECRET)
    instance = api.started()
    assert api.rotation(instance)["can"] == ["restart", "rollback"]
    answer = api.post(f"/rotations/{instance}/rollback", {"reason": "consumers broke"})
    assert answer.status_code == 202
    restoring = answer.json()["instance"]
    assert restoring == instance.replace("rotate-", "restore-")
    shown = api.rotation(restoring)
    assert (shown["status"], shown["outcome"], shown["cause"]) == ("Completed", "restored", "consumers broke")
    assert [step["step"] for step in shown["steps"]] == ["restore_version"]
    assert scene.vault.value(SECRET) == value
    assert scene.works()
    current = scene.vault.current(SECRET)
    assert current.expires_on == before.expires_on
    assert current.tags["RotationId"] == f"{instance}/restored"
    assert api.post(f"/rotations/{instance}/rollback").status_code == 409, "what it has written is not current any more"


def test_what_was_restored_is_not_rotated_again_until_forced(api: Api) -> None:
    scene = api.running.scene
    scene.secret()
    instance = api.started()
    api.post(f"/rotations/{instance}/rollback")
    told = api.start()
    assert (told.status_code, told.json()["outcome"]) == (409, "refused")
    assert "force" in told.json()["detail"]
    assert api.running.rotate(scene.vault.current(SECRET).version)["runtimeStatus"] == "Failed"
    assert api.rotation(api.started(force=True))["outcome"] == "rotated"
    assert scene.works()


def test_rollback_to_a_dead_key_is_refused(api: Api) -> None:
    scene = api.running.scene
    scene.secret()
    instance = api.started()
    scene.account.regenerate("key1")
    restoring = api.post(f"/rotations/{instance}/rollback").json()["instance"]
    shown = api.rotation(restoring)
    assert (shown["status"], shown["outcome"]) == ("Failed", "refused")
    assert "its key is dead" in shown["reason"]
    assert scene.works()


def test_rollback_waits_for_whoever_works_on_the_account(api: Api) -> None:
    """Who regenerates the very slot that the secret would return to, so that there is nothing left to return to."""
    scene = api.running.scene
    scene.secret()
    instance = api.started()
    api.running.host.advance(25 * HOUR)
    scene.secret(slot="key2", name="other")
    scene.azure.faults.add("storage.regenerateKey", status=429, retry_after=300)
    other = api.started(secret="other")
    assert api.rotation(other)["step"] == "regenerate_key"
    restoring = api.post(f"/rotations/{instance}/rollback").json()["instance"]
    assert api.rotation(restoring)["step"] == "lock"
    assert "its key is dead" in api.running.ended(restoring)["output"]
    assert api.running.ended(other)["output"]["outcome"] == "rotated"
    assert scene.works()
    assert scene.works(name="other")


def test_cancel_stops_a_rotation_and_the_lock_runs_out(api: Api) -> None:
    scene = api.running.scene
    scene.secret(Verification="required")
    scene.account.propagation_delay = timedelta(minutes=10)
    instance = api.started()
    answer = api.post(f"/rotations/{instance}/cancel", {"reason": "wrong account"})
    assert answer.status_code == 202
    assert "RotationEnabled=false" in answer.json()["did"]
    shown = api.rotation(instance)
    assert (shown["status"], shown["reason"], shown["can"]) == ("Terminated", "cancelled: wrong account", ["restart"])
    assert shown["steps"][-1]["result"] == "retry"
    again = api.started()
    assert again == instance
    api.running.host.advance(2 * HOUR)
    assert api.rotation(again)["outcome"] == "rotated"
    assert scene.works()


# --- secrets


def test_secrets_and_how_they_stand(api: Api) -> None:
    scene = api.running.scene
    scene.secret(name="fine", expires_in=80 * DAY)
    scene.secret(name="due")
    scene.secret(name="late", expires_in=-DAY)
    scene.secret(name="paused", RotationEnabled="false")
    scene.secret(name="wrong", ValidityPeriodDays="ninety", SlotStrategy="sometimes")
    scene.secret(name="never", expires_in=None)
    scene.secret(name="off")
    scene.vault.update("off", enabled=False)
    scene.vault.set_secret("not-ours", "hunter2", tags={"owner": "somebody"})
    answer = api.get("/secrets").json()
    assert answer["asOf"] == scene.clock.now().isoformat(timespec="milliseconds")
    assert {each["secret"]: each["state"] for each in answer["secrets"]} == {
        "due": "due", "fine": "ok", "late": "late", "never": "wrong", "off": "disabled", "paused": "paused",
        "wrong": "wrong",
    }  # fmt: skip
    found = {each["secret"]: each for each in answer["secrets"]}
    assert len(found["wrong"]["complaints"]) == 2
    assert (found["late"]["daysLeft"], found["due"]["daysLeft"], found["fine"]["daysLeft"]) == (-2, 19, 79)
    assert found["due"]["provider"]["name"] == scene.account.name
    assert (found["due"]["slot"], found["due"]["strategy"]) == ("key1", "alternate")
    assert "expiresOn" not in found["never"]
    assert "hunter2" not in str(answer)
    assert "payments" not in str(answer), "tags that are none of ours stay where they are"


def test_what_a_rotation_writes_shows_at_once(api: Api) -> None:
    scene = api.running.scene
    scene.secret(RetireAfter="P2D")
    assert api.secret()["state"] == "due"
    instance = api.started()
    shown = api.secret()
    assert (shown["state"], shown["slot"], shown["daysLeft"]) == ("grace", "key2", 90)
    assert shown["lastRotation"]["id"] == instance
    api.running.ended(instance)
    assert api.secret()["state"] == "ok"
    assert api.secret()["lastRotation"]["outcome"] == "rotated"


def test_a_mended_tag_shows_within_half_a_minute(api: Api) -> None:
    scene = api.running.scene
    scene.secret(ValidityPeriodDays="ninety")
    assert api.secret()["state"] == "wrong"
    scene.vault.update(SECRET, tags=dict(scene.vault.current(SECRET).tags) | {"ValidityPeriodDays": "90"})
    api.running.host.advance(timedelta(seconds=31))
    assert api.secret()["state"] == "due"


def test_a_vault_that_does_not_answer_is_named_and_the_others_are_shown(api: Api) -> None:
    scene = api.running.scene
    scene.secret()
    scene.second_vault.deny("listSecrets")
    answer = api.get("/secrets").json()
    assert [each["secret"] for each in answer["secrets"]] == [SECRET]
    assert [each["vault"] for each in answer["unreachable"]] == [scene.second_vault.host]
    assert "403" in answer["unreachable"][0]["reason"]


def test_secrets_come_page_by_page_over_all_vaults(api: Api) -> None:
    scene = api.running.scene
    for name in ("b", "A", "c"):
        scene.secret(name=name)
        scene.second_vault.set_secret(name, "x", tags={"ProviderAddress": scene.account.resource_id})
    seen: list[tuple[str, str]] = []
    query: dict[str, str | int] = {"top": 4}
    for _ in range(2):
        page = api.get("/secrets", **query).json()
        seen += [(each["vault"].split(".")[0], each["secret"]) for each in page["secrets"]]
        query["continuationToken"] = page.get("continuationToken", "")
    assert seen == [(vault, name) for vault in (VAULT, "second-kv") for name in ("A", "b", "c")]
    assert query["continuationToken"] == ""
    assert [each["secret"] for each in api.get("/secrets", vault="second-kv").json()["secrets"]] == ["A", "b", "c"]


# --- parked


def test_parked_events_newest_first(api: Api) -> None:
    api.running.deliver("no json")
    api.running.host.advance(timedelta(minutes=1))
    api.running.deliver('[{"type": "Microsoft.KeyVault.SecretNearExpiry"}]')
    events = api.get("/events/parked").json()["events"]
    assert [event["excerpt"] for event in events] == ['[{"type": "Microsoft.KeyVault.SecretNearExpiry"}]', "no json"]
    assert events[0]["partition"] == "3"
    assert "data is absent" in events[0]["reason"]


def test_nothing_parked_is_an_empty_list(api: Api) -> None:
    assert api.get("/events/parked").json() == {"events": []}


# --- no GET changes anything


def test_a_get_changes_nothing(api: Api) -> None:
    scene = api.running.scene
    scene.secret(RetireAfter="P2D")
    instance = api.started()
    calls, before = len(scene.azure.calls), api.rotation(instance)
    for path, query in (
        ("/rotations", {}),
        (f"/rotations/{instance}", {}),
        ("/secrets", {}),
        ("/plan", {"vault": VAULT, "secret": SECRET, "force": "true"}),
        ("/events/parked", {}),
        ("/openapi.json", {}),
        ("/IsAlive", {}),
    ):
        assert api.get(path, **query).status_code == 200
    assert {call.method for call in scene.azure.calls[calls:]} <= {"GET", "POST"}
    assert {call.operation for call in scene.azure.calls[calls:]} <= {
        "identity.token", "keyvault.challenge", "keyvault.getSecret", "keyvault.listSecrets",
        "keyvault.listSecretVersions", "keyvault.getSecretVersion", "storage.getAccount", "storage.listKeys",
    }  # fmt: skip
    assert api.rotation(instance) == before
    assert len(api.get("/rotations").json()["rotations"]) == 1
