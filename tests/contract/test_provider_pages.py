"""What the pages say of the providers is what the table says, what Bicep grants and what the simulators see."""

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import bootstrap
from dev.simulators import two_key_facts
from dev.simulators.two_key_facts import BY_TYPE, Facts
from providers import arm_keys_table, registry
from providers.arm_keys import ArmKeys
from providers.arm_keys_row import Row
from providers.arm_keys_table import ROWS
from providers.registry import PROVIDERS
from rotation.address import LoginsAddress
from rotation.kinds import as_it_stands
from tests.contract import test_providers as contract
from tests.contract.test_providers import Make

pytestmark = pytest.mark.contract
make = contract.make

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/providers/azure-keys.md").read_text(encoding="utf-8")
SECURITY = (ROOT / "docs/security.md").read_text(encoding="utf-8")
ACTIONS = (ROOT / "bicep/modules/key-actions.bicep").read_text(encoding="utf-8")
TARGET = (ROOT / "bicep/onboard-target.bicep").read_text(encoding="utf-8")
NEW = (ROOT / "docs/providers/new.md").read_text(encoding="utf-8")


def table(text: str) -> dict[str, list[str]]:
    """Return the cells behind each resource type of a table."""
    lines = re.findall(r"^\| `(Microsoft\.[\w./]+)` \| (.*) \|$", text, re.MULTILINE)
    return {kind: [cell.strip() for cell in cells.split(" | ")] for kind, cells in lines}


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def granted() -> dict[str, list[str]]:
    """Return the actions of each kind's custom role."""
    blocks = re.findall(r"^  '([\w./]+)': \[\n(.*?)^  \]", ACTIONS, re.MULTILINE | re.DOTALL)
    return {kind: re.findall(r"'([\w./*]+)'", body) for kind, body in blocks}


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.type_key)
def test_the_page_tells_what_the_row_says(row: Row) -> None:
    form, slots, switch, trial, age = table(PAGE)[row.resource_type]
    assert words(form) == [field for field in (row.form.id_field, row.form.key_field) if field]
    assert ("raw key" in form) is row.form.takes_bare_key
    families = [[slot.name for slot in row.slots if slot.family == family] for family in families_of(row)]
    assert [words(part) for part in slots.split("·")] == families
    assert words(switch) == [row.switch.name]
    assert words(trial) == ([row.probe.operation] if row.probe else [])
    assert (age == "told") is any(slot.age for slot in row.slots)


def families_of(row: Row) -> list[str]:
    return list(dict.fromkeys(slot.family for slot in row.slots))


def test_the_page_has_every_row_and_no_more() -> None:
    assert set(table(PAGE)) == {row.resource_type for row in ROWS.values()}


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.type_key)
def test_the_role_of_a_kind_allows_what_is_called_and_no_more(row: Row) -> None:
    described = row.resource_type.rpartition("/authorizationRules")[0].split("/")[:2] if row.described_by_parent else []
    read = "/".join(described) or row.resource_type
    regenerate = row.regenerate.partition("/")[0]
    wanted = [f"{read}/read", *(f"{row.resource_type}/{action}/action" for action in (row.list_keys, regenerate))]
    assert [action.casefold() for action in granted()[row.resource_type]] == [action.casefold() for action in wanted]


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.type_key)
def test_security_md_has_the_calls_and_the_roles_of_each_kind(row: Row) -> None:
    calls, actions, trial = table(SECURITY)[row.resource_type]
    assert words(calls) == [f"{row.service}.{name}" for name in ("get", "listKeys", "regenerateKey")]
    full = [each if each.startswith("Microsoft.") else f"{row.resource_type}/{each}" for each in words(actions)]
    assert full == granted()[row.resource_type]
    assert words(trial) == ([row.probe.operation] if row.probe else [])


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_a_rotation_calls_what_the_table_says(make: Make, kind: str) -> None:
    rotation = make(kind)
    plan = rotation.planned(rotation.seed())
    rotation.regenerate(plan)
    rotation.publish(plan)
    calls, _, trial = table(SECURITY)[ROWS[kind].resource_type]
    made = {
        name for name in rotation.scene.azure.calls_by_operation() if not name.startswith(("keyvault.", "identity."))
    }
    assert made == {*words(calls), *words(trial)}


SERVERS = {kind for kind, line in PROVIDERS.items() if line.takes is LoginsAddress and kind.startswith("microsoft.")}


def test_bicep_offers_every_kind() -> None:
    offered = re.search(r"@allowed\(\[\n(.*?)\]\)\nparam targetTypes", TARGET, re.DOTALL)
    assert offered is not None
    kinds = re.findall(r"'([\w./]+)'", offered[1])
    servers = [kind for kind in kinds if kind.casefold() in SERVERS]
    assert len(servers) == len(SERVERS)
    assert kinds == sorted([*servers, *(row.resource_type for row in ROWS.values())])
    assert list(granted()) == kinds
    for server in servers:
        assert granted()[server] == [f"{server}/read"]
        entry = f"'{server} (administrator)'"
        assert f"  {entry}\n" in TARGET, "the right to change a server is asked for by name"
        changing = re.search(rf"^  {re.escape(entry)}: \[\n(.*?)^  \]", ACTIONS, re.MULTILINE | re.DOTALL)
        assert changing is not None
        namespace = server.partition("/")[0]
        actions = [f"{server}/read", f"{server}/write", f"{namespace}/locations/*/read"]
        assert re.findall(r"'([\w./*]+)'", changing[1]) == actions
        assert all(f"`{action}`" in SECURITY for action in actions)


# --- the page that shows how to make one

SNIPPETS = [dedent(block) for block in re.findall(r"```python\n(.*?)```", NEW, re.DOTALL)]


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Put the page's row and its simulated facts where they belong."""
    row, facts = SNIPPETS
    names: dict[str, Any] = vars(arm_keys_table) | vars(two_key_facts)
    exec(row, names)  # noqa: S102 - our own page
    made: Row = names["COMMUNICATION"]
    told: Facts = eval(facts, names)  # noqa: S307 - our own page
    monkeypatch.setitem(ROWS, made.type_key, made)
    monkeypatch.setitem(
        registry.PROVIDERS,
        made.type_key,
        registry.Kind(lambda resource, _, settings: ArmKeys(made, resource, settings)),
    )
    monkeypatch.setitem(registry.KINDS, made.type_key, as_it_stands)
    monkeypatch.setitem(BY_TYPE, made.type_key, told)
    bootstrap.surroundings.cache_clear()
    yield made.type_key
    bootstrap.surroundings.cache_clear()


@pytest.mark.parametrize("form", ["bare key", "connection string"])
def test_the_example_keeps_the_contract(example: str, make: Make, form: str) -> None:
    contract.test_rotated_keeps_its_form_and_the_old_key_works_until_it_is_retired(make, example, form)


def test_the_example_is_refused_when_its_keys_are_off(example: str, make: Make) -> None:
    contract.test_a_target_that_takes_no_keys_is_refused_in_its_own_words(make, example)
