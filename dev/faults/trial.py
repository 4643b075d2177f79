"""One case: seed a stage, plant the blows, announce the secrets, let time pass, mend, restart, and look.

The end is what an operator and Key Vault would bring about: what was broken from outside is mended, failed instances
are restarted, and versions that are near their expiry are announced again. Then everything must be well.
"""

import json
import threading
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

import bootstrap
from azure_clients import pacing
from dev.clock import VirtualClock
from dev.embedded_host import EmbeddedHost
from dev.simulators import SimulatedAzure
from rotation.ids import instance_id
from rotation.request import RotationRequest

from .arena import APP, Arena
from .events import near_expiry
from .ledger import Ledger
from .outsider import Outsider
from .scenarios import Scenario
from .stage import DAY, Stage

_LONGEST = 40 * DAY
_PATIENCE = 10.0


class StuckError(Exception):
    """Something will never end."""


class Trial:
    """One case under way."""

    def __init__(self, arena: Arena, scenario: Scenario, state: Path | None = None) -> None:
        self.scenario = scenario
        self.ledger = Ledger()
        self.instances: list[str] = []
        self.statuses: dict[str, dict[str, Any]] = {}
        self.restarts = 0
        self._arena = arena
        self._state = state
        self._delivered = threading.Event()
        arena.clear(cold=scenario.cold)
        self.stage = Stage(arena)
        arena.listener = self.ledger.changed
        self.secrets = scenario.seed(self.stage)
        self.ledger.begin(self.stage)
        self.outsider = Outsider(self.stage, self.ledger, self.stage.managed[self.secrets[0]])
        self.began = self.clock.now()
        self.host = EmbeddedHost(APP, clock=self.clock, state=state)
        self._killed = False

    @property
    def azure(self) -> SimulatedAzure:
        """The Azure that it happens in."""
        return self._arena.azure

    @property
    def clock(self) -> VirtualClock:
        """The clock that it goes by."""
        return self._arena.clock

    def __enter__(self) -> Self:
        self.host.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.host.close()

    # --- what blows do ------------------------------------------------------------------------------------

    def lose_worker(self) -> None:
        """Let what the worker process remembers go with it."""
        self.ledger.note("the worker dies")
        bootstrap.inventory.cache_clear()
        bootstrap.consumers.cache_clear()
        pacing.ways.cache_clear()

    def kill_host(self) -> None:
        """Kill the host, once the event has been taken in."""
        self._delivered.wait(_PATIENCE)
        self.ledger.note("the host is killed")
        self._killed = True
        self.host.kill()

    def cut_off(self, lasting: timedelta) -> None:
        """Take all of Azure off the app's network for a while."""
        hosts = ["management.azure.com", self.stage.vault.host]
        hosts += [host for account in self.stage.accounts for host in account.hosts]
        self.ledger.note(f"no connections for {lasting}")

        def switch(*, on: bool) -> None:
            for host in hosts:
                self.azure.set_reachable(host, on)

        switch(on=False)
        self.clock.call_at(self.clock.now() + lasting, lambda: switch(on=True))

    def sweep(self) -> list[dict[str, Any]]:
        """Sweep once, let the copying that it starts come to its end, and return how that went."""
        self.run([self.host.start("sweep_vaults", "sweep", None)])
        url = f"{self.host.url}/runtime/webhooks/durabletask/instances?instanceIdPrefix=replicate-"
        answer = requests.get(url, timeout=30)
        answer.raise_for_status()
        return self.run([row["instanceId"] for row in answer.json()])

    # --- what happens -------------------------------------------------------------------------------------

    def announce(self, names: Iterable[str] | None = None) -> list[str]:
        """Deliver one batch with an event for the current version of each secret that is near its expiry."""
        due = [
            current
            for name in sorted(self.stage.managed if names is None else names)
            if (current := self.stage.vault.find(name)) is not None
            and current.expires_on is not None
            and current.expires_on < self.clock.now() + 30 * DAY
        ]
        batch = [near_expiry(self.stage.vault.host, version.name, version.version) for version in due]
        requests.post(
            f"{self.host.url}/admin/functions/rotate_on_vault_event", json={"input": json.dumps(batch)}, timeout=30
        ).raise_for_status()
        self._delivered.set()
        found = [instance_id(self._request(version.name, version.version)) for version in due]
        self.instances += [instance for instance in found if instance not in self.instances]
        return found

    def force(self, name: str, instance: str) -> str:
        """Rotate a secret now, due or not, as a person does."""
        request = self._request(name, self.stage.vault.current(name).version, force=True)
        self.instances.append(self.host.start("rotate_secret", instance, request.to_json()))
        return instance

    def restart(self, instance: str, *, new_id: bool) -> str:
        """Restart an instance and return the id of the new one."""
        made = self.host.restart(instance, new_id=new_id)
        self.restarts += 1
        self.ledger.note(f"restart of {instance}" + (" under a new id" if new_id else ""))
        if made not in self.instances:
            self.instances.append(made)
        return made

    def run(self, instances: list[str]) -> list[dict[str, Any]]:
        """Let virtual time pass until these have ended, and return their statuses.

        Raises:
            StuckError: They never do.
        """
        latest = self.clock.now() + _LONGEST
        while True:
            self._revive()
            statuses = [self._status(instance) for instance in instances]
            waiting = [one for one in statuses if one["runtimeStatus"] in ("Pending", "Running")]
            if not waiting and not self._killed:
                return statuses
            due = self.clock.next_due()
            if due is None or due > latest:
                raise StuckError(f"never ends: {waiting[0]['instanceId']}: {waiting[0]['customStatus']}")
            self.clock.advance(max(due - self.clock.now(), timedelta(0)))

    def locks(self) -> list[dict[str, Any]]:
        """Return the state of every account's lock."""
        url = f"{self.host.url}/runtime/webhooks/durabletask/entities/resourcelock?fetchState=true"
        answer = requests.get(url, timeout=30)
        answer.raise_for_status()
        return [entity["state"] for entity in answer.json() if entity["state"]]

    def stored(self) -> str:
        """Return all that the hosts of this case have stored and sent, the state file's bytes included."""
        files = sorted(self._state.parent.glob(f"{self._state.name}*")) if self._state else []
        return "\n".join([self.host.dump(), *(file.read_bytes().decode("latin-1") for file in files)])

    def pass_time(self, by: timedelta) -> None:
        """Let time pass."""
        self._revive()
        self.clock.advance(by)

    def _revive(self) -> None:
        """Start a new host on what a killed one has left."""
        self.host.wait_idle()
        if not self._killed:
            return
        self._killed = False
        bootstrap.inventory.cache_clear()
        bootstrap.consumers.cache_clear()
        pacing.ways.cache_clear()
        self.host = EmbeddedHost(APP, clock=self.clock, state=self._state)
        self.host.open()
        self.host.wait_idle()

    def _status(self, instance: str) -> dict[str, Any]:
        if self._killed:
            return {"instanceId": instance, "runtimeStatus": "Running", "customStatus": "its host was killed"}
        status = self.host.status(instance)
        if status is None:  # the host died before it had taken in the whole batch, which is delivered again
            self.announce()
            self.host.wait_idle()
            status = self.host.status(instance)
        if status is None:
            raise StuckError(f"{instance} does not exist")
        self.statuses[instance] = status
        return status

    def _request(self, name: str, version: str, *, force: bool = False) -> RotationRequest:
        return RotationRequest(self.stage.vault.host, name, version, force=force)
