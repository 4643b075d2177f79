"""The password of a database server's own administrator, which Azure changes: no administrator is needed for it.

Resource Manager takes the new password in, and works on it; when it is in force, the operation says so, and where the
app can sign in, that does. A secret of Microsoft's own function for Azure SQL is one of these.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from azure_clients.clouds import Cloud
from azure_clients.resource_manager import ResourceManager
from providers import postgresql, sql_server
from providers.escrow import Escrow
from providers.login_server import ServerState, bare_host
from providers.logins import OneLogin
from providers.protocol import Trial, Verdict
from rotation.address import LoginsAddress
from rotation.arm import ResourceId
from rotation.credential import Credential
from rotation.failures import DeniedError, MissingError, RefusedError, TransientError
from rotation.logins import ADMINISTRATOR_LOGIN
from rotation.model import Slot, Target
from rotation.under_way import UnderWay
from rotation.words import Words

_ENDED = frozenset({"failed", "canceled", "cancelled"})
# How long an operation is given that the app may not look at: a reset takes seconds on Azure SQL, and PostgreSQL's
# state tells of one that takes longer.
_SETTLED = 120.0


@dataclass(frozen=True)
class Kind:
    """What differs between servers."""

    service: str
    api_version: str
    suffix: Callable[[Cloud], str]
    """What host names end with."""
    refusal: Callable[[Mapping[str, Any]], str | None]
    """How a server says that it takes no passwords."""
    sign_in: Callable[[Cloud, str, str, Credential], Trial]
    """Given host, login and password."""


def _sql_refusal(properties: Mapping[str, Any]) -> str | None:
    administrators: Any = properties.get("administrators") or {}
    return "Microsoft Entra-only authentication" if administrators.get("azureADOnlyAuthentication") is True else None


# Fields: learn.microsoft.com/rest/api/sql/servers/update and …/postgresql/servers/update.
AZURE_SQL = Kind(
    "sql",
    "2021-11-01",
    lambda cloud: cloud.sql_suffix,
    _sql_refusal,
    lambda cloud, host, login, password: sql_server.try_login(cloud.sql_suffix, host, login, password),
)
POSTGRESQL = Kind(
    "postgresql",
    postgresql.API_VERSION,
    lambda cloud: cloud.postgresql_suffix,
    postgresql.refusal,
    lambda _, host, login, password: postgresql.try_login(host, login, password),
)


class AdministeredServer:
    """A server as Resource Manager knows it."""

    def __init__(self, kind: Kind, server: ResourceId, cloud: Cloud) -> None:
        self.service = kind.service
        self.described_by = f"{kind.service}.getServer"
        self._kind = kind
        self._server = server
        self._cloud = cloud
        self._suffix = kind.suffix(cloud)
        self._manager = ResourceManager(cloud)

    def state(self) -> ServerState:
        """Read where the server is, and whether passwords are taken there."""
        properties = self._properties()
        host = str(properties.get("fullyQualifiedDomainName") or "")
        # Nothing is ever sent elsewhere, whatever somebody may have made the answer say.
        if not host.casefold().endswith(self._suffix):
            raise TransientError(f"get {self.service} server: the answer does not say where it is")
        return ServerState(host, self._kind.refusal(properties), str(properties.get("administratorLogin") or ""))

    def is_own_host(self, host: str) -> bool:
        """Tell whether a host is this server's, or an alias; that of a managed instance has its zone in it."""
        label, _, rest = bare_host(host).partition(".")
        return not f".{rest}".endswith(self._suffix) or label == self._server.name.casefold()

    def check(self, login: str) -> None:
        """Find out whether a login is the administrator, as far as reading tells; changes nothing."""
        if str(self._properties().get("administratorLogin") or "").casefold() != login.casefold():
            raise RefusedError(
                f"the tags name another login than the administrator that {self._server.name} was made with: "
                f"correct them, or tag {ADMINISTRATOR_LOGIN} where the kind of server takes it"
            )

    def set_password(self, password: Credential) -> UnderWay | None:
        """Ask for a password, and return what goes on; None: it is in force. The same one again changes nothing."""
        body = {"properties": {"administratorLoginPassword": password.reveal()}}
        operation = f"set {self.service} administrator password"
        answer = self._manager.patch(operation, str(self._server), self._kind.api_version, body)
        return UnderWay(answer.operation) if answer.is_accepted else None

    def is_in_force(self, under_way: UnderWay, login: str, password: Credential) -> bool:
        """Look whether a change has taken effect: by signing in where that is possible, else by what Azure says."""
        verdict = self._signed_in(login, password)
        if verdict is Verdict.ACCEPTED:
            return True
        # PostgreSQL says of a firewall what it says of a wrong password, so a refusal counts for a while only.
        if verdict is Verdict.REJECTED and under_way.seconds < _SETTLED:
            return False
        return self._has_ended(under_way) if under_way.operation else self._has_settled(under_way)

    def _signed_in(self, login: str, password: Credential) -> Verdict:
        return self._kind.sign_in(self._cloud, self.state().host, login, password).verdict

    def _has_ended(self, under_way: UnderWay) -> bool:
        operation = f"get {self.service} operation"
        try:
            document = self._manager.get(operation, under_way.operation, self._kind.api_version)
        except (DeniedError, MissingError):
            return self._has_settled(under_way)
        status = str(document.get("status") or "").casefold()
        if status in _ENDED:
            raise RefusedError(f"{operation}: {status}; the password has not been changed")
        return status == "succeeded"

    def _has_settled(self, under_way: UnderWay) -> bool:
        return under_way.seconds >= _SETTLED and str(self._properties().get("state")).casefold() == "ready"

    def _properties(self) -> Mapping[str, Any]:
        described = self._manager.get(f"get {self.service} server", str(self._server), self._kind.api_version)
        properties = described.get("properties")
        if not isinstance(properties, Mapping):
            raise TransientError(f"get {self.service} server: an answer that cannot be read")
        return properties


class ServerAdministrator(OneLogin):
    """The administrator that a server was made with."""

    def __init__(self, address: LoginsAddress, escrow: Escrow, server: AdministeredServer) -> None:
        super().__init__(address, escrow, server)
        self._server = server

    def describe(self) -> Target:
        """Read whether the server takes passwords, and whose it takes."""
        self._server.check(self._logins[0])
        return super().describe()

    def activate(self, slot: Slot, under_way: UnderWay | None) -> bool | UnderWay:
        """Ask for the next password, which takes effect some time later, and kills the old one then."""
        if under_way is None:
            return self._server.set_password(slot.key) or True
        return self._server.is_in_force(under_way, self._logins[0], slot.key) or under_way

    def try_key(self, slot: Slot, endpoint: str | None) -> Trial:
        """Make sure of whose password it is, as long as nothing has been changed."""
        self._server.check(self._logins[0])
        return Trial(Verdict.UNTRIED, "an administrator's password is in force when it is published, not before")

    def words(self, endpoint: str | None) -> Words:
        """Name the calls."""
        service = self._server.service
        return Words(
            self._server.described_by, None, None, f"{service}.getServer",
            pending=self._escrow.name, activate=f"{service}.setAdministratorPassword",
        )  # fmt: skip
