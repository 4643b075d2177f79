"""The runbook explains every outcome and every reason that the app can give, under the words that the app uses."""

import re
from pathlib import Path

import pytest

from rotation.outcomes import OutcomeName
from tests.reasons import reasons

pytestmark = pytest.mark.unit

RUNBOOK = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text(encoding="utf-8")

# Which table explains which kind of reason.
TABLES = {
    "refused": "Refused",
    "failed": "Failed",
    "not_due": "Nothing to do",
    "skipped": "Nothing to do",
    "superseded": "Nothing to do",
    "outcome": "Nothing to do",
    "retry": "Waiting",
    "note": "Notes",
    "parked": "Parked events",
    "finding": "What a sweep reports",
}
# Reasons that are put together where no text of ours tells of them: from what Azure answers (azure_clients/errors.py),
# of a bug (rotation/bugs.py), and notes that are made in the orchestrator.
PUT_TOGETHER = {
    "…: 403 …", "…: 404 …", "…: 409 ScopeLocked", "…: 429 …", "…: 5…", "…: no connection",
    "unexpected …", "others kept leaving …", "… lives on …", "… may still hold …",
    "… was taken by another secret each time it had been freed", "the consumers of … cannot be looked at (…)",
}  # fmt: skip


def explained(heading: str) -> set[str]:
    """Return the reasons in the first column of the table under a heading."""
    table = RUNBOOK.partition(f"\n### {heading}\n")[2].partition("\n#")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE))


@pytest.mark.parametrize("heading", sorted(set(TABLES.values())))
def test_every_reason_is_explained_and_nothing_that_is_none(heading: str) -> None:
    given = {reason.text: reason.place for reason in reasons() if TABLES[reason.kind] == heading}
    rows = explained(heading)
    assert {text: place for text, place in given.items() if text not in rows} == {}
    assert rows - set(given) <= PUT_TOGETHER


def test_every_outcome_is_explained() -> None:
    table = RUNBOOK.partition("\n## Outcomes\n")[2].partition("\n#")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [str(name) for name in OutcomeName]


def test_reasons_are_found_where_they_are_given() -> None:
    found = {(reason.kind, reason.text) for reason in reasons()}
    assert ("refused", "tags: …") in found
    assert ("failed", "…: gave up after attempt …: …") in found, "worded in a variable first"
    assert ("outcome", "version … has already replaced it") in found, "either moved or superseded"
    assert ("skipped", "RotationEnabled is false") in found
