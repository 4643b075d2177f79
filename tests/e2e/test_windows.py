"""Maintenance windows: what consumers notice begins in one, nothing is let expire for one, and nothing is stuck."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dev.embedded_host import EmbeddedHost
from rotation.ids import instance_id
from tests.e2e.api import Api
from tests.e2e.conftest import APP, Running
from tests.events import EXPIRED, cloud_event, message
from tests.scene import ACCOUNT, DAY, SECRET, VAULT, Scene

pytestmark = pytest.mark.e2e

HOUR = timedelta(hours=1)
# The scene begins on a Saturday, at 03:08 in Zurich.
WINDOW = "Sun 02:00-06:00 Europe/Zurich"
OPENS = datetime(2026, 7, 26, 0, 0, tzinfo=UTC)
CLOSES = OPENS + 4 * HOUR


def is_sunday_night(moment: datetime) -> bool:
    return (moment - OPENS) % (7 * DAY) < 4 * HOUR


def changes(scene: Scene) -> list[tuple[str, datetime]]:
    """Return what the app has changed, and when."""
    wanted = ("storage.regenerateKey", "keyvault.setSecret")
    return [(call.operation, call.time) for call in scene.azure.calls if call.operation in wanted]


def outside(scene: Scene) -> list[tuple[str, datetime]]:
    return [(operation, moment) for operation, moment in changes(scene) if not is_sunday_night(moment)]


def standing(running: Running, instance: str) -> tuple[str, str | None]:
    status: dict[str, Any] = running.status(instance)["customStatus"]
    return status["step"], status["until"]


@pytest.mark.parametrize("tags", [{}, {"RetireAfter": "P2D"}, {"SlotStrategy": "pinned"}])
def test_everything_that_consumers_notice_happens_in_a_window(running: Running, tags: dict[str, str]) -> None:
    scene = running.scene
    version = scene.secret(Window=WINDOW, **tags).version  # type: ignore[arg-type]
    scene.azure.watch(scene.vault, SECRET, scene.account)
    consumer = scene.azure.add_consumer(scene.vault, SECRET, scene.account, every=HOUR, reread=24 * HOUR)
    instance = running.announce(version)
    assert standing(running, instance) == ("window", OPENS.isoformat())
    assert changes(scene) == []
    status = running.ended(instance)
    assert status["output"]["outcome"] == "rotated"
    assert len(changes(scene)) == {"RetireAfter": 3, "SlotStrategy": 3}.get(next(iter(tags), ""), 2)
    assert outside(scene) == []
    running.host.advance(8 * DAY)
    assert consumer.refusals == []
    assert scene.azure.invariant_violations == []


def test_what_has_expired_goes_at_once_and_says_so(running: Running) -> None:
    scene = running.scene
    version = scene.secret(Window=WINDOW, expires_in=-HOUR).version
    running.deliver(message(cloud_event(scene.vault.host, SECRET, version, EXPIRED)))
    status = running.ended(instance_id(scene.request(version)))
    assert status["output"]["outcome"] == "rotated"
    assert "the version expired on 2026-07-25" in status["output"]["hurry"]
    assert scene.clock.now() < OPENS


def test_what_would_expire_before_its_window_goes_before_it_expires(running: Running) -> None:
    scene = running.scene
    before = scene.secret(Window=WINDOW, expires_in=20 * HOUR)
    status = running.rotate(before.version)
    assert "it opens on 2026-07-26" in status["output"]["hurry"]
    assert before.expires_on is not None
    assert scene.vault.current(SECRET).created < before.expires_on
    assert scene.works()


def test_a_pinned_secret_in_a_hurry_comes_home_in_a_window_all_the_same(running: Running) -> None:
    scene = running.scene
    version = scene.secret(Window=WINDOW, SlotStrategy="pinned", expires_in=-HOUR, RetireAfter="PT1H").version
    status = running.rotate(version)
    assert status["output"]["outcome"] == "rotated"
    (stopover, _), *rest = changes(scene)
    assert stopover == "keyvault.setSecret"
    assert len(rest) == 2
    assert all(is_sunday_night(moment) for _, moment in rest)
    assert scene.holds("key1")


def test_drift_is_repaired_at_once(running: Running) -> None:
    scene = running.scene
    version = scene.secret(Window=WINDOW, value="A" * 86 + "==").version
    status = running.rotate(version)
    assert status["output"]["outcome"] == "repaired"
    assert "holds no key that works" in status["output"]["hurry"]
    assert scene.clock.now() < OPENS


def test_a_window_that_closes_while_the_key_is_verified_is_waited_for_again(running: Running) -> None:
    scene = running.scene
    version = scene.secret(Window="Sun 02:00-02:30 Europe/Zurich", Verification="required").version
    scene.account.propagation_delay = timedelta(minutes=10)
    scene.azure.faults.add("storage.regenerateKey", status=500, times=7)
    running.host.advance(OPENS + timedelta(minutes=28) - scene.clock.now())
    instance = running.announce(version)
    assert running.ended(instance)["output"]["outcome"] == "rotated"
    written = scene.vault.current(SECRET).created
    assert OPENS + 7 * DAY <= written < OPENS + 7 * DAY + HOUR / 2
    assert running.regenerations() <= 9
    assert scene.works()


def test_a_key_that_dies_while_the_window_closes_is_replaced_at_once(running: Running) -> None:
    """The key is regenerated in the window; while it is verified, the window closes, and somebody kills the old one."""
    scene = running.scene
    version = scene.secret(Window="Sun 02:00-02:30 Europe/Zurich", Verification="required").version
    scene.account.propagation_delay = timedelta(minutes=10)
    running.host.advance(OPENS + timedelta(minutes=25) - scene.clock.now())
    instance = running.announce(version)
    running.host.advance(timedelta(minutes=6))
    assert running.status(instance)["customStatus"]["step"] == "verify_key"
    scene.account.regenerate("key1")
    assert running.ended(instance)["output"]["outcome"] == "rotated"
    assert scene.clock.now() < OPENS + HOUR
    assert scene.works()


def test_a_tag_that_was_changed_while_it_waited_counts(running: Running) -> None:
    scene = running.scene
    instance = running.announce(scene.secret(Window=WINDOW).version)
    standing(running, instance)
    tags = dict(scene.vault.current(SECRET).tags) | {"Window": "Mon 02:00-06:00 UTC"}
    scene.vault.update(SECRET, tags=tags)
    assert running.ended(instance)["output"]["outcome"] == "rotated"
    assert {moment.date().isoformat() for _, moment in changes(scene)} == {"2026-07-27"}


def test_wrong_windows_are_refused_with_every_complaint(running: Running) -> None:
    status = running.rotate(running.scene.secret(Window="Sunday 2-6 Zurich", Approval="yes").version)
    assert status["runtimeStatus"] == "Failed"
    for told in ("Window has days", "Window has times", "Window has a time zone", "Approval is text of 3 characters"):
        assert told in status["output"]


# --- neighbours


def test_a_neighbour_is_moved_in_its_own_window(running: Running) -> None:
    scene = running.scene
    version = scene.secret("key1").version
    scene.secret("key2", name="neighbour", expires_in=80 * DAY, Window=WINDOW, RetireAfter="PT1H")
    consumer = scene.azure.add_consumer(scene.vault, "neighbour", scene.account, every=HOUR / 4, reread=HOUR)
    instance = running.announce(version)
    status = running.status(instance)["customStatus"]
    assert (status["step"], status["until"]) == ("window", OPENS.isoformat())
    assert "neighbour" in status["waitingFor"]
    assert running.ended(instance)["output"]["moved"] == [f"{scene.vault.host}/neighbour"]
    moved = scene.vault.current("neighbour").created
    assert OPENS <= moved < OPENS + HOUR
    assert consumer.refusals == []
    assert scene.works()


def test_windows_that_never_meet_are_both_kept(running: Running) -> None:
    scene = running.scene
    version = scene.secret("key1", Window=WINDOW, RetireAfter="PT1H").version
    scene.secret("key2", name="neighbour", expires_in=80 * DAY, Window="Tue 01:00-02:00 UTC", RetireAfter="PT1H")
    assert running.rotate(version)["output"]["outcome"] == "rotated"
    assert scene.vault.current("neighbour").created.strftime("%a %H") == "Tue 01"
    assert is_sunday_night(scene.vault.current(SECRET).created)
    assert scene.works()
    assert scene.works(name="neighbour")


def test_a_neighbour_s_window_is_not_waited_for_past_the_expiry(running: Running) -> None:
    scene = running.scene
    before = scene.secret("key1", expires_in=20 * HOUR, RetireAfter="PT1H")
    scene.secret("key2", name="neighbour", expires_in=80 * DAY, Window=WINDOW, RetireAfter="PT1H")
    assert running.rotate(before.version)["output"]["outcome"] == "rotated"
    assert before.expires_on is not None
    assert scene.vault.current(SECRET).created < before.expires_on


# --- nothing is stuck, nothing is repeated


def test_who_waits_for_a_window_holds_no_lock(running: Running) -> None:
    scene = running.scene
    first = running.announce(scene.secret("key1", name="first", Window=WINDOW).version, "first")
    assert standing(running, first)[0] == "window"
    other = running.rotate(scene.secret("key1", name="second").version, "second")
    assert other["output"]["outcome"] == "rotated"
    assert scene.clock.now() < OPENS
    assert running.ended(first)["output"]["outcome"] in ("rotated", "moved")
    assert scene.works(name="first")
    assert scene.works(name="second")


def test_repeated_events_and_people_join_the_one_that_waits(running: Running) -> None:
    scene, api = running.scene, Api(running)
    version = scene.secret(Window=WINDOW).version
    instance = running.announce(version)
    standing(running, instance)
    for _ in range(5):
        running.announce(version)
        assert api.start().json()["start"] == "joined"
    running.host.advance(HOUR)
    assert standing(running, instance)[0] == "window"
    assert changes(scene) == []
    assert running.ended(instance)["output"]["outcome"] == "rotated"
    assert running.regenerations() == 1


def test_the_sweep_does_not_take_it_for_stuck(sweeping: Running) -> None:
    scene = sweeping.scene
    instance = sweeping.announce(scene.secret(Window="Fri 02:00-06:00 UTC").version)
    created = sweeping.status(instance)["createdTime"]
    for _ in range(5):
        sweeping.host.advance(DAY)
        output = sweeping.sweep()["output"]
        assert (output["redriven"], output["reported"]) == (0, [])
    assert sweeping.status(instance)["createdTime"] == created
    assert sweeping.ended(instance)["output"]["outcome"] == "rotated"


def test_who_waits_keeps_no_place(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AzureWebJobs.sweep.Disabled", "")
    monkeypatch.setenv("MAX_CONCURRENT_ROTATIONS", "1")
    for number in range(4):
        scene.account = scene.azure.add_storage_account(f"many{number}", created=scene.clock.now() - 400 * DAY)
        scene.secret(name=f"secret-{number}", Window=WINDOW if number < 3 else "daily 00:00-24:00 UTC")
    with EmbeddedHost(APP, clock=scene.clock) as host:
        running = Running(scene, host)
        began = scene.clock.now()
        swept = running.sweep()
        assert swept["output"]["vaults"][scene.vault.host]["started"] == 4
        assert scene.clock.now() - began < HOUR
        assert len(scene.vault.versions("secret-3")) == 2


def test_it_survives_the_death_of_its_host(scene: Scene, tmp_path: Path) -> None:
    state = tmp_path / "state.sqlite"
    version = scene.secret(Window=WINDOW, RetireAfter="PT1H").version
    first = EmbeddedHost(APP, clock=scene.clock, state=state)
    with first:
        instance = Running(scene, first).announce(version)
        assert standing(Running(scene, first), instance)[0] == "window"
    scene.clock.advance(2 * HOUR)
    with EmbeddedHost(APP, clock=scene.clock, state=state) as second:
        running = Running(scene, second)
        assert running.ended(instance)["output"]["outcome"] == "rotated"
    assert outside(scene) == []
    assert scene.works()


def test_a_host_that_is_down_through_the_window_waits_for_the_next(scene: Scene, tmp_path: Path) -> None:
    state = tmp_path / "state.sqlite"
    version = scene.secret(Window=WINDOW).version
    with EmbeddedHost(APP, clock=scene.clock, state=state) as first:
        instance = Running(scene, first).announce(version)
        assert standing(Running(scene, first), instance)[0] == "window"
    scene.clock.advance(2 * DAY)
    with EmbeddedHost(APP, clock=scene.clock, state=state) as second:
        assert Running(scene, second).ended(instance)["output"]["outcome"] == "rotated"
    assert outside(scene) == []
    assert scene.clock.now() > OPENS + 7 * DAY


@pytest.mark.parametrize("episode", range(2, 12))
def test_a_worker_that_dies_in_any_episode_leaves_nothing_undone(sweeping: Running, episode: int) -> None:
    scene = sweeping.scene
    version = scene.secret(Window=WINDOW, RetireAfter="P1D").version
    consumer = scene.azure.add_consumer(scene.vault, SECRET, scene.account, every=HOUR, reread=24 * HOUR)
    sweeping.host.crash_worker("orchestrator", "rotate_secret", nth=episode)
    sweeping.announce(version)
    for _ in range(12):
        sweeping.host.advance(DAY)
        sweeping.sweep()
    status = sweeping.status(instance_id(scene.request(version)))
    assert status["output"]["outcome"] == "rotated"
    assert status["output"]["retired"] is True
    assert json.loads(status["input"])["redrives"] <= 1
    assert sweeping.regenerations() == 2
    assert outside(scene) == []
    assert consumer.refusals == []


@pytest.mark.parametrize("activity", ["find_window", "regenerate_key", "write_version", "swap_slot"])
def test_a_worker_that_dies_in_a_step_repeats_nothing(running: Running, activity: str) -> None:
    scene = running.scene
    version = scene.secret(Window=WINDOW, RetireAfter="P1D").version
    running.host.crash_worker("activity", activity)
    assert running.rotate(version)["output"]["retired"] is True
    assert running.regenerations() == 2
    assert outside(scene) == []


# --- what people see


def test_the_dry_run_says_when_the_window_opens(running: Running) -> None:
    scene, api = running.scene, Api(running)
    scene.secret(Window=WINDOW, RetireAfter="P2D")
    told = api.get("/plan", vault=VAULT, secret=SECRET).json()
    assert told["window"] == WINDOW
    assert datetime.fromisoformat(told["windowOpens"]) == OPENS
    steps = [(step["step"], step.get("until")) for step in told["steps"]]
    assert [name for name, _ in steps] == [
        "read_metadata", "find_neighbours", "window", "regenerate_key", "verify_key", "write_version", "grace",
        "find_neighbours", "swap_slot",
    ]  # fmt: skip
    assert datetime.fromisoformat(dict(steps)["window"]) == OPENS
    assert datetime.fromisoformat(dict(steps)["grace"]) == OPENS + 7 * DAY
    scene.secret(Window=WINDOW, expires_in=-HOUR)
    late = api.get("/plan", vault=VAULT, secret=SECRET).json()
    assert "windowOpens" not in late
    assert late["hurry"] in [step.get("note") for step in late["steps"] if step["step"] == "window"]


def test_a_list_and_a_rotation_say_what_is_waited_for(running: Running) -> None:
    scene, api = running.scene, Api(running)
    scene.secret(Window=WINDOW, RetireAfter="P2D")
    shown = api.secret()
    assert (shown["state"], shown["window"]) == ("due", WINDOW)
    assert datetime.fromisoformat(shown["nextRotation"]) == OPENS
    instance = api.started()
    shown = api.secret()
    assert shown["state"] == "window"
    assert shown["lastRotation"]["waitingFor"] == f"its window: {WINDOW}"
    one = api.rotation(instance)
    assert one["can"] == ["cancel"]
    assert [step["step"] for step in one["steps"]] == ["read_metadata", "find_neighbours", "regenerate_key", "window"]
    running.ended(instance)
    one = api.rotation(instance)
    assert [(step["step"], step["result"]) for step in one["steps"]] == [
        ("read_metadata", "done"), ("find_neighbours", "done"), ("regenerate_key", "done"), ("window", "done"),
        ("read_metadata", "done"), ("find_neighbours", "done"), ("regenerate_key", "done"), ("verify_key", "done"),
        ("write_version", "done"), ("find_window", "done"), ("grace", "done"), ("find_window", "done"),
        ("find_neighbours", "done"), ("swap_slot", "done"),
    ]  # fmt: skip
    assert one["retired"] is True


def test_accounts_without_windows_make_no_call_more(running: Running) -> None:
    scene = running.scene
    running.rotate(scene.secret(RetireAfter="P1D").version)
    plain = scene.azure.calls_by_operation()
    scene.account = scene.azure.add_storage_account(f"{ACCOUNT}2", created=scene.clock.now() - 400 * DAY)
    version = scene.secret(name="windowed", RetireAfter="P1D", Window="daily 00:00-24:00 UTC").version
    running.rotate(version, "windowed")
    both = scene.azure.calls_by_operation()
    assert both["keyvault.getSecret"] - 2 * plain["keyvault.getSecret"] == 2, "two looks at its window"
