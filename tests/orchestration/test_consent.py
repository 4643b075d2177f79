"""`rotate_secret` replayed while it waits: for its window, a neighbour's window, and somebody's approval."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.orchestration.replay import START, Replay, WorkerDiedError
from tests.orchestration.test_rotate_secret import HANDLER, HOUR, REQUEST, Script, done, plan, retiring, retry, run
from tests.trail import listen, records

pytestmark = pytest.mark.orchestration

WINDOW = "Sat 02:00-06:00 UTC"
OPENS = START + 30 * HOUR
CLOSES = OPENS + 4 * HOUR
DAY = timedelta(days=1)
Event = tuple[datetime, str, Any]
FIRST = START + timedelta(milliseconds=10)


def waiting(**changes: Any) -> dict[str, Any]:
    """Return a plan whose window opens later."""
    return plan(window=WINDOW, opens=OPENS, closes=CLOSES, **changes)


def admitted(**changes: Any) -> dict[str, Any]:
    """Return the plan that is made once it is open."""
    return plan(window=WINDOW, opens=OPENS, closes=CLOSES, **changes)


CLOSED = done({"closed": True})


def at(replay: Replay, name: str) -> list[datetime]:
    return [datetime.fromisoformat(payload["now"]) for called, payload in replay.calls if called == name]


def shown(replay: Replay, step: str) -> list[dict[str, Any]]:
    return [status for status in replay.statuses if status.get("step") == step]


# --- windows


@pytest.mark.parametrize("early", [timedelta(0), timedelta(seconds=1)])
def test_a_closed_window_is_waited_for_without_the_lock_and_the_plan_is_made_anew(early: timedelta) -> None:
    answers = {"read_metadata": [done(waiting()), done(admitted(regenerate=False))], "regenerate_key": [CLOSED]}
    replay = run(answers=answers, early=early)
    assert replay.names() == [
        "read_metadata", "find_neighbours", "regenerate_key", "read_metadata", "verify_key", "write_version",
    ]  # fmt: skip
    assert at(replay, "read_metadata")[1] >= OPENS
    (status,) = shown(replay, "window")
    assert (status["waitingFor"], status["until"]) == (f"its window: {WINDOW}", OPENS.isoformat())
    assert status["window"] == WINDOW
    assert replay.lock.log == ["acquire", "release", "acquire", "release"]
    assert replay.output["outcome"] == "rotated"


def test_a_window_that_closes_before_the_publication_is_waited_for_again() -> None:
    answers = {"read_metadata": [done(waiting()), done(admitted(regenerate=False))], "write_version": [CLOSED]}
    replay = run(answers=answers)
    assert at(replay, "write_version")[1] >= OPENS
    assert replay.output["outcome"] == "rotated"


def test_one_that_has_just_closed_is_planned_anew_at_once() -> None:
    over = plan(window=WINDOW, opens=START - 4 * HOUR, closes=START)
    answers = {"read_metadata": [done(over), *[done(waiting(regenerate=False))] * 2]}
    answers |= {"regenerate_key": [CLOSED], "write_version": [CLOSED]}
    replay = run(answers=answers)
    first, second, *_, third = at(replay, "read_metadata")
    assert second - first < timedelta(minutes=1)
    assert third >= OPENS
    assert len(shown(replay, "window")) == 1


def test_what_was_made_meanwhile_by_others_ends_it() -> None:
    superseded = {"status": "stop", "outcome": "superseded", "reason": "version b has already replaced it"}
    answers = {"read_metadata": [done(waiting()), superseded], "regenerate_key": [CLOSED]}
    assert run(answers=answers).output["outcome"] == "superseded"


def test_after_its_stopover_a_pinned_secret_is_planned_anew() -> None:
    home = plan(window=WINDOW, version="1".zfill(32), slot="key1", live_slot="key2")
    first = plan(slot="key1", interim_slot="key2", window=WINDOW, hurry="it has expired")
    replay = run(answers={"read_metadata": [done(first), done(home)]})
    assert at(replay, "read_metadata")[1] - START >= DAY
    writes = [payload for name, payload in replay.calls if name == "write_version"]
    assert [(write["slot"], write["interim"]) for write in writes] == [("key2", True), ("key1", False)]
    assert replay.statuses[-1]["hurry"] == "it has expired"


def window(opens: datetime) -> dict[str, Any]:
    return done({"opens": opens.isoformat(), "closes": (opens + 4 * HOUR).isoformat()})


def test_a_grace_ends_in_a_window() -> None:
    answers = {"find_window": [window(START + 50 * HOUR), window(START + 50 * HOUR)]}
    replay = run(retiring(window=WINDOW), answers=answers)
    assert at(replay, "swap_slot")[0] >= START + 50 * HOUR
    asked = [payload["at"] for name, payload in replay.calls if name == "find_window"]
    assert datetime.fromisoformat(asked[0]) - START >= DAY
    assert replay.calls[-1][1]["closes"] == (START + 54 * HOUR).isoformat()
    (status,) = shown(replay, "grace")
    assert status["until"] == (START + 50 * HOUR).isoformat()
    assert replay.output["retired"] is True


def test_consumers_ready_ends_the_grace_but_the_slot_is_retired_in_a_window() -> None:
    opens = START + 50 * HOUR
    replay = run(
        retiring(window=WINDOW),
        answers={"find_window": [window(opens)] * 3},
        events=[(START + HOUR, "ConsumersReady", None)],
    )
    assert at(replay, "swap_slot")[0] >= opens
    assert [status["until"] for status in shown(replay, "window")] == [opens.isoformat()]


def test_a_window_that_closes_while_the_lock_is_waited_for_does_not_retire() -> None:
    opens = [START + 20 * HOUR, START + 20 * HOUR, START + 80 * HOUR, START + 80 * HOUR]
    answers = {"find_window": [window(one) for one in opens], "swap_slot": [CLOSED]}
    replay = run(retiring(window=WINDOW), answers=answers)
    assert at(replay, "swap_slot")[1] >= START + 80 * HOUR
    assert replay.output["retired"] is True
    assert "closed" not in replay.output


def test_a_secret_without_a_window_asks_for_none() -> None:
    assert "find_window" not in run(retiring()).names()


# --- neighbours


def neighbour(name: str, **changes: Any) -> dict[str, Any]:
    fields = {"vault": REQUEST["vault"], "secret": name, "version": "c" * 32, "pinned": False, "grace_seconds": 0.0}
    return fields | changes


def found(*neighbours: dict[str, Any]) -> dict[str, Any]:
    return done({"neighbours": list(neighbours), "free_from": START.isoformat()})


def test_a_neighbour_is_moved_in_its_own_window_and_others_before() -> None:
    closed = neighbour("asleep", opens=OPENS.isoformat(), closes=CLOSES.isoformat())
    replay = run(answers={"find_neighbours": [found(closed, neighbour("awake")), found(closed)]})
    moves = [payload["neighbour"]["secret"] for name, payload in replay.calls if name == "move_secret"]
    assert moves == ["awake", "asleep"]
    assert at(replay, "move_secret")[1] >= OPENS
    (status,) = shown(replay, "window")
    assert status["waitingFor"] == f"the window of {REQUEST['vault']}/asleep, to move it"
    assert replay.output["outcome"] == "rotated"


def test_a_neighbour_whose_window_closes_at_the_last_moment_is_not_moved() -> None:
    late = neighbour("asleep", opens=(START - HOUR).isoformat(), closes=(START + HOUR).isoformat())
    later = neighbour("asleep", opens=OPENS.isoformat(), closes=CLOSES.isoformat())
    replay = run(answers={"find_neighbours": [found(late), found(later), found(later)], "move_secret": [CLOSED]})
    assert at(replay, "move_secret")[1] >= OPENS
    assert replay.statuses[-1]["moved"] == [f"{REQUEST['vault']}/asleep"]


def test_a_neighbour_from_an_older_history_is_understood() -> None:
    assert run(answers={"find_neighbours": [found(neighbour("old"))]}).output["moved"]


def test_a_neighbour_that_wants_approval_is_not_moved_without() -> None:
    asks = neighbour("careful", approval_seconds=3600.0)
    answers = {"find_neighbours": [found(asks), found(asks), found()]}
    replay = run(answers=answers, events=[(START + HOUR / 2, "Approve", {})])
    assert at(replay, "move_secret")[0] >= START + HOUR / 2
    (status,) = shown(replay, "approval")
    assert f"of moving {REQUEST['vault']}/careful" in status["waitingFor"]
    replay = run(answers={"find_neighbours": [found(asks)]}, events=[(START + HOUR / 2, "Reject", {})])
    assert "move_secret" not in replay.names()
    assert replay.error == "refused: rejected: no reason given"


# --- approval


def asking(**changes: Any) -> dict[str, Any]:
    return plan(approval_seconds=3 * 86_400.0, **changes)


def test_approval_is_asked_for_before_anything_is_locked_or_changed_and_then_it_is_planned_anew() -> None:
    event = (START + 5 * HOUR, "Approve", {"reason": "CHG-42,\nAnn"})
    replay = run(asking(), events=[event])
    assert replay.names() == [
        "read_metadata", "read_metadata", "find_neighbours", "regenerate_key", "verify_key", "write_version",
    ]  # fmt: skip
    assert at(replay, "read_metadata")[1] >= START + 5 * HOUR
    assert replay.lock.log == ["acquire", "release"]
    (status,) = shown(replay, "approval")
    assert status["waitingFor"] == "Approve or Reject"
    assert datetime.fromisoformat(status["until"]) - START >= 3 * DAY
    assert replay.output["approval"].startswith("approved on 2026-07-25T06:08:33")
    assert replay.output["approval"].endswith("CHG-42, Ann")
    assert replay._pending == [], "no timer is left open"


def test_a_rejection_ends_it_with_nothing_changed() -> None:
    replay = run(asking(), events=[(START + HOUR, "Reject", {"reason": "change freeze"})])
    assert replay.error == "refused: rejected: change freeze"
    assert replay.names() == ["read_metadata"]
    assert replay.lock.log == []
    assert replay.statuses[-1]["outcome"] == "refused"
    asks_again = datetime.fromisoformat(replay.statuses[-1]["asksAgain"])
    assert timedelta(0) <= asks_again - (START + HOUR + 3 * DAY) < timedelta(minutes=1)
    assert replay._pending == []


def test_nobody_s_answer_ends_it_in_time() -> None:
    replay = run(asking(), early=timedelta(seconds=1))
    assert replay.error is not None
    assert replay.error.startswith("refused: nobody approved it within 3 days")
    assert replay.now - START >= 3 * DAY
    assert "asksAgain" not in replay.statuses[-1]


@pytest.mark.parametrize("when", [0.001, 0.02, 0.06])
def test_an_approval_that_comes_before_it_is_asked_for_counts(when: float) -> None:
    replay = run(asking(), events=[(START + timedelta(seconds=when), "Approve", None)])
    assert replay.output["outcome"] == "rotated"
    assert replay.now - START < HOUR


@pytest.mark.parametrize("first", ["Approve", "Reject"])
def test_of_contradicting_answers_before_the_question_the_rejection_counts(first: str) -> None:
    second = "Reject" if first == "Approve" else "Approve"
    events: list[Event] = [(FIRST, first, {}), (FIRST + timedelta(milliseconds=5), second, {})]
    assert run(asking(), events=events).error == "refused: rejected: no reason given"


def test_later_answers_change_nothing() -> None:
    later: list[Event] = [(START + 2 * HOUR + timedelta(milliseconds=many), "Approve", {}) for many in (0, 10, 200)]
    replay = run(asking(), events=[*later, (START + 2 * HOUR + timedelta(milliseconds=250), "Reject", {})])
    assert replay.output["outcome"] == "rotated"
    assert replay.names().count("write_version") == 1


@pytest.mark.parametrize(
    "data", [None, "", 7, [], {"reason": 7}, {"reason": "x" * 10_000}, {"reason": "\x00\x1b[31m\ud800"}]
)
def test_whatever_an_answer_says_is_bounded_and_printable(data: Any) -> None:
    approval = run(asking(), events=[(START + HOUR, "Approve", data)]).output["approval"]
    assert approval.isprintable()
    assert len(approval) < 320


def test_a_version_that_has_expired_is_asked_for_all_the_same_and_says_how_it_presses() -> None:
    replay = run(asking(late=True, expires_on=START - DAY), events=[(START + HOUR, "Approve", {})])
    (status,) = shown(replay, "approval")
    assert status["late"] is True
    assert (START - DAY).isoformat() in status["waitingFor"]


def test_approval_comes_before_the_window_and_holds_for_all_that_follows() -> None:
    both = waiting(approval_seconds=3 * 86_400.0)
    answers = {"read_metadata": [done(both)] * 3, "regenerate_key": [CLOSED]}
    replay = run(answers=answers, events=[(START + HOUR, "Approve", {})])
    assert [status["step"] for status in replay.statuses if status.get("step") in ("window", "approval")] == [
        "approval", "window",
    ]  # fmt: skip
    assert at(replay, "read_metadata")[2] >= OPENS
    assert replay.output["outcome"] == "rotated"


def test_dead_workers_and_retries_around_the_waits_change_nothing() -> None:
    both = waiting(approval_seconds=3 * 86_400.0)
    answers = {
        "read_metadata": [WorkerDiedError, done(both), retry(), done(both), WorkerDiedError, done(both)],
        "regenerate_key": [WorkerDiedError, CLOSED],
    }
    replay = run(answers=answers, events=[(START + HOUR, "Approve", {})])
    assert replay.output["outcome"] == "rotated"
    assert replay.names().count("write_version") == 1


def test_a_plan_from_an_older_history_is_understood() -> None:
    new = ("expires_on", "window", "opens", "closes", "hurry", "approval_seconds")
    old = {name: value for name, value in plan().items() if name not in new}
    assert run(old).output["outcome"] == "rotated"


# --- the audit trail


def test_waits_are_recorded_once_and_are_no_delay(caplog: pytest.LogCaptureFixture) -> None:
    listen(caplog)
    both = waiting(approval_seconds=3 * 86_400.0)
    script = Script(plan(), read_metadata=[done(both)] * 3, regenerate_key=[CLOSED])
    events = [(START + 5 * HOUR, "Approve", {"reason": "Ann"})]
    assert Replay(HANDLER, script, REQUEST, events=events).run().output["outcome"] == "rotated"
    told = [(one["waitsFor"], one["result"], one["reason"]) for one in records(caplog, "wait")]
    assert told == [
        ("approval", "begun", "Approve or Reject"),
        ("approval", "approved", "Ann"),
        ("window", "begun", f"its window: {WINDOW}"),
        ("window", "over", f"its window: {WINDOW}"),
    ]
    (ended,) = records(caplog, "rotation")
    assert ended["consentSeconds"] >= 30 * 3600 - 1
    assert ended["seconds"] - ended["consentSeconds"] < 60


@pytest.mark.parametrize(("event", "result"), [("Reject", "rejected"), (None, "timed out")])
def test_what_ends_it_is_recorded(caplog: pytest.LogCaptureFixture, event: str | None, result: str) -> None:
    listen(caplog)
    events: list[Event] = [(START + HOUR, event, {})] if event else []
    Replay(HANDLER, Script(asking()), REQUEST, events=events).run()
    assert [one["result"] for one in records(caplog, "wait")] == ["begun", result]
    assert records(caplog, "wait")[0]["until"]
