"""The monitoring queries, read by Kusto's own language service."""

from collections.abc import Callable, Mapping

import pytest

from dev.bicep_checks.run import ROOT
from dev.judges.kusto_language import Judgement

pytestmark = pytest.mark.contract

QUERIES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "queries").glob("*.kql"))}
Judge = Callable[[Mapping[str, str]], dict[str, Judgement]]


@pytest.fixture(scope="module")
def judged(kusto: Judge) -> dict[str, Judgement]:
    return kusto(QUERIES)


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_is_right(judged: dict[str, Judgement], name: str) -> None:
    assert judged[name].complaints == []


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_answers_with_plain_columns(judged: dict[str, Judgement], name: str) -> None:
    """Alerts are split by text, and the portal sorts and draws neither objects nor untyped values."""
    assert judged[name].columns
    assert set(judged[name].columns.values()) <= {"string", "long", "real", "datetime", "bool"}


MISTAKES = {
    "a column that is not there": "AppTraces | where Mesage startswith 'x'",
    "an operator that is not there": "AppTraces | summarise count()",
    "a function that is not there": "AppTraces | extend Day = date_bin(TimeGenerated, 1d)",
    "types that do not go together": "AppTraces | where Message > 5",
    "a column lost on the way": "AppTraces | project Message | order by TimeGenerated desc",
    "a join on what one side lacks": "AppTraces | join kind=inner (AppRequests | project Name) on TimeGenerated",
}


def test_mistakes_are_found(kusto: Judge) -> None:
    found = kusto(MISTAKES)
    assert [name for name in MISTAKES if not found[name].complaints] == []
