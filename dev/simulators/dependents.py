"""The promise to a consumer with references, checked at every change of state: what it goes on with is accepted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from .key_holder import KeyHolder
from .vault import SecretVersion
from .world import World


@dataclass(frozen=True)
class CutOff:
    """When a consumer was refused for the first time, with which version, and which change brought that about."""

    time: datetime
    consumer: str
    version: str
    value_of: SecretVersion
    change: str


@dataclass
class _Dependent:
    name: str
    holds: Callable[[], SecretVersion | None]
    account: KeyHolder
    broken: bool = False


class Dependents:
    """Watches consumers and keeps what befell them."""

    def __init__(self, world: World) -> None:
        self.cut_off: list[CutOff] = []
        self._world = world
        self._watched: list[_Dependent] = []
        self._checking = False
        world.listeners.append(self._check)

    def watch(self, name: str, holds: Callable[[], SecretVersion | None], account: KeyHolder) -> None:
        """Check a consumer from now on, beginning with this instant."""
        with self._world.lock:
            self._watched.append(_Dependent(name, holds, account))
            self._check("watched")

    def clear(self) -> None:
        """Watch nobody any more."""
        with self._world.lock:
            self._watched.clear()
            self.cut_off.clear()

    def _check(self, change: str) -> None:
        if self._checking:
            return  # looking at a site may let it resolve its references, which is a change
        self._checking = True
        try:
            for each in self._watched:
                held = each.holds()
                works = held is None or each.account.takes(held.value.reveal())
                if held is not None and not works and not each.broken:
                    self.cut_off.append(CutOff(self._world.now(), each.name, held.version, held, change))
                each.broken = not works
        finally:
            self._checking = False
