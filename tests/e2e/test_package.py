"""The package that is deployed: what is in it, and a rotation by it where nothing else of this project is in reach."""

import json
import subprocess
import time
import warnings
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from dev.clock import VirtualClock
from dev.judges.process import ServerProcess
from dev.package.build import Package, build, listed
from dev.package.environment import PYTHONS, Environment, find_python
from dev.package.funcignore import FuncIgnore
from dev.package.launcher import command
from dev.simulators import SimulatedAzure
from rotation.ids import instance_id
from tests.events import cloud_event, message
from tests.scene import SECRET, SETTINGS, Scene
from tests.unit.test_layout import MODULES, OURS, PACKAGES

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
MOST_BYTES = 384 * 1024
"""Four times what it is: beyond that, something has got in that does not belong."""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return build(ROOT, tmp_path_factory.mktemp("package") / "app.zip")


# --- what is in it


def test_it_holds_what_runs_and_nothing_else(package: Package, record_property: Any) -> None:
    record_property("package_bytes", package.size)
    with zipfile.ZipFile(package.path) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
    assert {name.partition("/")[0] for name in names} == {
        *PACKAGES, *(f"{module}.py" for module in MODULES), "host.json", "requirements.txt", "web",
    }  # fmt: skip
    assert {Path(name).suffix for name in names} == {".py", ".json", ".txt", ".html", ".css", ".js", ".svg"}
    assert {Path(name).name for name in names if name.startswith("web/")} == {path.name for path in WEB.iterdir()}
    assert package.size < MOST_BYTES


def test_the_same_source_makes_the_same_bytes(package: Package, tmp_path: Path) -> None:
    assert build(ROOT, tmp_path / "again.zip").path.read_bytes() == package.path.read_bytes()


