"""The audit trail's records: what they say, in which words, and what they never say."""

import json
import logging
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rotation import audit
from rotation.audit import Record, Spent
from rotation.outcomes import FAILING, Outcome, OutcomeName
from rotation.results import Done, Result, Retry, Stop
from rotation.sweep import SWEEP, Report
from tests.unit.audit_samples import FACTS, FIELDS, INSTANCE, PAYLOAD, REPORT, SAMPLES, SORTS, ended
from tests.unit.builders import ADDRESS, HOST, NEXT_VERSION, NOW, SECRET, VERSION

pytestmark = pytest.mark.unit

DOCUMENT = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text(encoding="utf-8")


def documented() -> dict[str, list[tuple[str, str]]]:
    """Return the fields of each record, and their sorts, as docs/monitoring.md lists them."""
    tables = re.findall(r"^### `(\w+)` records\n(.*?)(?=^##)", DOCUMENT, re.MULTILINE | re.DOTALL)
    return {kind: re.findall(r"^\| `(\w+)` \| (\w+) \| \S", text, re.MULTILINE) for kind, text in tables}


@pytest.mark.parametrize("kind", FIELDS)
def test_the_document_lists_exactly_the_fields_of_each_record(kind: str) -> None:
    assert documented()[kind] == [(name, SORTS[kind][name]) for name in FIELDS[kind]]


def test_the_document_names_every_outcome() -> None:
    (row,) = re.findall(r"^\| `outcome` \| text \| (`rotated`.*) \|$", DOCUMENT, re.MULTILINE)
    assert re.findall(r"`(\w+)`", row) == [str(name) for name in OutcomeName]


def test_the_document_lists_no_other_record() -> None:
    assert set(documented()) == set(FIELDS)


@pytest.mark.parametrize("record", SAMPLES, ids=lambda record: record.kind)
def test_a_record_is_one_line_of_json_that_begins_as_queries_expect(record: Record) -> None:
    assert record.line.startswith(f'{{"record":"{record.kind}",')
    assert record.line.isascii()
    assert "\n" not in record.line
    assert json.loads(record.line) == {"record": record.kind, **record.fields}


def test_fields_are_there_whether_or_not_anything_is_known() -> None:
    nothing = audit.rotation(INSTANCE, None, NOW, Outcome(OutcomeName.REFUSED, "the input is wrong"), {}, Spent())
    assert ["record", *nothing.fields] == FIELDS["rotation"]
    results: list[Result] = [Done({}), Retry("busy"), Stop(OutcomeName.SKIPPED, "paused")]
    for result in results:
        assert ["record", *audit.step("swap_slot", {}, result, 0).fields] == FIELDS["step"]


def test_a_rotation_s_record() -> None:
    assert ended(OutcomeName.FAILED, "write_version: gave up").fields == {
        "instanceId": INSTANCE,
        "started": NOW.isoformat(),
        "rotationId": INSTANCE,
        "vault": HOST,
        "secret": SECRET,
        "provider": ADDRESS,
        "cause": "SecretExpired",
        "force": False,
        "redrives": 0,
        "outcome": "failed",
        "reason": "write_version: gave up",
        "passes": False,
        "late": True,
        "previousVersion": VERSION,
        "version": NEXT_VERSION,
        "previousSlot": "key1",
        "slot": "key2",
        "expiresOn": FACTS["expiresOn"],
        "verified": "control-plane",
        "retired": True,
        "rolledBack": False,
        "moved": 1,
        "note": "data plane: 403 AuthorizationFailure; second-kv cannot be reached",
        "retries": 3,
        "throttled": 2,
        "lockWaits": 1,
        "seconds": 172_890.0,
        "graceSeconds": 172_800.0,
        "lockSeconds": 7.5,
        "consentSeconds": 30.0,
    }


