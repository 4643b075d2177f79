"""What the Functions host takes as a timer's schedule."""

import re

import pytest
from croniter import croniter
from hypothesis import given
from hypothesis import strategies as st

from azure_clients.schedules import is_schedule
from dev.embedded_host.settings import parse_time_span

pytestmark = pytest.mark.unit

parts = st.sampled_from(
    ["*", "*/5", "0", "1", "5", "7", "1-5", "6-2", "3/2", "1-9/3", "mon", "friday", "jan-mar", "23", "59"]
)
fields = (
    parts | st.lists(parts, min_size=2, max_size=3).map(",".join) | st.text("0123456789*,-/ adefmnorsuy", max_size=6)
)


@pytest.mark.parametrize(
    "text",
    [
        "0 0 2 * * *",
        "*/15 * * * * *",
        "0 30 9-17 * * 1-5",
        "0 0 0 1 Jan,jul *",
        "0 5,10-20/5,59 * * * Mon-Friday",
        "59 59 23 31 12 6",
        "06:00:00",
        "00:05",
        "1.00:00:00",
        " 0  0 2 * * * ",
    ],
)
def test_a_schedule_is_taken(text: str) -> None:
    assert is_schedule(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "daily",
        "0 2 * * *",
        "0 0 2 * * * *",
        "60 0 2 * * *",
        "0 60 2 * * *",
        "0 0 24 * * *",
        "0 0 2 0 * *",
        "0 0 2 32 * *",
        "0 0 2 * 13 *",
        "0 0 2 * 0 *",
        "0 0 2 * * 7",
        "0 0 2 * * L",
        "0 0 2 * * ?",
        "0 0 2 * Mon *",
        "0 0 2 * monkey *",
        "0 0 5-2 * * *",
        "0 0 2- * * *",
        "0 0 ,2 * * *",
        "0 0 */0 * * *",
        "0 0 -2 * * *",
        "0 0 ٢ * * *",
        "%SWEEP_SCHEDULE%",
        "00:00:00",
        "24:00:00",
        "06:60:00",
        "6 hours",
    ],
)
def test_what_the_host_would_choke_on_is_not(text: str) -> None:
    assert not is_schedule(text)


@given(st.lists(fields, min_size=6, max_size=6).map(" ".join) | st.from_regex(r"[0-9.:]{1,10}", fullmatch=True))
def test_whatever_is_taken_is_understood_elsewhere(text: str) -> None:
    if not is_schedule(text):
        return
    if ":" in text:
        assert parse_time_span(text, "here")
        return
    short = re.sub("[a-z]{4,}", lambda name: name[0][:3], text.casefold())  # it knows no longer names
    assert croniter(short, second_at_beginning=True)
