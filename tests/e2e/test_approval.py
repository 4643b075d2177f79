"""Approval: nothing is changed before somebody has approved, an answer counts once, and nobody is pestered."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests

from dev.embedded_host import EmbeddedHost
from rotation.ids import instance_id
from tests.e2e.api import Api, problem
from tests.e2e.conftest import APP, Running
from tests.events import EXPIRED, cloud_event, message
from tests.scene import DAY, SECRET, VAULT, Scene

pytestmark = pytest.mark.e2e

HOUR = timedelta(hours=1)


@pytest.fixture
def api(running: Running) -> Api:
    return Api(running)


def is_untouched(scene: Scene, name: str = SECRET) -> bool:
    calls = scene.azure.calls_by_operation()
    changed = calls.get("storage.regenerateKey", 0) + calls.get("keyvault.setSecret", 0)
    return changed == 0 and len(scene.vault.versions(name)) == 1


def asked(api: Api, **tags: str) -> str:
    """Start a rotation that asks for approval, and return its id."""
    version = api.running.scene.secret(Approval=tags.pop("Approval", "required"), **tags).version  # type: ignore[arg-type]
    instance = api.running.announce(version)
    shown = api.rotation(instance)
    assert (shown["step"], shown["can"]) == ("approval", ["approve", "reject", "cancel"])
    assert is_untouched(api.running.scene)
    return instance


def test_nothing_happens_before_somebody_approves_and_then_it_is_rotated(api: Api) -> None:
    scene = api.running.scene
    instance = asked(api)
    api.running.host.advance(2 * DAY)
    assert is_untouched(scene)
    answer = api.post(f"/rotations/{instance}/approve", {"reason": "CHG-42, Ann"})
    assert answer.status_code == 202
    status = api.running.ended(instance)
    assert status["output"]["outcome"] == "rotated"
    assert status["output"]["approval"].endswith(": CHG-42, Ann")
    assert scene.holds("key2")
    assert scene.works()
    shown = api.rotation(instance)
    assert shown["approval"] == status["output"]["approval"]
    assert [(step["step"], step.get("reason")) for step in shown["steps"]][:3] == [
        ("read_metadata", None), ("approval", "Approve"), ("read_metadata", None),
    ]  # fmt: skip


def test_a_rejection_ends_it_with_its_reason_and_nothing_changed(api: Api) -> None:
    scene = api.running.scene
    instance = asked(api)
    api.post(f"/rotations/{instance}/reject", {"reason": "change freeze"})
    shown = api.rotation(instance)
    assert (shown["status"], shown["outcome"], shown["reason"]) == ("Failed", "refused", "rejected: change freeze")
    assert is_untouched(scene)
    assert shown["can"] == ["restart"]
    assert [step["step"] for step in shown["steps"]] == ["read_metadata", "approval"]
    again = problem(api.post(f"/rotations/{instance}/approve"), 409)
    assert "nothing left to approve" in again["detail"]


def test_nobody_s_answer_ends_it_in_time(api: Api) -> None:
    instance = asked(api, Approval="P3D")
    began = api.running.scene.clock.now()
    status = api.running.ended(instance)
    assert "nobody approved it within 3 days" in status["output"]
    assert timedelta(0) <= api.running.scene.clock.now() - began - 3 * DAY < HOUR
    assert is_untouched(api.running.scene)


def test_answers_that_come_twice_or_too_late_are_harmless(api: Api) -> None:
    scene = api.running.scene
    instance = asked(api, RetireAfter="P1D")
    event = api.running.durable(instance, "/raiseEvent/")
    for name in ("Approve", "Approve", "Reject"):
        requests.post(event + name, json={"reason": "at once"}, timeout=30)
    api.running.host.wait_idle()
    assert problem(api.post(f"/rotations/{instance}/approve"), 409)["can"] == ["consumers-ready", "rollback", "cancel"]
    requests.post(event + "Reject", json={}, timeout=30)
    assert api.running.ended(instance)["output"]["retired"] is True
    assert api.running.regenerations() == 2
    assert scene.works()


def test_an_approval_that_comes_before_the_question_counts(api: Api) -> None:
    scene = api.running.scene
    scene.azure.faults.add("storage.listKeys", status=429, retry_after=600)
    instance = api.running.announce(scene.secret(Approval="required").version)
    assert api.rotation(instance)["step"] == "read_metadata"
    assert api.post(f"/rotations/{instance}/approve").status_code == 409, "nothing has been asked yet"
    requests.post(api.running.durable(instance, "/raiseEvent/Approve"), json={}, timeout=30)
    assert api.running.ended(instance)["output"]["outcome"] == "rotated"


def test_repeated_events_and_people_join_the_question(api: Api) -> None:
    scene = api.running.scene
    instance = asked(api)
    version = scene.vault.current(SECRET).version
    for _ in range(5):
        api.running.announce(version)
        assert api.start(force=True).json()["start"] == "joined"
    assert is_untouched(scene)
    api.post(f"/rotations/{instance}/approve")
    assert api.running.ended(instance)["output"]["outcome"] == "rotated"
    assert len(scene.vault.versions(SECRET)) == 2


def test_what_changed_while_the_answer_was_awaited_is_seen(api: Api) -> None:
    scene = api.running.scene
    instance = asked(api)
    scene.vault.set_secret(SECRET, scene.account.key("key1"), tags=dict(scene.vault.current(SECRET).tags))
    api.post(f"/rotations/{instance}/approve")
    assert api.running.ended(instance)["output"]["outcome"] == "superseded"
    assert api.running.regenerations() == 0


def test_what_has_expired_is_asked_for_all_the_same_and_shown_as_late(api: Api) -> None:
    scene = api.running.scene
    version = scene.secret(Approval="required", expires_in=-HOUR, Window="Mon 02:00-06:00 UTC").version
    api.running.deliver(message(cloud_event(scene.vault.host, SECRET, version, EXPIRED)))
    instance = instance_id(scene.request(version))
    shown = api.rotation(instance)
    assert (shown["step"], shown["late"]) == ("approval", True)
    assert api.secret()["state"] == "late"
    assert "the version expires on 2026-07-25" in api.secret()["lastRotation"]["waitingFor"]
    api.post(f"/rotations/{instance}/approve")
    assert api.running.ended(instance)["output"]["outcome"] == "rotated", "and the window is not waited for"


def test_after_the_approval_its_window_is_waited_for(api: Api) -> None:
    instance = asked(api, Window="Mon 02:00-06:00 UTC")
    api.post(f"/rotations/{instance}/approve")
    assert api.rotation(instance)["step"] == "window"
    assert api.running.ended(instance)["output"]["outcome"] == "rotated"
    assert api.running.scene.vault.current(SECRET).created.strftime("%a %H") == "Mon 02"


def test_a_pinned_secret_is_asked_for_once(api: Api) -> None:
    instance = asked(api, SlotStrategy="pinned", RetireAfter="PT1H", Window="daily 00:00-24:00 UTC")
    api.post(f"/rotations/{instance}/approve")
    assert api.running.ended(instance)["output"]["outcome"] == "rotated"
    assert api.running.scene.holds("key1")


def test_a_restart_of_what_has_published_does_not_ask_again(api: Api) -> None:
    scene = api.running.scene
    instance = asked(api, SlotStrategy="pinned", RetireAfter="PT1H")
    rule = scene.azure.faults.add("storage.regenerateKey", status=500, times=None)
    api.post(f"/rotations/{instance}/approve")
    assert api.running.ended(instance)["runtimeStatus"] == "Failed"
    rule.remove()
    api.post(f"/rotations/{instance}/restart")
    assert api.running.ended(instance)["output"]["outcome"] == "rotated"
    assert scene.works()


def test_a_restart_of_what_has_not_asks_again(api: Api) -> None:
    instance = asked(api)
    api.post(f"/rotations/{instance}/reject")
    api.post(f"/rotations/{instance}/restart")
    assert api.rotation(instance)["step"] == "approval"
    assert is_untouched(api.running.scene)


def test_a_neighbour_that_wants_approval_is_not_moved_without(api: Api) -> None:
    scene = api.running.scene
    version = scene.secret("key1").version
    scene.secret("key2", name="careful", expires_in=80 * DAY, Approval="required", RetireAfter="PT1H")
    instance = api.running.announce(version)
    assert "of moving sample-kv.vault.azure.net/careful" in api.rotation(instance)["waitingFor"]
    assert is_untouched(scene, "careful")
    api.post(f"/rotations/{instance}/approve")
    assert api.running.ended(instance)["output"]["outcome"] == "rotated"
    assert len(scene.vault.versions("careful")) == 2


@pytest.mark.parametrize("reason", ["a\nb", "a\x00b", "x" * 257, 7])
def test_reasons_are_bounded_and_free_of_control_characters(api: Api, reason: object) -> None:
    instance = asked(api)
    told = problem(api.post(f"/rotations/{instance}/approve", {"reason": reason}), 422)
    assert told["complaints"]
    assert api.rotation(instance)["step"] == "approval"


def test_the_dry_run_and_the_list_say_that_somebody_has_to_approve(api: Api) -> None:
    scene = api.running.scene
    scene.secret(Approval="P2D", Window="Mon 02:00-06:00 UTC")
    told = api.get("/plan", vault=VAULT, secret=SECRET).json()
    assert told["approval"] is True
    assert [step["step"] for step in told["steps"]][:2] == ["read_metadata", "approval"]
    until = datetime.fromisoformat(told["steps"][1]["until"])
    assert until - scene.clock.now() > DAY
    assert api.secret()["approval"] is True
    api.started()
    assert api.secret()["state"] == "approval"


# --- the sweep


def reasons(running: Running) -> list[str]:
    return [one["reason"] for one in running.sweep()["output"]["reported"]]


def test_the_sweep_leaves_the_question_alone_and_does_not_repeat_a_rejected_one(sweeping: Running) -> None:
    api, scene = Api(sweeping), sweeping.scene
    instance = sweeping.announce(scene.secret(Approval="P4D", expires_in=29 * DAY).version)
    for _ in range(3):
        sweeping.host.advance(DAY)
        assert reasons(sweeping) == []
    api.post(f"/rotations/{instance}/reject", {"reason": "not now"})
    ended = sweeping.status(instance)["lastUpdatedTime"]
    for _ in range(3):
        (told,) = reasons(sweeping)
        assert told.startswith("rejected by a person: the sweep asks again from 2026-08-01")
        assert sweeping.status(instance)["lastUpdatedTime"] == ended
        sweeping.host.advance(DAY)
    sweeping.host.advance(2 * DAY)
    assert reasons(sweeping) == []
    assert api.rotation(instance)["step"] == "approval"
    assert is_untouched(scene)


def test_an_event_asks_again_after_a_rejection(sweeping: Running) -> None:
    api, scene = Api(sweeping), sweeping.scene
    version = scene.secret(Approval="required").version
    instance = sweeping.announce(version)
    sweeping.host.wait_idle()
    api.post(f"/rotations/{instance}/reject")
    assert sweeping.announce(version) == instance
    assert api.rotation(instance)["step"] == "approval"


def test_the_sweep_asks_again_where_nobody_has_answered(sweeping: Running) -> None:
    instance = sweeping.announce(sweeping.scene.secret(Approval="P3D").version)
    assert sweeping.ended(instance)["runtimeStatus"] == "Failed"
    assert reasons(sweeping) == []
    assert Api(sweeping).rotation(instance)["step"] == "approval"
    assert sweeping.sweep()["output"]["redriven"] == 0


# --- what dies meanwhile


def test_a_question_survives_the_death_of_its_host(scene: Scene, tmp_path: Path) -> None:
    state = tmp_path / "state.sqlite"
    version = scene.secret(Approval="required").version
    with EmbeddedHost(APP, clock=scene.clock, state=state) as first:
        instance = Running(scene, first).announce(version)
        first.wait_idle()
    scene.clock.advance(DAY)
    with EmbeddedHost(APP, clock=scene.clock, state=state) as second:
        running = Running(scene, second)
        api = Api(running)
        assert api.rotation(instance)["step"] == "approval"
        api.post(f"/rotations/{instance}/approve")
        assert running.ended(instance)["output"]["outcome"] == "rotated"


@pytest.mark.parametrize("episode", range(2, 7))
def test_a_worker_that_dies_around_the_answer_publishes_nothing_unapproved(sweeping: Running, episode: int) -> None:
    """An approval dies with its run: what is started again asks again, unless it has published."""
    api, scene = Api(sweeping), sweeping.scene
    version = scene.secret(Approval="required").version
    sweeping.host.crash_worker("orchestrator", "rotate_secret", nth=episode)
    instance = sweeping.announce(version)
    for _ in range(3):
        if api.rotation(instance).get("step") == "approval":
            assert is_untouched(scene)
            api.post(f"/rotations/{instance}/approve")
        sweeping.host.advance(3 * HOUR)
        sweeping.sweep()
        sweeping.host.wait_idle()
    assert api.rotation(instance)["outcome"] == "rotated"
    assert len(scene.vault.versions(SECRET)) == 2
    assert scene.works()
