"""A Python that has what Azure would install for the app, requirements.txt, and nothing else.

It is kept under `.venv-package/` by version and made anew when requirements.txt or the interpreter changes. Beside it
lies the folder `host` with two links: `dev`, and `croniter`, the one library that the embedded host needs on top of the
app's. It goes to the very end of the path, so that it can lend those two names and shadow nothing.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uv

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".venv-package"
REQUIREMENTS = ROOT / "requirements.txt"

# What the app supports; Azure runs the version that bicep/modules/function-app.bicep names.
PYTHONS = ("3.11", "3.12", "3.13")

_PATIENCE = 600  # seconds
_LENT_LIBRARY = "croniter"


def find_python(version: str) -> Path | None:
    """Find an interpreter of that minor version: this one, on the PATH or in pyenv, whose shims may lie."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates = [
        Path(sys.base_prefix) / "bin" / f"python{version}",
        Path(shutil.which(f"python{version}") or ""),
        *sorted(pyenv.glob(f"{version}.*/bin/python")),
    ]
    check = f"import sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
    for path in filter(Path.is_file, candidates):
        if subprocess.run([path, "-c", check], capture_output=True, check=False).returncode == 0:  # noqa: S603
            return path
    return None


@dataclass(frozen=True)
class Environment:
    """A virtual environment, ready."""

    folder: Path
    host_folder: Path
    """What lends the embedded host, for the end of the path."""

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @classmethod
    def of(cls, interpreter: Path) -> "Environment":
        """Return the environment of an interpreter, made if need be; safe for several processes at once.

        Raises:
            RuntimeError: A library cannot be installed; the text is the installer's.
        """
        version = _run([interpreter, "-VV"]).strip()
        folder = HOME / "-".join(version.split()[:2]).lower()
        stamp = hashlib.sha256(f"{version}\n{interpreter}\n".encode() + REQUIREMENTS.read_bytes()).hexdigest()
        with _alone():
            host_folder = _lend_host()
            ready = folder / "ready"
            if not ready.is_file() or ready.read_text() != stamp:
                shutil.rmtree(folder, ignore_errors=True)
                _run([interpreter, "-m", "venv", "--without-pip", folder])
                _install(folder / "bin" / "python")
                ready.write_text(stamp)
        return cls(folder, host_folder)


@contextmanager
def _alone() -> Iterator[None]:
    HOME.mkdir(exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(python: Path) -> None:
    try:
        _run([uv.find_uv_bin(), "pip", "sync", "--quiet", "--python", python, REQUIREMENTS])
    except RuntimeError:
        # Ten times slower, and configured everywhere: where an index of one's own is in use, pip is what knows of it.
        pip: list[Path | str] = [sys.executable, "-m", "pip", "--python", python]
        _run([*pip, "install", "--quiet", "--disable-pip-version-check", "--requirement", REQUIREMENTS])


def _lend_host() -> Path:
    spec = importlib.util.find_spec(_LENT_LIBRARY)
    locations = spec.submodule_search_locations if spec else None
    if not locations:
        raise RuntimeError(f"{_LENT_LIBRARY} is not installed: run `make setup`")
    host = HOME / "host"
    host.mkdir(exist_ok=True)
    for name, target in (("dev", ROOT / "dev"), (_LENT_LIBRARY, Path(locations[0]))):
        link = host / name
        if not link.is_symlink() or link.readlink() != target:
            link.unlink(missing_ok=True)
            link.symlink_to(target, target_is_directory=True)
    return host


def _run(command: list[Path | str]) -> str:
    done = subprocess.run(  # noqa: S603 - an interpreter and uv
        list(map(str, command)), capture_output=True, text=True, check=False, timeout=_PATIENCE
    )
    if done.returncode != 0:
        raise RuntimeError(f"{Path(command[0]).name} failed: {done.stderr.strip()[-2000:]}")
    return done.stdout
