"""What a replayed rotation leaves in the audit trail: one record, with its counts and where its time went."""

from datetime import timedelta
from typing import Any

import pytest

from tests.orchestration.replay import START, Replay, WorkerDiedError
from tests.orchestration.test_rotate_secret import HANDLER, HOUR, REQUEST, Script, plan, retiring, retry, stop
from tests.trail import listen, records

pytestmark = pytest.mark.orchestration


@pytest.fixture(autouse=True)
def captured(caplog: pytest.LogCaptureFixture) -> None:
    listen(caplog)


def ended(caplog: pytest.LogCaptureFixture, the_plan: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    """Run a rotation and return its one record."""
    answers = options.pop("answers", {})
    replay = Replay(HANDLER, Script(the_plan or plan(), **answers), REQUEST, **options).run()
    assert replay.done
    (record,) = records(caplog, "rotation")
    return record


def test_many_episodes_leave_one_record(caplog: pytest.LogCaptureFixture) -> None:
    record = ended(caplog, retiring(), answers={"verify_key": [retry()] * 5})
    assert record["outcome"] == "rotated"
    assert record["started"] == START.isoformat()
    assert record["retries"] == 5


def test_throttled_answers_are_counted_apart(caplog: pytest.LogCaptureFixture) -> None:
    answers = {"regenerate_key": [retry(throttled=True), retry(), retry(throttled=True)]}
    record = ended(caplog, answers=answers)
    assert (record["retries"], record["throttled"]) == (3, 2)


def test_a_dead_worker_is_a_retry(caplog: pytest.LogCaptureFixture) -> None:
    record = ended(caplog, answers={"write_version": [WorkerDiedError]})
    assert (record["retries"], record["throttled"], record["outcome"]) == (1, 0, "rotated")


def test_an_answer_from_before_there_was_a_count_is_understood(caplog: pytest.LogCaptureFixture) -> None:
    old = {name: value for name, value in retry().items() if name != "throttled"}
    assert ended(caplog, answers={"verify_key": [old]})["throttled"] == 0


def test_a_grace_is_no_delay(caplog: pytest.LogCaptureFixture) -> None:
    record = ended(caplog, retiring(grace_seconds=48 * 3600.0))
    assert record["graceSeconds"] >= 48 * 3600
    assert record["seconds"] - record["graceSeconds"] < 60


def test_a_grace_cut_short_counts_as_long_as_it_lasted(caplog: pytest.LogCaptureFixture) -> None:
    record = ended(caplog, retiring(), events=[(START + HOUR, "Rollback", None)])
    assert record["outcome"] == "failed"
    assert timedelta(minutes=50) < timedelta(seconds=record["graceSeconds"]) < timedelta(minutes=61)


@pytest.mark.parametrize("outcome", ["refused", "failed", "not_due", "superseded", "skipped"])
def test_every_ending_is_recorded(caplog: pytest.LogCaptureFixture, outcome: str) -> None:
    record = ended(caplog, answers={"read_metadata": [stop(outcome)]})
    assert (record["outcome"], record["reason"]) == (outcome, "read_metadata: because")


def test_an_input_that_is_no_request_is_recorded_without_it(caplog: pytest.LogCaptureFixture) -> None:
    canary = "canary/Zm9vYmFy"
    Replay(HANDLER, Script(plan()), {"vault": canary, "secret": canary, "version": 1}).run()
    (record,) = records(caplog, "rotation")
    assert (record["outcome"], record["vault"], record["secret"]) == ("refused", None, None)
    assert canary not in caplog.text


def test_counts_show_in_the_status_once_there_is_something_to_count() -> None:
    replay = Replay(HANDLER, Script(plan(), verify_key=[retry(throttled=True)]), REQUEST).run()
    assert "retries" not in replay.statuses[0]
    assert (replay.output["retries"], replay.output["throttled"]) == (1, 1)
    assert "lockWaits" not in replay.output
