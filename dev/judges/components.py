"""What is installed of each judge, where, and whether it can be used."""

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".venv-judges"
HERE = Path(__file__).parent
NPM = HERE / "npm"
PIP = HERE / "pip"
KUSTO_FILES = HERE / "kusto"
PAGE_FILES = HERE / "page"

LOWKEY_VAULT_COORDINATES = "com.github.nagyesta.lowkey-vault:lowkey-vault-app:3.4.33"
"""The newest release whose app runs on Java 17."""

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""What the browser may be called; the first is also the name of Debian's package."""

POSTGRESQL_PACKAGE = "postgresql"
"""Debian's package, of whatever version is in the distribution."""

_RECORD = "installed.json"
_ASK_AGAIN = 3600  # seconds after which what could not be had is tried again


class UnavailableError(Exception):
    """A judge can't be had on this machine; the text says what is missing and what would help."""


@dataclass(frozen=True)
class Component:
    """One judge, as installed."""

    name: str
    pins: Callable[[], bytes] = field(repr=False)
    """What decides about what is installed; it is installed anew when that changes."""
    relative: str
    """The file, under its folder, that must be there for it to work."""
    required_in_ci: bool = True
    named_by: str | None = None
    """An environment variable that may name the file instead."""

    @property
    def home(self) -> Path:
        """Its folder."""
        return HOME / self.name

    @property
    def artifact(self) -> Path:
        """The file that is run."""
        named = os.environ.get(self.named_by) if self.named_by else None
        return Path(named) if named else self.home / self.relative

    def why_missing(self) -> str | None:
        """Tell why it can't be used; None if it can."""
        if self.named_by and os.environ.get(self.named_by):
            return None if self.artifact.exists() else f"{self.named_by} names no file"
        record = self._read()
        if record.get("pins") != self._digest():
            return "it has not been set up: run `make setup`"
        complaint = record.get("complaint")
        if complaint is None and not self.artifact.exists():
            return f"{self.artifact.name} has vanished: run `make setup`"
        if complaint is not None and self.named_by:
            return f"{complaint} (or get {self.artifact.name} otherwise, and name it with {self.named_by})"
        return complaint

    def is_settled(self) -> bool:
        """Tell whether setting it up again would change nothing, or was tried in vain just now."""
        record = self._read()
        if record.get("pins") != self._digest():
            return False
        if record.get("complaint") is None:
            return self.artifact.exists()
        return os.environ.get("CI") != "true" and time.time() - float(record["at"] or 0) < _ASK_AGAIN

    def record(self, complaint: str | None) -> None:
        """Write down how setting it up went."""
        self.home.mkdir(parents=True, exist_ok=True)
        document = {"pins": self._digest(), "complaint": complaint, "at": str(time.time())}
        (self.home / _RECORD).write_text(json.dumps(document))

    def _read(self) -> dict[str, str | None]:
        try:
            document = json.loads((self.home / _RECORD).read_text())
        except (OSError, ValueError):
            return {}
        return document if isinstance(document, dict) else {}

    def _digest(self) -> str:
        return hashlib.sha256(self.pins()).hexdigest()


def _files(*paths: Path) -> Callable[[], bytes]:
    return lambda: b"\0".join(path.read_bytes() for path in paths)


AZURITE = Component(
    "azurite",
    _files(NPM / "package.json", NPM / "package-lock.json"),
    "node_modules/azurite/dist/src/blob/main.js",
)
LOWKEY_VAULT = Component(
    "lowkey-vault",
    LOWKEY_VAULT_COORDINATES.encode,
    "lowkey-vault-app.jar",
    # Its project does not publish the app's jar to every Maven repository; where it can be had, it is used.
    required_in_ci=False,
    named_by="LOWKEY_VAULT_JAR",
)
WORKER_ENGINE = Component(
    "worker-engine",
    _files(PIP / "worker-engine.txt"),
    "bin/python",
    # There need not be a second Python on a machine: where there is one, it is used.
    required_in_ci=False,
)
KUSTO = Component(
    "kusto",
    _files(KUSTO_FILES / "package.json", KUSTO_FILES / "package-lock.json"),
    "node_modules/@kusto/language-service-next/Kusto.Language.Bridge.min.js",
)
PAGE_CHECKS = Component(
    "page-checks",
    _files(PAGE_FILES / "package.json", PAGE_FILES / "package-lock.json"),
    "node_modules/axe-core/axe.min.js",
)
CHROMIUM = Component("chromium", "|".join(CHROMIUM_NAMES).encode, "chromium", named_by="CHROMIUM")
POSTGRESQL = Component("postgresql", POSTGRESQL_PACKAGE.encode, "bin", named_by="POSTGRESQL_BIN")
COMPONENTS = (AZURITE, LOWKEY_VAULT, WORKER_ENGINE, KUSTO, PAGE_CHECKS, CHROMIUM, POSTGRESQL)
