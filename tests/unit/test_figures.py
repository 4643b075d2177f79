"""What the documents say of the benchmarks is what was measured last."""

import re
from pathlib import Path

import pytest

from dev.bench.headlines import README, block, headlines, known, update
from dev.bench.report import DOCS

pytestmark = pytest.mark.unit

# Rows of docs/cost.md's table "One rotation", and their figures.
ROWS = {
    "activities": "activities",
    "orchestrator episodes": "orchestrator episodes",
    "entity operations": "entity operations",
    "**function executions**": "function executions",
    "messages in queues": "messages in queues",
    "rows of history": "rows of history",
}
KINDS = {1: "with RetireAfter", 2: "plain"}
"""By column."""


@pytest.fixture(scope="module")
def cost() -> str:
    return (DOCS / "cost.md").read_text("utf-8")


def measured(kind: str, name: str) -> int:
    return int(known()[f"cost/{kind}: {name}"]["value"])


def row(page: str, name: str) -> list[str]:
    return next(line for line in page.splitlines() if line.startswith(f"| {name} |")).strip("| ").split(" | ")


def test_the_readme_has_the_figures_that_were_measured_last() -> None:
    told = block(README.read_text("utf-8"))
    assert told == "\n".join(headlines(known())) + "\n"
    assert "A year" in told
    for chart in re.findall(r"\((docs/images/.*?)\)", told):
        assert (README.parent / chart).is_file()


def test_a_run_writes_its_figures_into_the_readme(tmp_path: Path) -> None:
    (tmp_path / "benchmarks.json").write_text(
        '[{"name": "burst/late", "value": 2, "baseline": null, "target": 1, "met": false}]', "utf-8"
    )
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- figures -->\nold\n<!-- /figures -->\nafter\n", "utf-8")
    update(readme, tmp_path)
    text = readme.read_text("utf-8")
    assert "old" not in text
    assert "; late" in text or ": late." in text
    assert text.startswith("before\n<!-- figures -->\n")
    assert text.endswith("<!-- /figures -->\nafter\n")


@pytest.mark.parametrize("name", ROWS)
def test_the_cost_page_reckons_with_what_was_counted(cost: str, name: str) -> None:
    cells = row(cost, name)
    for column, kind in KINDS.items():
        assert int(re.sub(r"[^0-9]", "", cells[column].replace("¹", ""))) == measured(kind, ROWS[name])


def test_the_cost_page_knows_the_key_vault_operations(cost: str) -> None:
    cells = row(cost, "Key Vault operations")
    for column, kind in KINDS.items():
        assert cells[column].startswith(str(measured(kind, "Key Vault reads") + measured(kind, "Key Vault writes")))


def test_the_cost_page_multiplies_what_was_counted(cost: str) -> None:
    kind = KINDS[1]
    messages, queue = measured(kind, "messages in queues"), measured(kind, "queue operations")
    assert f"{messages} messages × 3 (put, get, delete) = {queue} queue operations" in cost
    episodes, table = measured(kind, "orchestrator episodes"), measured(kind, "table operations")
    entity = measured(kind, "entity operations")
    assert f"{episodes} episodes × 3" in cost
    assert f"{entity} entity operations × 3" in cost
    assert f"= {table} table operations" in cost
    assert f"{measured(kind, 'function executions')} × 1 s" in cost
    size = re.search(r"about (\d+) and (\d+) KB", cost)
    assert size is not None
    assert [int(each) for each in size.groups()] == [
        round(measured(each, "bytes of history") / 1000) for each in KINDS.values()
    ]
