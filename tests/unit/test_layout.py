"""Who may import whom, and other rules that no linter knows."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "activities", "azure_clients", "entities", "orchestrations", "providers", "rotation", "task_hub", "triggers",
)  # fmt: skip
MODULES = ("bootstrap", "function_app")
OURS = frozenset({*PACKAGES, *MODULES})
SDK = "azure.durable_functions"

# It looks with the eyes of the rotation itself: the two activities that read before anything is changed.
DRY_RUN = ("activities.read_metadata", "activities.find_neighbours")
# What each package may import besides the standard library, by dotted prefix.
MAY_IMPORT = {
    "rotation": ("rotation", "isodate"),
    "orchestrations": ("orchestrations", "rotation", SDK),
    "entities": ("rotation", SDK),
    "triggers": ("triggers", "bootstrap", "rotation", "task_hub", *DRY_RUN, "azure.functions", SDK),
    # aiohttp is the transport under the Durable SDK's client.
    "task_hub": ("task_hub", "rotation", "aiohttp", SDK),
    "activities": ("activities.shell", "bootstrap", "rotation", "task_hub", "azure_clients", "providers.protocol", SDK),
    "providers": ("providers", "rotation", "azure_clients", "azure"),
    # pg8000 is the driver of PostgreSQL, and scramp what it signs in with; pytds that of SQL Server, over OpenSSL.
    # requests and urllib3 are the transport under azure-core: only they know why there was no connection.
    "azure_clients": (
        "azure_clients",
        "rotation",
        "azure",
        "requests.exceptions",
        "urllib3.exceptions",
        "pg8000",
        "scramp",
        "pytds",
        "OpenSSL",
        "service_identity",
    ),
    "bootstrap": ("azure_clients", "providers", "rotation"),
    "function_app": ("activities", "entities", "orchestrations", "triggers", SDK),
}
# Each costs a noticeable part of a cold start: a fiftieth of a second the first, a tenth and more the others.
HEAVY = (
    "azure.core",
    "azure.identity",
    "azure.keyvault",
    "azure.mgmt",
    "azure.storage",
    "msal",
    "cryptography",
    "pytds",
    "OpenSSL",
    "service_identity",
    "pg8000",
)
SETTINGS = {
    "KEY_VAULTS": "contoso-kv.vault.azure.net",
    "EVENT_HUB_NAME": "keyvault-events",
    "EVENT_HUB_CONSUMER_GROUP": "rotation",
}


@dataclass(frozen=True)
class Import:
    file: str
    line: int
    name: str
    at_start: bool
    """Executed when the module is imported: neither inside a function nor under TYPE_CHECKING."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.name}"


