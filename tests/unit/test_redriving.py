"""Which instances the sweep takes up again, which it reports, and which it leaves alone."""

from datetime import timedelta
from typing import Any

import pytest

from rotation.instance import IN_HAND, Instance
from rotation.redriving import PATIENCE, STOPPED, Step, decide, is_at_work, is_stalled, rejected_until
from tests.unit.builders import DAY, HOUR, NOW, request

pytestmark = pytest.mark.unit

LONG_AGO = NOW - 3 * DAY
MINUTE = timedelta(minutes=1)


def instance(status: str, *, updated: Any = LONG_AGO, redrives: int = 0, output: Any = None, **facts: Any) -> Instance:
    asked = request(redrives=redrives).to_json()
    return Instance("rotate-x", status, LONG_AGO, updated, asked, facts, output)


def failed(**facts: Any) -> Instance:
    return instance("Failed", outcome="failed", reason="write_version: gave up", **facts)


def step(one: Instance, most: int = 3) -> Step:
    return decide(one, NOW, most).step


def test_what_failed_for_a_reason_that_passes_is_taken_up_again() -> None:
    assert step(failed(passes=True)) is Step.REDRIVE


@pytest.mark.parametrize("passes", [False, None, "yes", 1])
def test_what_somebody_must_mend_is_left(passes: object) -> None:
    assert step(failed(passes=passes)) is Step.LEAVE


def test_what_died_without_a_word_is_taken_up_again() -> None:
    assert step(instance("Failed", step="verify_key")) is Step.REDRIVE
    assert step(instance("Failed")) is Step.REDRIVE


def test_what_was_refused_is_left_to_the_next_look_at_its_secret() -> None:
    assert step(instance("Failed", outcome="refused", reason="no right")) is Step.LEAVE


@pytest.mark.parametrize("outcome", ["rotated", "not_due", "skipped", "superseded"])
def test_what_completed_is_left(outcome: str) -> None:
    assert step(instance("Completed", outcome=outcome)) is Step.LEAVE


@pytest.mark.parametrize("output", ["wrong account", None, {"x": 1}])
def test_what_a_person_has_cancelled_is_left(output: object) -> None:
    assert step(instance("Terminated", output=output, step="verify_key")) is Step.LEAVE


def test_what_the_sweep_has_stopped_and_then_not_started_is_taken_up_again() -> None:
    assert step(instance("Terminated", output=STOPPED, step="verify_key")) is Step.REDRIVE


def test_an_input_that_is_none_of_ours_is_left() -> None:
    assert decide(Instance("rotate-x", "Failed", LONG_AGO, LONG_AGO, {"vault": "?"}), NOW, 3).step is Step.LEAVE


def test_it_is_taken_up_so_often_and_then_reported_with_its_reason() -> None:
    asked = request(redrives=2).to_json()
    facts = {"outcome": "failed", "passes": True, "reason": "verify_key: gave up"}
    one = Instance("rotate-x", "Failed", LONG_AGO, LONG_AGO, asked, facts)
    assert decide(one, NOW, 3).step is Step.REDRIVE
    told = decide(one, NOW, 2)
    assert (told.step, told.reason) == (Step.REPORT, "verify_key: gave up (started again 2 times)")
    assert decide(one, NOW, 0).step is Step.REPORT


@pytest.mark.parametrize("status", ["Running", "ContinuedAsNew"])
def test_what_stands_still_is_taken_up_again(status: str) -> None:
    assert step(instance(status, updated=NOW - PATIENCE - MINUTE, step="write_version")) is Step.REDRIVE
    assert step(instance(status, updated=NOW - PATIENCE + MINUTE, step="write_version")) is Step.LEAVE


def test_its_own_wait_explains_why_it_stands_still() -> None:
    def waiting(until: Any) -> Step:
        return step(instance("Running", step="grace", until=until))

    assert waiting((NOW + HOUR).isoformat()) is Step.LEAVE
    assert waiting((NOW - HOUR).isoformat()) is Step.LEAVE
    assert waiting((NOW - PATIENCE - MINUTE).isoformat()) is Step.REDRIVE
    assert waiting((NOW + HOUR).replace(tzinfo=None).isoformat()) is Step.LEAVE


@pytest.mark.parametrize("until", ["soon", "", 7, None, {}, "9999-99-99"])
def test_a_wait_that_cannot_be_read_explains_nothing(until: object) -> None:
    assert step(instance("Running", until=until)) is Step.REDRIVE


@pytest.mark.parametrize("status", ["Pending", "Suspended"])
def test_what_would_only_wait_again_is_reported_and_not_multiplied(status: str) -> None:
    assert step(instance(status)) is Step.REPORT
    assert step(instance(status), most=0) is Step.REPORT
    assert step(instance(status, updated=NOW - HOUR)) is Step.LEAVE


@pytest.mark.parametrize("status", sorted(IN_HAND))
def test_whoever_works_or_is_about_to_keeps_a_place(status: str) -> None:
    assert is_at_work(instance(status, updated=NOW - HOUR, step="verify_key"), NOW)
    assert not is_at_work(instance(status, updated=NOW - HOUR, step="grace"), NOW)
    assert not is_at_work(instance(status, step="verify_key"), NOW)


@pytest.mark.parametrize("status", ["Completed", "Failed", "Terminated", "Canceled"])
def test_what_has_ended_keeps_no_place_and_does_not_stall(status: str) -> None:
    assert not is_at_work(instance(status, updated=NOW, step="verify_key"), NOW)
    assert not is_stalled(instance(status), NOW)


@pytest.mark.parametrize("wait", ["grace", "window", "approval"])
def test_a_wait_of_days_is_neither_work_nor_a_stall(wait: str) -> None:
    one = instance("Running", step=wait, until=(NOW + DAY).isoformat())
    assert not is_at_work(one, NOW)
    assert not is_stalled(one, NOW)
    assert step(one) is Step.LEAVE
    over = instance("Running", step=wait, until=(NOW - PATIENCE - MINUTE).isoformat())
    assert step(over) is Step.REDRIVE


def test_a_rejection_stands_for_a_while() -> None:
    until = NOW + DAY
    rejected = instance("Failed", outcome="refused", asksAgain=until.isoformat())
    assert rejected_until(rejected, NOW) == until
    assert rejected_until(rejected, until) is None
    assert step(rejected) is Step.LEAVE


@pytest.mark.parametrize("told", [None, "", "soon", 7])
def test_any_other_refusal_may_be_looked_at_again(told: object) -> None:
    assert rejected_until(instance("Failed", outcome="refused", asksAgain=told), NOW) is None
    assert rejected_until(instance("Completed", outcome="rotated", asksAgain=(NOW + DAY).isoformat()), NOW) is None
