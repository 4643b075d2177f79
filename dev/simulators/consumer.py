"""A consumer: an app that uses a credential all the time and re-reads it from the vault now and then.

It is the witness of what rotation is about: whether anybody was ever refused. It behaves like an app behind a
Key Vault reference: it reads the secret's current version every `reread`, keeps the last value when a read
fails, and signs one request at every tick. Its calls go to the same services as the app's, without sockets,
so that a simulated year of five-minute ticks is a matter of seconds. A target that is no storage account is
not sent a request but asked: what protocols its consumers speak is not what is simulated there.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime

from dev.clock import Cancellable, Clock

from .key_holder import KeyHolder
from .sensitive import Sensitive
from .shared_key import signature, string_to_sign
from .storage_account import StorageAccount
from .tokens import TokenRegistry
from .vault import Vault
from .wire import Request, Response
from .world import machine_time

Serve = Callable[[Request], Response | None]


@dataclass(frozen=True)
class Refusal:
    """A request that was not answered with success; `status` is None when no answer came."""

    time: datetime
    status: int | None
    code: str | None
    version: str | None


@dataclass(frozen=True)
class _Credential:
    value: Sensitive
    version: str


@dataclass
class Consumer:
    """What it does, and what became of it."""

    clock: Clock
    serve: Serve
    tokens: TokenRegistry
    vault: Vault
    secret: str
    account: KeyHolder
    every: timedelta
    reread: timedelta
    ticks: int = 0
    reads: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    read_failures: list[Refusal] = field(default_factory=list)
    versions_seen: list[str] = field(default_factory=list)
    _credential: _Credential | None = field(default=None, repr=False)
    _last_read: datetime | None = None
    _next: Cancellable | None = field(default=None, repr=False)
    _stopped: bool = False

    @property
    def accepted(self) -> int:
        """How many requests were answered with success."""
        return self.ticks - len(self.refusals)

    @property
    def version(self) -> str | None:
        """The version of the secret that it holds."""
        return self._credential.version if self._credential else None

    def start(self) -> None:
        """Read and tick once, then go on by the clock."""
        self._tick()

    def stop(self) -> None:
        """Tick no more."""
        self._stopped = True
        if self._next is not None:
            self._next.cancel()

    def read_now(self) -> None:
        """Read the secret out of turn, as a restart or a refresh of the reference does."""
        self._last_read = self.clock.now()
        self.reads += 1
        token, _ = self.tokens.issue(self.vault.cloud.vault_audience, timedelta(hours=1))
        request = Request(
            "GET",
            self.vault.host,
            f"/secrets/{self.secret}",
            "api-version=7.4",
            {"authorization": f"Bearer {token}"},
            caller="consumer",
        )
        response = self.serve(request)
        self.tokens.forget(token)
        if response is None or response.status != 200:
            self.read_failures.append(self._refusal(response))
            return
        document = response.json()
        self._credential = _Credential(Sensitive(document["value"]), document["id"].rpartition("/")[2])
        if self._credential.version not in self.versions_seen[-1:]:
            self.versions_seen.append(self._credential.version)

    def tick(self) -> None:
        """Sign one request now."""
        self.ticks += 1
        response = self._use(self._credential) if self._credential else None
        if response is None or response.status != 200:
            self.refusals.append(self._refusal(response))

    def _tick(self) -> None:
        if self._stopped:
            return
        now = self.clock.now()
        if self._last_read is None or now - self._last_read >= self.reread:
            self.read_now()
        self.tick()
        self._next = self.clock.call_at(now + self.every, self._tick)

    def _use(self, credential: _Credential) -> Response | None:
        value = credential.value.reveal()
        if isinstance(self.account, StorageAccount):
            return self._sign_in(self.account, value)
        return Response(200) if self.account.takes(value) else Response(401, code="Unauthorized")

    def _sign_in(self, account: StorageAccount, value: str) -> Response | None:
        fields = dict(part.split("=", 1) for part in value.split(";") if "=" in part)
        name = fields.get("AccountName", account.name)
        service = "blob" if "blob" in account.services else "file"
        kind = "account" if service == "blob" else "service"
        host = f"{name}.{service}.{account.cloud.storage_domain}"
        headers = {"x-ms-date": format_datetime(machine_time(), usegmt=True), "x-ms-version": "2025-01-05"}
        unsigned = Request("GET", host, "/", f"restype={kind}&comp=properties", headers, caller="consumer")
        try:
            signed = signature(string_to_sign(unsigned, name), account.key_in(value))
        except ValueError:  # not base64: no client can sign with it
            return Response(403, code="UnusableKey")
        headers = {**headers, "authorization": f"SharedKey {name}:{signed}"}
        return self.serve(Request("GET", host, "/", unsigned.query, headers, caller="consumer"))

    def _refusal(self, response: Response | None) -> Refusal:
        status, code = (response.status, response.code) if response else (None, None)
        return Refusal(self.clock.now(), status, code, self.version)
