"""Each activity at the end of a window: what is done stays done, what would begin does not, what is dead is mended."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities import find_neighbours, find_window, move_secret, read_metadata, regenerate_key, swap_slot
from tests.contract.test_activities import call, planned, write
from tests.scene import DAY, SECRET, Scene

pytestmark = pytest.mark.contract

HOUR = timedelta(hours=1)
# The scene begins on a Saturday, at 01:08.
OPEN = "Sat 01:00-02:00 UTC"
CLOSED = {"closed": True}


def answer(module: Any, scene: Scene, **payload: Any) -> dict[str, Any]:
    found = call(module, scene, **payload)
    assert found["status"] == "done", found
    value: dict[str, Any] = found["value"]
    return value


def test_a_plan_says_until_when_its_window_is_open(scene: Scene) -> None:
    plan = planned(scene, Window=OPEN)
    assert (plan["window"], plan["closes"]) == (OPEN, "2026-07-25T02:00:00+00:00")
    assert not {"hurry", "approval_seconds"} & set(plan)


def test_nothing_is_regenerated_once_the_window_has_closed(scene: Scene) -> None:
    plan = planned(scene, Window=OPEN)
    scene.clock.advance(HOUR)
    before = scene.account.key("key2")
    assert answer(regenerate_key, scene, plan=plan, expected_version=plan["version"]) == CLOSED
    assert scene.account.key("key2") == before


def test_nothing_is_regenerated_before_it_opens(scene: Scene) -> None:
    plan = planned(scene, Window="Sun 01:00-02:00 UTC")
    assert answer(regenerate_key, scene, plan=plan, expected_version=plan["version"]) == CLOSED


def test_what_was_regenerated_in_time_is_done(scene: Scene) -> None:
    plan = planned(scene, Window=OPEN)
    assert answer(regenerate_key, scene, plan=plan, expected_version=plan["version"]) == {"regenerated": True}
    scene.clock.advance(HOUR)
    assert answer(regenerate_key, scene, plan=plan, expected_version=plan["version"]) == {"regenerated": False}


def test_nothing_is_published_once_the_window_has_closed(scene: Scene) -> None:
    plan = planned(scene, Window=OPEN)
    scene.clock.advance(HOUR)
    assert write(scene, plan)["value"] == CLOSED
    assert len(scene.vault.versions(SECRET)) == 1


def test_what_was_published_in_time_is_done(scene: Scene) -> None:
    plan = planned(scene, Window=OPEN)
    written = write(scene, plan)["value"]
    scene.clock.advance(HOUR)
    assert write(scene, plan)["value"] == written


def test_a_dead_value_is_replaced_whatever_the_window(scene: Scene) -> None:
    plan = planned(scene, Window=OPEN)
    scene.clock.advance(HOUR)
    scene.account.regenerate("key1")
    assert "version" in write(scene, plan)["value"]
    assert scene.works()


def test_nothing_is_retired_once_the_window_has_closed(scene: Scene) -> None:
    plan = planned(scene, Window=OPEN, RetireAfter="P1D")
    write(scene, plan)
    old = scene.account.key("key1")
    closes = (scene.clock.now() + HOUR).isoformat()
    scene.clock.advance(HOUR)
    assert answer(swap_slot, scene, plan=plan, closes=closes) == CLOSED
    assert scene.account.key("key1") == old
    assert answer(swap_slot, scene, plan=plan, closes=None) == {"retired": True}
    assert answer(swap_slot, scene, plan=plan, closes=closes) == {"retired": True}


def neighbour(scene: Scene, **tags: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a plan, and the neighbour that is in its way."""
    scene.secret("key2", name="neighbour", expires_in=80 * DAY, **tags)  # type: ignore[arg-type]
    plan = planned(scene)
    (found,) = answer(find_neighbours, scene, plan=plan, slot="key2")["neighbours"]
    return plan, found


def test_a_neighbour_is_found_with_its_own_window_and_approval(scene: Scene) -> None:
    _, found = neighbour(scene, Window="Sun 01:00-02:00 UTC", Approval="P1D")
    assert (found["opens"], found["closes"]) == ("2026-07-26T01:00:00+00:00", "2026-07-26T02:00:00+00:00")
    assert found["approval_seconds"] == 86_400.0


def test_a_neighbour_is_not_moved_once_its_window_has_closed(scene: Scene) -> None:
    plan, found = neighbour(scene, Window=OPEN)
    scene.clock.advance(HOUR)
    assert answer(move_secret, scene, plan=plan, neighbour=found, slot="key1") == CLOSED
    assert len(scene.vault.versions("neighbour")) == 1


def test_a_neighbour_that_was_moved_in_time_is_done(scene: Scene) -> None:
    plan, found = neighbour(scene, Window=OPEN)
    assert "version" in answer(move_secret, scene, plan=plan, neighbour=found, slot="key1")
    scene.clock.advance(HOUR)
    assert answer(move_secret, scene, plan=plan, neighbour=found, slot="key1") == {}


# --- find_window


def opens(scene: Scene, plan: dict[str, Any], at: datetime | None = None) -> str | None:
    found: str | None = answer(find_window, scene, plan=plan, at=(at or scene.clock.now()).isoformat())["opens"]
    return found


def test_a_window_is_looked_for_at_the_moment_asked_about_and_not_in_the_past(scene: Scene) -> None:
    plan = planned(scene, Window=OPEN)
    assert opens(scene, plan) == "2026-07-25T01:00:00+00:00"
    assert opens(scene, plan, datetime(2026, 7, 28, tzinfo=UTC)) == "2026-08-01T01:00:00+00:00"
    assert opens(scene, plan, datetime(2026, 7, 20, tzinfo=UTC)) == "2026-07-25T01:00:00+00:00"


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ({"Window": "Mon 01:00-02:00 UTC"}, "2026-07-27T01:00:00+00:00"),
        ({}, None),
        ({"Window": "whenever"}, "2026-07-25T01:00:00+00:00"),
    ],
)
def test_the_tag_counts_as_it_is_now_unless_it_cannot_be_understood(
    scene: Scene, tag: dict[str, str], expected: str | None
) -> None:
    plan = planned(scene, Window=OPEN)
    others = {name: value for name, value in scene.vault.current(SECRET).tags.items() if name != "Window"}
    scene.vault.update(SECRET, tags=others | tag)
    assert opens(scene, plan) == expected


def test_the_plan_s_window_counts_where_the_secret_is_gone(scene: Scene) -> None:
    plan = planned(scene, Window=OPEN)
    scene.vault.delete(SECRET)
    assert opens(scene, plan) == "2026-07-25T01:00:00+00:00"


def test_what_is_published_already_needs_no_approval(scene: Scene) -> None:
    plan = planned(scene, SlotStrategy="pinned", Approval="required")
    assert plan["approval_seconds"] == 7 * 86_400.0
    write(scene, plan, interim=True)
    again = call(read_metadata, scene, request=scene.request(plan["version"]).to_json())["value"]
    assert "approval_seconds" not in again


def test_a_plan_without_a_window_is_never_closed(scene: Scene) -> None:
    plan = planned(scene)
    scene.clock.advance(40 * DAY)
    assert "version" in write(scene, plan)["value"]