def test_every_tool_that_reads_funcignore_ships_the_same(tmp_path: Path) -> None:
    """Azd and GitHub's action read it as a .gitignore, of which git itself is the judge."""
    git_dir = f"--git-dir={tmp_path / 'git'}"
    for arguments in (["init", "--quiet", "--bare"], ["config", "core.bare", "false"]):
        subprocess.run(["git", git_dir, *arguments], check=True, cwd=tmp_path)  # noqa: S603, S607
    shipped = subprocess.run(  # noqa: S603
        ["git", git_dir, f"--work-tree={ROOT}", "ls-files", "-z", "--others", "--exclude-from=.funcignore"],  # noqa: S607
        check=True, cwd=ROOT, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert sorted(filter(None, shipped.split("\0"))) == listed(ROOT)


STRANGERS = (
    "local.settings.json", "local.settings.prod.json", ".env", ".azure/prod/.env", ".git/config", ".vscode/x.json",
    "main_env/bin/python", "__pycache__/a.pyc", "rotation/__pycache__/a.pyc", "dist/old.zip", "bicep/main.bicep",
    "tests/conftest.py", "dev/clock.py", "docs/adr/README.md", "azure.yaml", "requirements-dev.txt",
)  # fmt: skip


@pytest.mark.parametrize("path", STRANGERS)
def test_what_may_lie_about_stays_at_home(path: str) -> None:
    assert not FuncIgnore((ROOT / ".funcignore").read_text()).ships(path)


@pytest.mark.parametrize(
    ("pattern", "path", "ships"),
    [
        ("docs", "docs/a.md", False),
        ("docs", "docs.txt", False),
        ("docs", "docs_old/a.md", True),
        ("docs", "app/docs/a.md", True),
        ("/docs", "docs/a.md", False),
        ("docs/", "docs/a.md", False),
        ("docs/", "docs/.hidden", True),
        ("test", "tests/a.py", True),
        ("__pycache__", "app/__pycache__/a.pyc", True),
        ("**/__pycache__", "app/__pycache__/a.pyc", False),
        ("**/__pycache__", "__pycache__/a.pyc", True),
        ("*.py[cod]", "a.pyc", True),
        ("local.settings*.json", "local.settings.dev.json", False),
        ("settings*.json", "settings.json", True),
        ("# docs", "docs/a.md", True),
        ("*.md\n!README.md", "README.md", True),
        ("!README.md\n*.md", "README.md", True),
        ("*.md\n!README.md", "LICENSE.md", False),
        ("a*z", "a/z", True),
        ("a**z", "a/y/z", False),
        ("", "local.settings.json", False),
        ("", "anything", True),
    ],
)
def test_patterns_mean_what_they_mean_to_the_core_tools(pattern: str, path: str, ships: bool) -> None:
    assert FuncIgnore(pattern).ships(path) is ships


# --- running it


@pytest.fixture(params=PYTHONS)
def environment(request: pytest.FixtureRequest) -> Environment:
    interpreter = find_python(request.param)
    if interpreter is None:
        complaint = f"no Python {request.param} on this machine: the package is not run on it"
        warnings.warn(complaint, stacklevel=1)
        pytest.skip(complaint)
    return Environment.of(interpreter)


@pytest.fixture
def scene() -> Iterator[Scene]:
    """A vault and an account for another process, whose clock is the machine's; theirs stands still beside it."""
    clock = VirtualClock(datetime.now(UTC))
    with SimulatedAzure(clock) as azure:
        yield Scene(azure, clock)


def ended(url: str, patience: float = 60) -> dict[str, Any]:
    """Return an instance's status once it has ended."""
    deadline = time.monotonic() + patience
    with requests.Session() as session:
        while True:
            answer = session.get(url, timeout=10)
            status: dict[str, Any] = answer.json() if answer.status_code in (200, 202) else {}
            if status.get("runtimeStatus") in ("Completed", "Failed", "Terminated"):
                return status
            assert time.monotonic() < deadline, f"not over after {patience} s: {status}"


@pytest.mark.timeout(300)  # the first run on a machine installs the libraries
def test_unpacked_in_an_empty_folder_it_rotates(
    package: Package, environment: Environment, scene: Scene, tmp_path: Path
) -> None:
    app, report = tmp_path / "app", tmp_path / "modules.json"
    with zipfile.ZipFile(package.path) as archive:
        archive.extractall(app)
    before = scene.secret(connection_string=True)
    event = message(cloud_event(scene.vault.host, SECRET, before.version))
    with ServerProcess(
        command(environment.python, app, environment.host_folder, report),
        r"Host started\. Listening on http://127\.0\.0\.1:(\d+)",
        cwd=tmp_path,
        environment=scene.azure.environment | SETTINGS,
    ) as host:
        url = f"http://127.0.0.1:{host.port}"
        alive = requests.get(f"{url}/api/IsAlive", timeout=10)
        page = requests.get(f"{url}/api/status", timeout=10)
        invoked = requests.post(f"{url}/admin/functions/rotate_on_vault_event", json={"input": event}, timeout=10)
        instance = instance_id(scene.request(before.version))
        status = ended(f"{url}/runtime/webhooks/durabletask/instances/{instance}")
    assert alive.json()["isAlive"] is True
    assert page.content == (WEB / "status.html").read_bytes()
    assert invoked.status_code == 202
    assert status["output"]["outcome"] == "rotated"
    assert status["output"]["verified"] == "data-plane"
    assert scene.holds("key2")
    assert scene.works()
    assert scene.azure.refused_hosts == []
    assert astray(json.loads(report.read_text()), app, environment) == {}


def astray(files: dict[str, str | None], app: Path, environment: Environment) -> dict[str, str]:
    """Return the modules that came from elsewhere than they would on Azure, where there is no host of ours to lend."""
    assert {name.partition(".")[0] for name in files} >= OURS
    library = standard_library(environment.python)

    def belongs(name: str, file: Path) -> bool:
        top = name.partition(".")[0]
        if top in OURS:
            return file.is_relative_to(app)
        if top in ("dev", "croniter"):
            return file.is_relative_to(environment.host_folder)
        in_library = file.is_relative_to(library) and "site-packages" not in file.relative_to(library).parts
        return in_library or file.is_relative_to(environment.folder)

    return {name: file for name, file in files.items() if file and not belongs(name, Path(file))}


def standard_library(python: Path) -> Path:
    code = "import sysconfig; print(sysconfig.get_path('stdlib'))"
    told = subprocess.run([python, "-I", "-c", code], check=True, capture_output=True, text=True)  # noqa: S603
    return Path(told.stdout.strip())