def files(package: str) -> list[Path]:
    return [ROOT / f"{package}.py"] if package in MODULES else sorted((ROOT / package).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports(path: Path) -> Iterator[Import]:
    file = str(path.relative_to(ROOT))

    def walk(node: ast.AST, at_start: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from (Import(file, child.lineno, alias.name, at_start) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{file}:{child.lineno}: relative imports hide who imports whom"
                yield from (
                    Import(file, child.lineno, f"{child.module}.{alias.name}", at_start) for alias in child.names
                )
            else:
                inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) or is_type_checking(child)
                yield from walk(child, at_start and not inside)

    yield from walk(tree(path), True)


def under(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes)


def calls(package: str) -> Iterator[ast.Call]:
    for path in files(package):
        yield from (node for node in ast.walk(tree(path)) if isinstance(node, ast.Call))


# --- imports


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_what_its_layer_may(package: str) -> None:
    found = [found for path in files(package) for found in imports(path)]
    assert found, f"{package} has no imports: has it moved?"
    wrong = [
        str(one)
        for one in found
        if one.name.split(".")[0] not in sys.stdlib_module_names and not under(one.name, MAY_IMPORT[package])
    ]
    assert not wrong


@pytest.mark.parametrize("package", ["providers", "activities", "bootstrap", "triggers", "function_app"])
def test_an_azure_client_is_imported_where_it_is_used(package: str) -> None:
    sdks = ("azure.functions", SDK)
    wrong = [
        str(one)
        for path in files(package)
        for one in imports(path)
        if one.at_start and under(one.name, ("azure",)) and not under(one.name, sdks)
    ]
    assert not wrong


def test_nothing_deployed_imports_what_is_not() -> None:
    wrong = [
        str(one) for name in OURS for path in files(name) for one in imports(path) if under(one.name, ("dev", "tests"))
    ]
    assert not wrong


def test_a_peer_in_the_benchmark_gets_nothing_from_the_app() -> None:
    paths = sorted((ROOT / "dev" / "bench" / "baselines").rglob("*.py"))
    nodes = [node for path in paths for node in ast.walk(tree(path)) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert nodes
    wrong = [ast.unparse(node) for node in nodes if under(ast.unparse(node).split()[1], (*OURS, "dev", "tests"))]
    assert not wrong


def test_everything_deployed_is_covered_by_these_rules() -> None:
    kept_home = {"dev", "tests", "docs", "bicep"}
    folders = {path.parent.name for path in ROOT.glob("*/*.py")} - kept_home
    assert {name for name in folders if not name.startswith(".")} == set(PACKAGES)
    assert {path.stem for path in ROOT.glob("*.py")} == set(MODULES)
    assert set(MAY_IMPORT) == OURS


# --- orchestrators replay

# It asks whether this is a replay first; a bare line of log anywhere else would be written again at each episode.
THE_ONE_THAT_LOGS = ("audit_trail", "logging")


def test_no_orchestrator_asks_for_anything_that_differs_at_replay() -> None:
    forbidden = ("random", "os", "time", "logging", "uuid", "secrets", "threading", "asyncio", "socket", "pathlib")
    wrong = [
        str(one)
        for path in files("orchestrations")
        for one in imports(path)
        if under(one.name, forbidden) and (path.stem, one.name) != THE_ONE_THAT_LOGS
    ]
    clocks = {"now", "utcnow", "today"}
    for path in files("orchestrations"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Attribute) and node.attr in clocks:
                wrong.append(f"{path.name}:{node.lineno} asks for {ast.unparse(node)}")
            if isinstance(node, ast.Name) and node.id in {"print", "open", "input"}:
                wrong.append(f"{path.name}:{node.lineno} calls {node.id}")
    assert not wrong


# --- the table of contents


def test_the_table_of_contents_holds_nothing_else() -> None:
    docstring, *statements = tree(ROOT / "function_app.py").body
    assert isinstance(docstring, ast.Expr)
    assert isinstance(docstring.value, ast.Constant)
    lines = [ast.unparse(node) for node in statements if not isinstance(node, ast.Import | ast.ImportFrom)]
    app, *registrations = lines
    assert app == "app = df.DFApp()"
    modules = [line.removeprefix("app.register_functions(").removesuffix(".bp)") for line in registrations]
    imported = {one.name.rpartition(".")[2] for one in imports(ROOT / "function_app.py")} - {"durable_functions"}
    assert sorted(modules) == sorted(imported)


def test_every_blueprint_is_registered() -> None:
    registered = {one.name.rpartition(".")[2] for one in imports(ROOT / "function_app.py")}
    with_blueprint = {
        path.stem for name in PACKAGES for path in files(name) if "bp = df.Blueprint()" in path.read_text("utf-8")
    }
    assert with_blueprint == registered - {"durable_functions"}


def test_a_module_with_a_blueprint_is_named_like_its_function() -> None:
    """But for the starter, which is named for what it reads."""
    for package in ("activities", "orchestrations"):
        for path in files(package):
            blueprint = "bp = df.Blueprint()" in path.read_text("utf-8")
            functions = ast.FunctionDef | ast.AsyncFunctionDef
            names = {node.name for node in tree(path).body if isinstance(node, functions)}
            assert not blueprint or path.stem in names


# --- the app, loaded as the worker does

PROBE = """
import json, sys
sys.path.append(sys.argv[1])  # the worker puts the app's root last
before = set(sys.modules)
import function_app
files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items() if name not in before}
functions = {
    function.get_function_name(): json.loads(str(function))["bindings"] for function in function_app.app.get_functions()
}
print(json.dumps({"files": files, "functions": functions}))
"""


def load_app(environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "SYSTEMROOT"}}
    return subprocess.run(  # noqa: S603 - our own code in our own interpreter
        [sys.executable, "-c", PROBE, str(ROOT)],
        env=kept | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    result = load_app(SETTINGS, tmp_path_factory.mktemp("elsewhere"))
    assert result.returncode == 0, result.stderr
    facts: dict[str, Any] = json.loads(result.stdout)
    return facts


def test_every_package_of_ours_is_found_in_the_app_and_not_in_a_wheel(loaded: dict[str, Any]) -> None:
    found = {name: file for name, file in loaded["files"].items() if name.split(".")[0] in OURS}
    assert {name.split(".")[0] for name in found} == OURS
    assert all(Path(file).is_relative_to(ROOT) and ".venv" not in file for file in found.values())


def test_the_tests_that_a_wheel_brings_do_not_hide_ours() -> None:
    import tests

    assert Path(str(tests.__file__)).parent == ROOT / "tests"


def test_no_heavy_sdk_is_imported_before_it_is_used(loaded: dict[str, Any]) -> None:
    assert [name for name in loaded["files"] if under(name, HEAVY)] == []


def bound(loaded: dict[str, Any], kind: str) -> set[str]:
    return {
        name for name, bindings in loaded["functions"].items() if any(binding["type"] == kind for binding in bindings)
    }


def named(package: str, *callers: str) -> set[str]:
    """Return the texts that are given to calls of these names."""
    return {
        argument.value
        for call in calls(package)
        if ast.unparse(call.func).rpartition(".")[2] in callers
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def test_each_step_calls_an_activity_that_is_registered(loaded: dict[str, Any]) -> None:
    """The runtime looks names up when they are called: a misspelt one would fail a rotation half-way."""
    called = named("orchestrations", "take_step", "step", "attempt_once", "call_activity")
    assert called == bound(loaded, "activityTrigger")
    assert called == {path.stem for path in files("activities")} - {"__init__", "shell"}


def test_each_entity_that_is_asked_is_registered(loaded: dict[str, Any]) -> None:
    registered = {
        binding["entityName"]
        for bindings in loaded["functions"].values()
        for binding in bindings
        if binding["type"] == "entityTrigger"
    }
    assert named("orchestrations", "EntityId") | named("triggers", "EntityId") == registered


def test_each_start_names_an_orchestrator_that_is_registered(loaded: dict[str, Any]) -> None:
    started = named("task_hub", "start_once") | named("triggers", "start_new")
    assert started == bound(loaded, "orchestrationTrigger")


def test_an_app_with_wrong_settings_does_not_start_and_says_all_that_is_wrong(tmp_path: Path) -> None:
    wrong = {"DEFAULT_VALIDITY_DAYS": "many", "SWEEP_SCHEDULE": "daily"}
    result = load_app({"EVENT_HUB_NAME": "keyvault-events"} | wrong, tmp_path)
    assert result.returncode != 0
    for name in ("KEY_VAULTS", "EVENT_HUB_CONSUMER_GROUP", *wrong):
        assert f"{name} is" in result.stderr
