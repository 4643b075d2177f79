"""Timer triggers by the virtual clock: spans, time zones, and runs that were missed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dev.clock import VirtualClock
from dev.embedded_host import EmbeddedHost
from tests.contract.host_helpers import calls, write_app

pytestmark = pytest.mark.contract


def _app(directory: Path, schedule: str, zone: str = "", options: str = "") -> Path:
    code = f"""
@app.timer_trigger(arg_name="timer", schedule="%WHEN%"{options})
def tick(timer: func.TimerRequest) -> None:
    CALLS.append({{"past_due": timer.past_due, "dst": timer.schedule["AdjustForDST"], "status": timer.schedule_status}})
"""
    return write_app(directory, code, settings={"WHEN": schedule, "WEBSITE_TIME_ZONE": zone})


def _ran(host: EmbeddedHost, by: timedelta) -> list[dict[str, Any]]:
    before = len(calls())
    host.advance(by)
    return calls()[before:]


def test_a_span_counts_from_the_start(tmp_path: Path) -> None:
    with EmbeddedHost(_app(tmp_path, "00:20:00"), clock=VirtualClock()) as host:
        assert _ran(host, timedelta(minutes=19)) == []
        assert [run["dst"] for run in _ran(host, timedelta(minutes=1))] == [False]
        assert len(_ran(host, timedelta(hours=1))) == 3


def test_fields_are_in_the_time_zone_of_the_setting(tmp_path: Path) -> None:
    clock = VirtualClock(datetime(2026, 3, 28, 8, 29, tzinfo=UTC))
    with EmbeddedHost(_app(tmp_path, "0 30 9 * * *", "Europe/Paris"), clock=clock) as host:
        first = _ran(host, timedelta(minutes=1))
        assert [(run["dst"], run["status"]["Next"]) for run in first] == [(True, "2026-03-29T07:30:00Z")]
        # The night between has 23 hours.
        assert _ran(host, timedelta(hours=22, minutes=59)) == []
        assert len(_ran(host, timedelta(minutes=1))) == 1


def test_on_startup_it_runs_once_and_is_not_late(tmp_path: Path) -> None:
    with EmbeddedHost(_app(tmp_path, "0 0 0 * * *", options=", run_on_startup=True"), clock=VirtualClock()) as host:
        host.wait_idle()
        assert [run["past_due"] for run in calls()] == [False]


@pytest.mark.parametrize(
    ("options", "made_up_for"), [("", [True]), (", use_monitor=False", [])], ids=["monitored", "not monitored"]
)
def test_a_run_that_was_missed_is_made_up_for_once(tmp_path: Path, options: str, made_up_for: list[bool]) -> None:
    app, state, clock = _app(tmp_path, "0 0 * * * *", options=options), tmp_path / "state.db", VirtualClock()
    with EmbeddedHost(app, clock=clock, state=state):
        pass
    clock.advance(timedelta(hours=5))
    with EmbeddedHost(app, clock=clock, state=state) as host:
        host.wait_idle()
        assert [run["past_due"] for run in calls()] == made_up_for
        assert [run["past_due"] for run in _ran(host, timedelta(hours=1))] == [False]
