"""Ten thousand secrets in one vault, swept by the app in a process of its own: memory, time, calls to Azure.

First with nothing due, which is what most nights are; then with a share of them due and no event for any. Time is the
machine's own, with simulated Azure in this very process beside the app's: seconds are an upper bound.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from dev.clock import VirtualClock
from dev.faults.arena import SETTINGS, VAULTS
from dev.judges.process import ServerProcess
from dev.simulators import SimulatedAzure, Vault

from .figures import Figure, Section, at_least, at_most
from .options import Options

APP = Path(__file__).parents[2]
LISTED = 10_000
_MOST_DUE = 1000
_AT_WORK = 50
_DAY = timedelta(days=1)
_PATIENCE = 1800.0
_LISTENING = r"Host started\. Listening on http://127\.0\.0\.1:(\d+)"


@dataclass(frozen=True)
class Night:
    """What one sweep took."""

    report: dict[str, Any]
    seconds: float
    megabytes: float
    """How much the app's process has grown to at most."""
    calls: dict[str, int]


def run(options: Options) -> Section:
    """Measure a quiet night and a busy one."""
    due = min(options.secrets, _MOST_DUE)
    quiet, busy = measure(LISTED, 0), measure(LISTED, due)
    figures = [
        at_least("secrets listed per call", LISTED / quiet.calls["keyvault.listSecrets"], "secrets", 24),
        at_most("calls to Azure, nothing due", _total(quiet.calls), "calls", LISTED / 25 + 10),
        at_most("time, nothing due", quiet.seconds, "s", 120),
        at_most("memory, nothing due", quiet.megabytes, "MB", 150),
        at_most("listings of the vault, some due", busy.calls["keyvault.listSecrets"] / (LISTED / 25), "listings", 1.1),
        Figure(f"time until {due} due ones are started", busy.seconds, "s"),
        Figure("calls to Azure for each that was due", (_total(busy.calls) - _total(quiet.calls)) / due, "calls"),
    ]
    notes = [
        f"{LISTED:,} managed secrets in one vault, of which {due:,} are due on the busy night, each alone on an "
        f"account; at most {_AT_WORK} of the sweep's rotations are at work at a time. Memory is what the process grows "
        "by, the SDK's own included. Calls of the busy night include those of the rotations."
    ]
    return Section("A sweep of ten thousand secrets", figures, notes)


def measure(listed: int, due: int) -> Night:
    """Sweep a vault of `listed` secrets, of which `due` are due, until all of these have been started."""
    clock = VirtualClock(datetime.now(UTC))
    with SimulatedAzure(clock) as azure:
        _seed(azure, clock, listed, due)
        with _app(azure) as (url, pid):
            requests.get(f"{url}/api/IsAlive", timeout=30).raise_for_status()
            before, began = _resident(pid, "VmRSS"), time.monotonic()
            answer = requests.post(
                f"{url}/runtime/webhooks/durabletask/orchestrators/sweep_vaults/sweep", json={}, timeout=30
            )
            answer.raise_for_status()
            report = _started(url)
            seconds = time.monotonic() - began
            if due:
                _ended(url, due)
            return Night(report, seconds, _resident(pid, "VmHWM") - before, azure.calls_by_operation())


def _seed(azure: SimulatedAzure, clock: VirtualClock, listed: int, due: int) -> Vault:
    vault, _ = (azure.add_vault(name) for name in VAULTS)
    now = clock.now()
    shared = azure.add_storage_account("sweepshared", created=now - 400 * _DAY)
    for number in range(listed):
        is_due = number < due
        account = azure.add_storage_account(f"sweep{number:05}", created=now - 400 * _DAY) if is_due else shared
        vault.set_secret(
            f"secret-{number:05}",
            account.key("key1"),
            tags={"ProviderAddress": account.resource_id, "CredentialId": "key1", "owner": "payments"},
            expires_on=now + (20 if is_due else 80) * _DAY,
        )
    return vault


@contextmanager
def _app(azure: SimulatedAzure) -> Iterator[tuple[str, int]]:
    """Run the app in a process of its own; yield its address and the process's id."""
    command = [sys.executable, "-m", "dev.embedded_host", "--app", str(APP), "--port", "0"]
    environment = azure.environment | SETTINGS | {"MAX_CONCURRENT_ROTATIONS": str(_AT_WORK), "REPLICA_VAULTS": ""}
    with ServerProcess(command, _LISTENING, cwd=APP, environment=environment) as server:
        yield f"http://127.0.0.1:{server.port}", server.pid


def _started(url: str) -> dict[str, Any]:
    """Wait until the sweep has started everything that is due, and return its numbers."""
    for _ in _patiently():
        status = requests.get(f"{url}/runtime/webhooks/durabletask/instances/sweep", timeout=60).json()
        shown: dict[str, Any] = status["customStatus"] or {}
        if shown.get("looksFor") == "stuck":
            return shown
    raise TimeoutError(f"the sweep was not over after {_PATIENCE} s")


def _ended(url: str, many: int) -> None:
    query = {"instanceIdPrefix": "rotate-", "runtimeStatus": "Completed", "top": str(many), "showInput": "false"}
    for _ in _patiently():
        found = requests.get(f"{url}/runtime/webhooks/durabletask/instances", params=query, timeout=60).json()
        if len(found) == many:
            return
    raise TimeoutError(f"not all rotations were over after {_PATIENCE} s")


def _patiently() -> Iterator[None]:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        yield
        time.sleep(0.5)


def _resident(pid: int, field: str) -> float:
    """Return how much memory a process has (`VmRSS`), or has had at most (`VmHWM`), in MB."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:")) / 1024


def _total(calls: dict[str, int]) -> int:
    return sum(many for operation, many in calls.items() if operation not in ("keyvault.challenge", "identity.token"))
