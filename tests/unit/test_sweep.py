"""A sweep's state: it survives the wire, and nothing that somebody else writes can break it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotation.sweep import MOST_REPORTED, Look, Report, Sweep
from tests.unit.builders import HOST, NOW, SECRET

pytestmark = pytest.mark.unit

OTHER = "other-kv.vault.azure.net"
LONGEST_CUSTOM_STATUS = 8192


def sweep(most: int = 10) -> Sweep:
    return Sweep.over([HOST, OTHER], most, NOW)


def test_it_looks_for_what_presses_most_first() -> None:
    assert [(look.kind, look.vault) for look in sweep().looks] == [
        ("expired", HOST), ("expired", OTHER), ("due", HOST), ("due", OTHER),
        ("ageing", HOST), ("ageing", OTHER), ("stuck", ""),
    ]  # fmt: skip


def test_it_survives_the_wire() -> None:
    one = sweep()
    one.looked(["2026-01-01T00:00:00+00:00", SECRET])
    one.started([{"vault": HOST, "secret": SECRET, "did": "started", "reason": "", "instance": "rotate-x"}])
    one.report.tell(HOST, SECRET, "tags: no")
    one.give_up("no connection")
    wire = json.loads(json.dumps(one.to_json(NOW)))
    assert Sweep.from_json(wire, NOW) == one


def test_what_was_handed_over_long_ago_begins_anew() -> None:
    wire = sweep().to_json(NOW)
    assert Sweep.from_json(wire, NOW + timedelta(minutes=10)) is not None
    assert Sweep.from_json(wire, NOW + timedelta(minutes=11)) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(sweep().to_json(NOW))), json_values)
def test_no_input_breaks_it(field: str, value: Any) -> None:
    found = Sweep.from_json(sweep().to_json(NOW) | {field: value}, NOW)
    assert found is None or isinstance(found, Sweep)


@pytest.mark.parametrize(("most", "taken", "wanted", "places"), [
    (50, 0, 200, 50), (50, 0, 3, 3), (50, 45, 200, 0), (50, 40, 200, 10), (50, 45, 3, 3), (50, 49, 3, 0),
    (1, 0, 9, 1), (1, 1, 9, 0), (3, 2, 9, 1), (3, 5, 9, 0),
])  # fmt: skip
def test_places_come_in_handfuls(most: int, taken: int, wanted: int, places: int) -> None:
    one = sweep(most)
    one.at_work = ["rotate-x"] * taken
    assert one.places(wanted) == places


@pytest.mark.parametrize(("most", "page"), [(1, 4), (50, 200), (1000, 200)])
def test_a_page_keeps_a_generation_busy_and_its_history_short(most: int, page: int) -> None:
    assert sweep(most).page == page


def test_a_vault_that_is_given_up_is_not_looked_at_again() -> None:
    one = sweep()
    one.give_up("list secrets: 403 Forbidden")
    assert {look.vault for look in one.looks} == {OTHER, ""}
    one.looks = [Look("stuck")]
    one.give_up("no answer")
    assert one.looks == []
    assert set(one.report.unreachable) == {HOST, "the task hub"}


def test_the_report_is_bounded_and_counts_the_rest() -> None:
    report = Report()
    for number in range(1000):
        report.tell(HOST, f"s{number}", "x" * 5000)
    assert len(report.reported) == MOST_REPORTED
    assert report.totals()["reported"] == 1000
    assert len(json.dumps(report.to_json())) < 200_000


def test_its_numbers_fit_into_a_custom_status_however_many_vaults_there_are() -> None:
    report = Report()
    for number in range(2000):
        report.count(f"vault-{number}.vault.azure.net", "due", 10_000)
        report.unreachable[f"gone-{number}"] = "x" * 1000
    assert len(json.dumps(report.totals())) < LONGEST_CUSTOM_STATUS / 4
    assert report.totals()["due"] == 20_000_000
