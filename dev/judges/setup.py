"""`python -m dev.judges.setup`: install the judges, each from its package registry by the registry's own client.

Nothing is done for what is there already. What can't be had is said loudly and written down: its tests then skip with
that reason, or fail where `CI=true`.
"""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from .components import (
    AZURITE,
    CHROMIUM,
    CHROMIUM_NAMES,
    COMPONENTS,
    KUSTO,
    KUSTO_FILES,
    LOWKEY_VAULT,
    LOWKEY_VAULT_COORDINATES,
    NPM,
    PAGE_CHECKS,
    PAGE_FILES,
    PIP,
    POSTGRESQL,
    POSTGRESQL_PACKAGE,
    WORKER_ENGINE,
    Component,
    UnavailableError,
)

_MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
_JAVA = 17
_PYTHON = (3, 13)
_PATIENCE = 600  # seconds
_COLOUR = re.compile("\x1b\\[[0-9;]*m")
_apt = threading.Lock()


def main() -> None:
    """Install what is missing, side by side, and say what can't be had."""
    wanted = [component for component in COMPONENTS if not component.is_settled()]
    if wanted:
        sys.stderr.write(f"setting up {', '.join(component.name for component in wanted)} for the contract tests …\n")
    with ThreadPoolExecutor() as workers:
        list(workers.map(_set_up, wanted))
    for component in COMPONENTS:
        if complaint := component.why_missing():
            sys.stderr.write(f"!!! NO JUDGE {component.name}: {complaint}\n")


def _set_up(component: Component) -> None:
    shutil.rmtree(component.home, ignore_errors=True)
    component.home.mkdir(parents=True)
    try:
        _INSTALLERS[component.name](component.home)
    except UnavailableError as complaint:
        component.record(str(complaint))
    else:
        component.record(None)


def _install_from_npm(files: Path, home: Path) -> None:
    _tool("node", "nodejs")
    npm = _tool("npm", "npm")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(files / name, home)
    # Install scripts are not needed, and not run.
    _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], home)


def _install_lowkey_vault(home: Path) -> None:
    java, maven = shutil.which("java"), shutil.which("mvn")
    if java is None or maven is None:
        raise UnavailableError("java and mvn are needed (on Debian: apt-get install default-jre-headless maven)")
    version = _run([java, "-XshowSettings:properties", "-version"], home)
    lines = [line.partition("=") for line in version.splitlines()]
    found = next((value.strip() for name, _, value in lines if name.strip() == "java.specification.version"), "unknown")
    if not found.isdecimal() or int(found) < _JAVA:
        raise UnavailableError(f"it needs Java {_JAVA} or newer, java is {found}")
    # -C: a download that does not match the registry's checksum is refused; -U: an earlier failure is no answer.
    arguments = [f"-Dartifact={LOWKEY_VAULT_COORDINATES}", f"-DoutputDirectory={home}", "-Dmdep.stripVersion=true"]
    _run([maven, "-B", "-q", "-C", "-U", _MAVEN_COPY, *arguments], home)


def _install_worker_engine(home: Path) -> None:
    python = _python()
    _run([python, "-m", "venv", str(home)], home)
    pip = [str(home / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--requirement", str(PIP / "worker-engine.txt")], home)


def _install_chromium(home: Path) -> None:
    with _apt:
        if find_chromium() is None and os.geteuid() == 0:
            _apt_install(CHROMIUM_NAMES[0])
    found = find_chromium()
    if found is None:
        raise UnavailableError(f"there is no Chromium (on Debian: apt-get install {CHROMIUM_NAMES[0]})")
    (home / CHROMIUM.relative).symlink_to(found)


def find_chromium() -> str | None:
    """Find a browser that starts: Ubuntu's package of that name is only a hint to install another one."""
    for path in filter(None, map(shutil.which, CHROMIUM_NAMES)):
        if subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:  # noqa: S603
            return path
    return None


def _install_postgresql(home: Path) -> None:
    with _apt:
        if find_postgresql() is None and os.geteuid() == 0:
            _apt_install(POSTGRESQL_PACKAGE)
    found = find_postgresql()
    if found is None:
        raise UnavailableError(f"there is no PostgreSQL (on Debian: apt-get install {POSTGRESQL_PACKAGE})")
    (home / POSTGRESQL.relative).symlink_to(found)


def find_postgresql() -> Path | None:
    """Find the folder of the newest server's programs: Debian keeps those of every version apart, off the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    found = shutil.which("initdb")
    return next((path.parent for path in (*reversed(debian), *([Path(found)] if found else []))), None)


_INSTALLERS: dict[str, Callable[[Path], None]] = {
    AZURITE.name: partial(_install_from_npm, NPM),
    LOWKEY_VAULT.name: _install_lowkey_vault,
    WORKER_ENGINE.name: _install_worker_engine,
    KUSTO.name: partial(_install_from_npm, KUSTO_FILES),
    PAGE_CHECKS.name: partial(_install_from_npm, PAGE_FILES),
    CHROMIUM.name: _install_chromium,
    POSTGRESQL.name: _install_postgresql,
}


def _tool(name: str, package: str) -> str:
    """Find a command; where this is a CI machine of ours, install it."""
    with _apt:
        if shutil.which(name) is None and os.environ.get("CI") == "true" and os.geteuid() == 0:
            _apt_install(package)
    found = shutil.which(name)
    if found is None:
        raise UnavailableError(f"{name} is not installed (on Debian: apt-get install {package})")
    return found


def _apt_install(package: str) -> None:
    apt = shutil.which("apt-get")
    if apt is None:
        return
    _run([apt, "update", "-qq"], Path("/"))
    _run([apt, "install", "-qq", "-y", "--no-install-recommends", package], Path("/"))


def _python() -> str:
    """Find an interpreter of the version that the engine runs on; pyenv's may not be on the PATH, and its shims lie."""
    name = ".".join(map(str, _PYTHON))
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates = [shutil.which(f"python{name}"), *map(str, sorted(pyenv.glob(f"{name}*/bin/python")))]
    for candidate in filter(None, candidates):
        check = f"import sys, venv; sys.exit(sys.version_info[:2] != {_PYTHON})"
        if subprocess.run([candidate, "-c", check], capture_output=True, check=False).returncode == 0:  # noqa: S603
            return candidate
    raise UnavailableError(f"there is no Python {name} on the PATH or in pyenv")


def _run(command: Sequence[str], folder: Path) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the clients of the package registries
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=_PATIENCE
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"{Path(command[0]).name} took more than {_PATIENCE} s") from error
    if done.returncode != 0:
        output = _COLOUR.sub("", done.stdout + done.stderr)
        said = [line.strip() for line in output.splitlines() if line.strip()]
        errors = [line for line in said if "error" in line.lower()] or said
        raise UnavailableError(f"{Path(command[0]).name} failed: {errors[0][:300] if errors else 'without a word'}")
    return done.stdout + done.stderr


if __name__ == "__main__":
    main()
