"""Azurite, an independent storage service, whose account keys can be rotated while it runs."""

import tempfile
import time
from contextlib import ExitStack
from email.utils import format_datetime
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType

from dev.simulators import StorageAccount
from dev.simulators.shared_key import signature, string_to_sign
from dev.simulators.wire import Request
from dev.simulators.world import machine_time

from .components import AZURITE, NPM
from .mounted import MountedService
from .process import ServerProcess

_LISTENING = r"successfully listens on http://127\.0\.0\.1:(\d+)"
_PATIENCE = 10  # seconds


class Azurite:
    """A running Azurite blob service."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._accounts: dict[str, tuple[str, ...]] = {}

    def __enter__(self) -> "Azurite":
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="azurite-")))
        self._write_accounts()
        options = "--blobHost 127.0.0.1 --blobPort 0 --inMemoryPersistence --skipApiVersionCheck --disableTelemetry"
        self._server = ServerProcess(
            [
                "node",
                "--require",
                str(NPM / "live_accounts.cjs"),
                "node_modules/azurite/dist/src/blob/main.js",
                *options.split(),
                "--silent",
            ],
            _LISTENING,
            cwd=AZURITE.home,
            environment={"ACCOUNTS_FILE": str(self._folder / "accounts")},
        )
        self._stack.enter_context(self._server)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def endpoint(self, account: str) -> str:
        """The path-style URL of an account."""
        return f"http://127.0.0.1:{self._server.port}/{account}"

    def standing_in_for(self, account: StorageAccount) -> MountedService:
        """Return a service that answers for an account's blob host, with the keys that it has at any time."""
        return MountedService(self._server.port, prepare=partial(self._follow, account))

    def _follow(self, account: StorageAccount) -> None:
        keys = tuple(each.value.reveal() for each in account.keys.accepted())
        if keys and keys != self._accounts.get(account.name):
            self.set_keys(account.name, *keys)

    def set_keys(self, account: str, *keys: str) -> None:
        """Let an account accept these keys (one or two) and no other; returns once that is so.

        Raises:
            TimeoutError: Azurite has not taken notice.
        """
        self._accounts[account] = keys
        self._write_accounts()
        deadline = time.monotonic() + _PATIENCE
        # The accounts change all at once: when the new keys are taken, the old ones are not.
        while not all(self._accepts(account, key) for key in keys):
            if time.monotonic() > deadline:
                raise TimeoutError(f"Azurite does not accept the new keys of {account}")
            time.sleep(0.01)

    def _write_accounts(self) -> None:
        text = ";".join(":".join((name, *keys)) for name, keys in self._accounts.items())
        draft = self._folder / "accounts.new"
        draft.write_text(text)
        draft.replace(self._folder / "accounts")

    def _accepts(self, account: str, key: str) -> bool:
        host, query = f"{account}.blob.core.windows.net", "comp=list"
        headers = {"x-ms-date": format_datetime(machine_time(), usegmt=True), "x-ms-version": "2025-01-05"}
        signed = signature(string_to_sign(Request("GET", host, "/", query, headers), account), key)
        connection = HTTPConnection("127.0.0.1", self._server.port, timeout=_PATIENCE)
        try:
            given = {**headers, "Host": host, "Authorization": f"SharedKey {account}:{signed}"}
            connection.request("GET", f"/?{query}", headers=given)
            return connection.getresponse().status == 200
        finally:
            connection.close()
