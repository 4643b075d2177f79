"""The promise of rotation, checked at every change of state instead of at the end.

"The newest enabled version of a managed secret is a credential that its provider accepts." A secret is
watched from the moment that a test registers it. A violation is recorded when the promise breaks, not again
while it stays broken.
"""

from dataclasses import dataclass
from datetime import datetime

from .key_holder import KeyHolder
from .vault import Vault
from .world import World


@dataclass(frozen=True)
class Violation:
    """When the promise broke, for which secret, and which change broke it."""

    time: datetime
    vault: str
    secret: str
    version: str
    change: str


@dataclass
class _Watched:
    vault: Vault
    secret: str
    account: KeyHolder
    broken: bool = False

    def holds(self) -> bool:
        newest = next((each for each in reversed(self.vault.versions(self.secret)) if each.enabled), None)
        return newest is None or self.account.takes(newest.value.reveal())


class Invariant:
    """Watches secrets and keeps the violations."""

    def __init__(self, world: World) -> None:
        self.violations: list[Violation] = []
        self._world = world
        self._watched: list[_Watched] = []
        world.listeners.append(self._check)

    def watch(self, vault: Vault, secret: str, account: KeyHolder) -> None:
        """Check a secret from now on, beginning with this instant."""
        with self._world.lock:
            self._watched.append(_Watched(vault, secret, account))
            self._check("watched")

    def clear(self) -> None:
        """Watch nothing any more."""
        with self._world.lock:
            self._watched.clear()
            self.violations.clear()

    def _check(self, change: str) -> None:
        for each in self._watched:
            holds = each.holds()
            if not holds and not each.broken:
                version = each.vault.current(each.secret).version
                self.violations.append(Violation(self._world.now(), each.vault.name, each.secret, version, change))
            each.broken = not holds


def account_key(value: str) -> str:
    """Return the account key in a secret's value: a connection string's `AccountKey`, or the value itself."""
    fields = (part.partition("=") for part in value.split(";"))
    return next((key for name, _, key in fields if name.strip().lower() == "accountkey"), value)
