"""The monitoring queries: written once, and about what the app really logs."""

import ast
import re

import pytest
from tree_sitter import Node

from dev.bicep_checks.run import ROOT
from dev.bicep_checks.syntax import Source, arguments, called, items, pairs, string_value, text, walk
from rotation.ids import instance_id
from rotation.outcomes import FAILING
from rotation.request import RotationRequest

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


def test_the_reason_of_a_failure_is_found() -> None:
    pattern = re.search(r'extract\(@"(RotationFailed[^"]*)"', QUERIES["failed-rotations.kql"])
    assert pattern is not None
    for outcome in FAILING:
        told = f"Orchestrator function 'rotate_secret' failed: RotationFailed: {outcome}: write_version: why\n\nmore"
        found = re.search(pattern[1], told)
        assert found is not None
        assert found[1] == f"{outcome}: write_version: why"
    assert "class RotationFailed" in code("orchestrations/rotate_secret.py")


def test_a_parked_event_is_recognised() -> None:
    logged = re.findall(r'"(event [^"]*%s[^"]*)"', code("triggers/vault_events.py"))
    pattern = re.search(r'extract_all\(@"([^"]*)"', QUERIES["parked-events.kql"])
    assert logged
    assert pattern is not None
    for message in logged:
        found = re.fullmatch(pattern[1], message % ("3", "4711", "vault x is not in KEY_VAULTS"))
        assert found is not None
        assert found.groups() == ("3", "4711", "vault x is not in KEY_VAULTS")


def test_the_answer_of_a_step_is_recognised() -> None:
    assert '_log.info("%s: %s", name, _summary(result))' in code("activities/shell.py")
    patterns = re.findall(r'extract\(@"([^"]*)"', QUERIES["steps.kql"])
    found = [re.search(pattern, "verify_key: retry (the new key is not accepted yet)") for pattern in patterns]
    assert [match[1] for match in found if match] == ["verify_key", "retry", "the new key is not accepted yet"]


@pytest.mark.parametrize("secret", ["storage-key", "s" * 127])
def test_an_instance_is_matched_with_its_secret(secret: str) -> None:
    query = QUERIES["due-not-rotated.kql"]
    length = re.search(r'substring\(strcat\("rotate-", Vault, "-", Name\), 0, (\d+)\)', query)
    begin = re.search(r'Begin = extract\(@"([^"]*)"', query)
    assert length is not None
    assert begin is not None
    instance = instance_id(RotationRequest("contoso.vault.azure.net", secret, "0" * 32))
    found = re.fullmatch(begin[1], instance)
    assert found is not None
    assert found[1] == f"rotate-contoso-{secret}"[: int(length[1])]
