"""The app on the embedded host, its task hub in a file; a host that is killed is followed by another."""

import json
from datetime import datetime
from pathlib import Path

import requests

import bootstrap
from dev.embedded_host import EmbeddedHost
from rotation.instance import Instance

from .contender import DOWN
from .notices import Event
from .stage import Stage

_APP = Path(__file__).parents[3]


class Ours:
    """The app and its host."""

    def __init__(self, stage: Stage, state: Path) -> None:
        self._clock = stage.clock
        self._vault = stage.vault
        self._state = state
        self._inbox: list[Event] = []
        self._in_hand: list[Event] = []
        self._down_until: datetime | None = None
        self.host = self._open()

    def _open(self) -> EmbeddedHost:
        host = EmbeddedHost(_APP, clock=self._clock, state=self._state)
        host.open()
        return host

    def deliver(self, event: Event) -> None:
        """Take one event in, as the Event Hub does."""
        self._inbox.append(event)

    def step(self) -> None:
        """Start a new host where the last was killed; hand over what has arrived, in one batch."""
        self.host.wait_idle()
        if self._down_until is not None:
            if self._clock.now() < self._down_until:
                return
            self._down_until = None
            bootstrap.inventory.cache_clear()
            self.host = self._open()
            # The last batch comes again: its checkpoint may not have been written.
            self._inbox = self._in_hand + self._inbox
        self._in_hand, self._inbox = self._inbox, []
        if self._in_hand:
            url = f"{self.host.url}/admin/functions/rotate_on_vault_event"
            requests.post(url, json={"input": json.dumps(self._in_hand)}, timeout=30).raise_for_status()
            self.host.wait_idle()

    def kill_worker(self) -> None:
        """Let the worker process die, with all that it has in hand and remembers."""
        bootstrap.inventory.cache_clear()
        self.host.kill_worker()

    def kill_host(self) -> None:
        """Kill the host."""
        if self._down_until is None:
            self._down_until = self._clock.now() + DOWN
            self._clock.call_at(self._down_until, lambda: None)
            self.host.kill()

    def failed(self) -> list[str]:
        """Name the failed rotations of versions that are current still, and why they failed."""
        self.step()
        url = f"{self.host.url}/runtime/webhooks/durabletask/instances"
        listed = requests.get(url, {"runtimeStatus": "Failed", "instanceIdPrefix": "rotate-"}, timeout=30).json()
        failed = [Instance.from_json(row) for row in listed]
        current = {self._vault.current(name).version: name for name in self._vault.names()}
        return [
            f"{current[version]}: {one.facts.get('reason') or one.output}"
            for one in failed
            if (version := one.input["version"]) in current
        ]

    def close(self) -> None:
        """Stop the host."""
        if self._down_until is None:
            self.host.close()