@pytest.mark.parametrize(
    ("step", "more", "about", "slot"),
    [
        ("read_metadata", {"request": {"vault": HOST, "secret": SECRET}}, SECRET, None),
        ("find_neighbours", {"slot": "key1"}, SECRET, "key1"),
        ("move_secret", {"slot": "key1", "neighbour": {"vault": HOST, "secret": "other"}}, "other", "key1"),
        ("regenerate_key", {}, SECRET, "key2"),
        ("swap_slot", {}, SECRET, "key1"),
        ("restore_version", {"vault": HOST, "secret": SECRET, "provider": ADDRESS}, SECRET, "key1"),
    ],
)
def test_a_step_names_the_secret_and_the_slot_that_it_is_about(
    step: str, more: dict[str, Any], about: str, slot: str | None
) -> None:
    plan = {"vault": HOST, "secret": SECRET, "provider": ADDRESS, "slot": "key2", "retire_slot": "key1"}
    planned = not {"request", "vault"} & set(more)
    payload = {"instance": INSTANCE, "attempt": 1} | ({"plan": plan} if planned else {}) | more
    value = {"slot": "key1"} if step == "restore_version" else {}
    fields = audit.step(step, payload, Done(value), 0.1).fields
    assert (fields["secret"], fields["slot"], fields["vault"]) == (about, slot, HOST)
    assert fields["provider"] == (None if step == "read_metadata" else ADDRESS)


@pytest.mark.parametrize(
    ("step", "value", "version"),
    [
        ("write_version", {"version": VERSION, "expires_on": None}, VERSION),
        ("move_secret", {"version": VERSION}, VERSION),
        ("write_version", {"changed": True}, None),
        ("read_metadata", {"version": VERSION}, None),
    ],
)
def test_only_a_version_that_was_written_is_told(step: str, value: dict[str, Any], version: str | None) -> None:
    assert audit.step(step, PAYLOAD, Done(value), 0).fields["version"] == version


def test_a_late_rotation_is_told_as_soon_as_it_is_planned() -> None:
    assert audit.step("read_metadata", {}, Done({"late": True}), 0).fields["late"] is True
    assert audit.step("verify_key", {"plan": {"late": True}}, Done({}), 0).fields["late"] is True
    assert audit.step("verify_key", {"plan": {}}, Retry("busy"), 0).fields["late"] is False


def test_a_step_s_answer_is_told_without_its_value() -> None:
    canary = "canary/Zm9vYmFy"
    for result in (Done({"fingerprint": canary}), Retry("busy", fallback={"fingerprint": canary})):
        assert canary not in audit.step("verify_key", PAYLOAD | {"slot": "key1"}, result, 0).line


@pytest.mark.parametrize("wrong", [None, "text", 7, ["a", "list"]])
def test_an_odd_input_never_fails_a_step(wrong: object) -> None:
    fields = audit.step("swap_slot", {"plan": wrong, "request": wrong, "neighbour": wrong}, Done({}), 0).fields
    assert (fields["vault"], fields["secret"], fields["slot"]) == (None, None, None)


def test_a_sweep_s_numbers() -> None:
    numbers, *_ = audit.sweep(SWEEP, NOW, REPORT, NOW + timedelta(minutes=4))
    assert numbers.fields == {
        "instanceId": "sweep",
        "since": NOW.isoformat(),
        "vaults": 1,
        "listed": 12,
        "due": 3,
        "started": 2,
        "joined": 1,
        "settled": 0,
        "late": 1,
        "redriven": 1,
        "drifted": 1,
        "renewing": 1,
        "reported": 1,
        "unreachable": 1,
        "seconds": 240.0,
    }


def test_what_a_sweep_found_is_told_one_by_one() -> None:
    _, *found = audit.sweep(SWEEP, NOW, REPORT, NOW)
    assert [(each.fields["vault"], each.fields["secret"]) for each in found] == [
        (HOST, "odd"),
        ("second-kv.vault.azure.net", None),
    ]


def test_a_sweep_with_nothing_to_tell_is_no_trouble() -> None:
    assert [each.level for each in audit.sweep(SWEEP, NOW, Report(vaults=REPORT.vaults), NOW)] == [logging.INFO]
    assert {each.level for each in audit.sweep(SWEEP, NOW, REPORT, NOW)} == {logging.WARNING}


@pytest.mark.parametrize("name", OutcomeName)
def test_trouble_is_a_warning(name: OutcomeName) -> None:
    trouble = logging.WARNING if name in FAILING else logging.INFO
    assert ended(name, late=False).level == trouble
    assert audit.step("read_metadata", {}, Stop(name, "because"), 0).level == trouble
    assert ended(name, late=True).level == logging.WARNING
