"""The monitoring queries: written once, and about what the app really logs."""

import ast
import json
import re

import pytest
from tree_sitter import Node

from dev.bicep_checks.run import ROOT
from dev.bicep_checks.syntax import Source, arguments, called, items, pairs, string_value, text, walk
from tests.unit.audit_samples import FIELDS, SAMPLES, SORTS

pytestmark = pytest.mark.unit

PROJECT = ROOT.parent
QUERIES = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "queries").glob("*.kql"))}


def code(path: str) -> str:
    return (PROJECT / path).read_text(encoding="utf-8")


def test_the_document_shows_exactly_these_queries() -> None:
    shown = re.findall(r"^```kql\n(.*?)^```$", code("docs/monitoring.md"), re.MULTILINE | re.DOTALL)
    assert sorted(shown) == sorted(QUERIES.values())


def test_main_loads_each_query_once() -> None:
    main = Source(ROOT / "main.bicep", "main.bicep")
    loaded = [string_value(arguments(node)[0]) for node in walk(main.root) if called(node) == "loadTextContent"]
    assert sorted(map(str, loaded)) == [f"queries/{name}" for name in QUERIES]


def value_of(file: str, name: str) -> Node:
    value = Source(ROOT / file, file).by_name[name].value
    assert value is not None
    return value


def test_alerts_are_split_by_a_column_of_their_query() -> None:
    files = {key: string_value(arguments(load)[0]) for key, load in pairs(value_of("main.bicep", "alertQueries"))}
    alerts = [dict(pairs(alert)) for alert in items(value_of("modules/alerts.bicep", "alerts"))]
    assert len(alerts) == len(files)
    for alert in alerts:
        file = files[text(alert["query"]).removeprefix("queries.")]
        query = QUERIES[str(file).removeprefix("queries/")]
        last = query.rsplit("| project" if "| project" in query else "| summarize", 1)[-1]
        assert re.search(rf"\b{string_value(alert['split'])}\b", last), file


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_says_what_it_is_for(name: str) -> None:
    assert QUERIES[name].startswith("// ")
    assert not re.search(r"\$\{", QUERIES[name]), "Bicep loads the text as it is"


@pytest.mark.parametrize("name", QUERIES)
def test_functions_exist_under_the_names_that_queries_use(name: str) -> None:
    defined = {
        node.name
        for folder in ("activities", "orchestrations", "triggers")
        for path in (PROJECT / folder).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    used = set(re.findall(r"\b(rotate_\w+)", QUERIES[name]))
    assert used <= defined


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_that_names_the_rotation_names_its_rollback_too(name: str) -> None:
    assert len(re.findall("rotate_secret", QUERIES[name])) == len(re.findall("restore_secret", QUERIES[name]))


# --- the audit trail's records

NEEDED = {
    "failed-rotations", "due-not-rotated", "late", "slow", "throttled", "lock-waits", "parked-events",
    "pinned-versions", "rotations", "durations", "steps", "sweeps", "findings", "actions",
}  # fmt: skip
READING = {
    "flag": {"tobool"},
    "number": {"tolong", "todouble", "tostring"},
    "time": {"todatetime"},
    "text": {"tostring"},
}
RECORD = re.compile(r"""startswith '\{"record":"(?P<kind>\w+)",'|(?P<reading>\w+)?\(?\br\.(?P<field>\w+)""")


def mistakes(query: str) -> list[str]:
    """Return what is wrong with how a query reads records: each pipeline says first of which kind they are."""
    found = []
    kind = ""
    for match in RECORD.finditer(query):
        if match["kind"]:
            kind = match["kind"]
            found += [] if kind in FIELDS else [f"there is no record {kind}"]
            continue
        sort = SORTS.get(kind, {}).get(match["field"])
        if sort is None:
            found.append(f"a {kind or 'nameless'} record has no field {match['field']}")
        elif match["reading"] not in READING[sort]:
            found.append(f"{match['field']} of a {kind} record is a {sort}, read by {match['reading']}")
    return found


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_uses_fields_that_records_have(name: str) -> None:
    assert mistakes(QUERIES[name]) == []


@pytest.mark.parametrize(
    ("planted", "complaint"),
    [
        ("| where tostring(r.outcom) == 'failed'", "a rotation record has no field outcom"),
        ("| where tostring(r.attempt) == '1'", "a rotation record has no field attempt"),
        ("| where r.late", "late of a rotation record is a flag, read by None"),
        ("| extend Late = tolong(r.late)", "late of a rotation record is a flag, read by tolong"),
        ("| summarize by Began = tostring(r.started)", "started of a rotation record is a time, read by tostring"),
        ("""| where Message startswith '{"record":"rotated",'""", "there is no record rotated"),
    ],
)
def test_a_query_that_is_wrong_about_records_is_found(planted: str, complaint: str) -> None:
    right = """AppTraces | where Message startswith '{"record":"rotation",' | where tobool(r.late)"""
    assert mistakes(right) == []
    assert mistakes(f"{right}\n{planted}") == [complaint]


def test_each_question_that_operators_ask_has_its_query() -> None:
    assert {f"{name}.kql" for name in NEEDED} <= set(QUERIES)


@pytest.mark.parametrize("name", QUERIES)
def test_no_query_takes_text_apart(name: str) -> None:
    assert re.findall(r"\b(?:extract\w*|matches regex|replace\w*|trim\w*)\b|\| parse\b", QUERIES[name]) == []


def test_a_record_begins_as_queries_look_for_it() -> None:
    for sample in SAMPLES:
        assert sample.line.startswith(f'{{"record":"{sample.kind}",')


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_that_counts_records_counts_none_twice(name: str) -> None:
    """They are written at least once."""
    counting = re.search(r"= count\(\)", QUERIES[name]) and "AppTraces" in QUERIES[name]
    once = re.search(r"summarize (?:arg_max\(|Ended = max\()", QUERIES[name])
    assert not counting or once or name in {"app-unhealthy.kql", "steps.kql", "throttled.kql"}, "steps are attempts"


def test_traces_are_never_sampled_and_records_pass_the_log_level() -> None:
    logging = json.loads(code("host.json"))["logging"]
    sampling = logging["applicationInsights"]["samplingSettings"]
    assert "Trace" in sampling["excludedTypes"].split(";")
    # Records arrive under the category Function.<name>.User, which no narrower level silences.
    levels = logging["logLevel"]
    assert levels["default"] == "Information"
    assert not [category for category in levels if category.startswith("Function")]


def test_a_key_vault_id_is_taken_apart_as_it_is_built() -> None:
    """By position, in the vaults' own log: https://{vault}/secrets/{name}/{version}."""
    parts = f"https://contoso.vault.azure.net/secrets/storage-key/{'0' * 32}".split("/")
    used = re.findall(r"(Vault|Name|Version) = tostring\((?:Part|Served)\[(\d)\]\)", "".join(QUERIES.values()))
    meant = {"Vault": "contoso.vault.azure.net", "Name": "storage-key", "Version": "0" * 32}
    assert used
    assert all(parts[int(position)] == meant[name] for name, position in used)
    path = f"/secrets/storage-key/{'0' * 32}".split("/")
    (asked,) = set(re.findall(r"Asked\[(\d)\]", QUERIES["pinned-versions.kql"]))
    assert path[int(asked)] == "0" * 32
