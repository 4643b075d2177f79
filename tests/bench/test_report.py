"""The report holds what was measured, and a run of one section leaves the others alone."""

import json
from pathlib import Path

import pytest

from dev.bench.charts import chart
from dev.bench.figures import Figure, Section, at_least, at_most
from dev.bench.report import number, write

pytestmark = pytest.mark.unit

ORDER = ("year", "burst")
YEAR = Section("A year", [at_most("downtime", 0, "h", 0, 12.5), Figure("rotations", 4000, "")], ["Quiet."], ["y.svg"])
BURST = Section("Burst", [at_least("times as fast", 25.3, "×", 20, 1, spread=(24, 26.04))], more=[Figure("k", 1, "")])


def figures(docs: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((docs / "benchmarks.json").read_text("utf-8"))
    return found


def test_a_target_is_met_or_missed() -> None:
    assert [at_most("x", 5, "", 4).met, at_most("x", 4, "", 4).met] == [False, True]
    assert [at_least("x", 3, "", 4).met, at_least("x", 4, "", 4).met] == [False, True]
    assert Figure("x", 3, "").met is None


def test_each_figure_is_in_the_json_under_its_section(tmp_path: Path) -> None:
    write("year", YEAR, "make bench", ORDER, tmp_path)
    known = {"name": "year/downtime", "value": 0, "unit": "h", "baseline": 12.5, "target": 0, "met": True}
    assert figures(tmp_path)[0] == known
    write("burst", BURST, "make bench", ORDER, tmp_path)
    assert [one["name"] for one in figures(tmp_path)][2:] == ["burst/times as fast", "burst/k"]
    assert figures(tmp_path)[2]["spread"] == [24, 26.04]


def test_a_section_is_replaced_in_its_place_and_the_others_stay(tmp_path: Path) -> None:
    write("burst", BURST, "make bench ARGS=burst", ORDER, tmp_path)
    write("year", YEAR, "make bench ARGS=year", ORDER, tmp_path)
    before = (tmp_path / "benchmarks.md").read_text("utf-8")
    worse = Section("A year", [at_most("downtime", 3, "h", 0, 12.5)])
    write("year", worse, "make bench ARGS='year --seed 2'", ORDER, tmp_path)
    after = (tmp_path / "benchmarks.md").read_text("utf-8")
    assert before[before.index("<!-- burst -->") :] == after[after.index("<!-- burst -->") :]
    assert [one["name"] for one in figures(tmp_path)] == ["year/downtime", "burst/times as fast", "burst/k"]
    assert "| downtime | 3 h | 12.5 | 0 | ✗ |" in after
    assert "Quiet." not in after
    write("year", YEAR, "make bench ARGS=year", ORDER, tmp_path)
    assert (tmp_path / "benchmarks.md").read_text("utf-8") == before


def test_the_markdown_says_what_was_run_where_and_what_came_of_it(tmp_path: Path) -> None:
    write("burst", BURST, "make bench ARGS=burst", ORDER, tmp_path)
    text = (tmp_path / "benchmarks.md").read_text("utf-8")
    assert "`make bench ARGS=burst` on " in text
    assert "| times as fast | 25.3 × (24–26) | 1 | 20 | ✓ |" in text
    assert "| k |" not in text
    write("year", YEAR, "make bench", ORDER, tmp_path)
    assert "![A year](images/y.svg)" in (tmp_path / "benchmarks.md").read_text("utf-8")


@pytest.mark.parametrize(("value", "text"), [(None, ""), (0.0, "0"), (1234.5, "1,234"), (0.12345, "0.123"), (42, "42")])
def test_numbers_have_as_many_digits_as_say_something(value: float | None, text: str) -> None:
    assert number(value) == text


def test_a_chart_is_the_same_each_time_and_dateless(tmp_path: Path) -> None:
    drawn = []
    for _ in range(2):
        with chart("x.svg", tmp_path) as axes:
            axes.barh([1], [2], label="two")
            axes.legend()
        drawn.append((tmp_path / "x.svg").read_text("utf-8"))
    assert drawn[0] == drawn[1]
    assert "<dc:date>" not in drawn[0]
