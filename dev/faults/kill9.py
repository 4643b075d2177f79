"""A real host process, really killed, at random moments of a burst; then started again on the same state file.

The moment is the nth call to Azure, at a random one of its sides and a few milliseconds into it, so that other
activities, episodes and commits are cut wherever they happen to be.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests

from dev.clock import SystemClock
from dev.simulators import SimulatedAzure, StorageAccount, Vault
from rotation.ids import instance_id
from rotation.request import RotationRequest

from .arena import APP, SETTINGS, VAULTS
from .canaries import search
from .events import near_expiry

_BURST = 4
_DAY = timedelta(days=1)
_CALLS = 18
"""About as many calls as one rotation of a burst makes before the next begins to wait."""


class Killings:
    """One Azure, one state file, and a host that is killed again and again."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._chooser = random.Random(seed)
        self._folder = folder
        self._azure = SimulatedAzure(SystemClock(), seed=seed)
        self._vault: Vault
        self._secrets: dict[str, StorageAccount] = {}
        self._events: list[dict[str, Any]] = []
        self._instances: list[str] = []
        self._answers: list[str] = []

    def run(self, kills: int) -> list[str]:
        """Kill the host so many times, let the last one end everything, and name what is wrong then."""
        with self._azure:
            self._vault, _ = (self._azure.add_vault(name) for name in VAULTS)
            for _ in range(kills):
                self._seed_burst()
                self._start_and_kill()
            return self._finish()

    def _seed_burst(self) -> None:
        self._events = []
        for _ in range(_BURST):
            number = len(self._secrets)
            account = self._azure.add_storage_account(
                f"burst{number}store", created=self._azure.clock.now() - 400 * _DAY
            )
            name = f"burst-{number}"
            tags = {"ProviderAddress": account.resource_id, "CredentialId": "key1"}
            expires_on = self._azure.clock.now() + 20 * _DAY
            value = account.connection_string("key1") if number % 2 else account.key("key1")
            version = self._vault.set_secret(name, value, tags=tags, expires_on=expires_on)
            self._azure.watch(self._vault, name, account)
            self._secrets[name] = account
            self._events.append(near_expiry(self._vault.host, name, version.version))
            self._instances.append(instance_id(RotationRequest(self._vault.host, name, version.version)))

    def _start_and_kill(self) -> None:
        with (self._folder / "output.txt").open("ab") as output:
            process, url = self._serve(output)
            self._azure.faults.clear()
            self._azure.faults.add(
                "*",
                nth=self._chooser.randint(1, _BURST * _CALLS),
                when=self._chooser.choice(("before", "after")),
                delay=timedelta(milliseconds=self._chooser.randint(0, 15)),
                callback=lambda: os.kill(process.pid, signal.SIGKILL),
            )
            try:
                self._deliver(url)
                while not self._all_ended(url):
                    pass
            except requests.RequestException:
                pass  # the kill has come
            process.kill()
            process.wait()
            self._azure.faults.clear()

    def _finish(self) -> list[str]:
        with (self._folder / "output.txt").open("ab") as output:
            process, url = self._serve(output)
            try:
                self._deliver(url)  # what was not checkpointed comes again
                while not self._all_ended(url):
                    pass
                problems = [problem for instance in self._instances for problem in self._ending(url, instance)]
            finally:
                process.kill()
                process.wait()
        return problems + self._promises() + self._leaks()

    def _serve(self, output: Any) -> tuple["subprocess.Popen[bytes]", str]:
        state = self._folder / "state.sqlite"
        command = [sys.executable, "-m", "dev.embedded_host", "--app", str(APP), "--port", "0", "--state", str(state)]
        outside = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "MSI_"))}
        process = subprocess.Popen(  # noqa: S603 - this interpreter, our own module
            command,
            cwd=APP,
            stdout=subprocess.PIPE,
            stderr=output,
            env=outside | self._azure.environment | SETTINGS | {"PYTHONPATH": str(APP)},
        )
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        for line in process.stdout:
            output.write(line)
            if line.startswith(b"Host started. Listening on "):
                return process, line.split()[-1].decode()
        raise RuntimeError("the host did not start: see its output")

    def _deliver(self, url: str) -> None:
        body = {"input": json.dumps(self._events)}
        requests.post(f"{url}/admin/functions/rotate_on_vault_event", json=body, timeout=30).raise_for_status()

    def _all_ended(self, url: str) -> bool:
        newest = self._instances[-_BURST:]
        known = requests.get(f"{url}/runtime/webhooks/durabletask/instances?instanceIdPrefix=rotate-", timeout=30)
        self._answers.append(known.text)
        statuses = {one["instanceId"]: one["runtimeStatus"] for one in known.json()}
        return set(newest) <= set(statuses) and not {"Pending", "Running"} & set(statuses.values())

    def _ending(self, url: str, instance: str) -> list[str]:
        answer = requests.get(
            f"{url}/runtime/webhooks/durabletask/instances/{instance}?showHistory=true&showHistoryOutput=true",
            timeout=30,
        )
        self._answers.append(answer.text)
        if answer.status_code == 404:
            return []  # its batch was lost with the host before it was taken in; the Event Hub would bring it again
        status = answer.json()
        return [] if status["runtimeStatus"] == "Completed" else [f"{instance}: {status['output']}"]

    def _promises(self) -> list[str]:
        problems = [f"{each.secret} broken since {each.change}" for each in self._azure.invariant_violations]
        for name, account in self._secrets.items():
            made = {slot: len(account.key_history(slot)) - 1 for slot in ("key1", "key2")}
            if made["key1"] or made["key2"] > 1:
                problems.append(f"{name}: slots were regenerated {made}")
            if len(self._vault.versions(name)) > 2:
                problems.append(f"{name} has {len(self._vault.versions(name))} versions")
        return problems

    def _leaks(self) -> list[str]:
        files = [path.read_bytes().decode("latin-1") for path in sorted(self._folder.iterdir())]
        keys = [made.value.reveal() for account in self._secrets.values() for made in account.key_history()]
        return [f"a credential shows: {found}" for found in search("\n".join([*files, *self._answers]), keys)]


def kill_again_and_again(kills: int, seed: int) -> list[str]:
    """Kill a host so many times and name every promise broken."""
    with tempfile.TemporaryDirectory() as folder:
        return Killings(Path(folder), seed).run(kills)
