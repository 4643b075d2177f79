"""PostgreSQL: Azure Database for PostgreSQL flexible servers, and the SQL that changes a password there."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from azure_clients.clouds import Cloud
from azure_clients.postgresql import SignedInError, identifier, session
from azure_clients.resource_manager import ResourceManager
from providers.administrator import Administrator
from providers.login_server import ServerState
from providers.protocol import Trial, Verdict
from rotation.arm import ResourceId
from rotation.credential import Credential
from rotation.failures import DeniedError, RefusedError, RotationError, TransientError, UnreachableError
from rotation.logins import NameRule
from rotation.scram import SALT_BYTES, scram_verifier

NAMES = NameRule(longest=63)
"""NAMEDATALEN less one: https://www.postgresql.org/docs/current/sql-syntax-lexical.html"""

API_VERSION = "2024-08-01"
_DATABASE = "postgres"

# A secret's tags must not be a way to the server itself: whoever may write tags would get such a login's password.
_ROLE = """
SELECT rolsuper OR rolcreaterole OR rolreplication OR rolbypassrls, rolcanlogin
FROM pg_catalog.pg_roles WHERE rolname = :login
"""


class PostgreSql:
    """One flexible server, on which the app signs in as an administrator of some logins."""

    service = "postgresql"
    described_by = "postgresql.getServer"

    def __init__(
        self, server: ResourceId, cloud: Cloud, administrator: Callable[[], Administrator], database: str | None
    ) -> None:
        self._server = server
        self._cloud = cloud
        self._manager = ResourceManager(cloud)
        self._administrator = administrator
        self._database = database or _DATABASE

    def state(self) -> ServerState:
        """Read where the server is, and whether passwords are taken there."""
        described = self._manager.get("get postgresql server", str(self._server), API_VERSION)
        properties: Any = described.get("properties") or {}
        host = str(properties.get("fullyQualifiedDomainName") or "")
        # Nothing is ever sent elsewhere, whatever somebody may have made the answer say.
        if not host.casefold().endswith(self._cloud.postgresql_suffix):
            raise TransientError(f"get {self.service} server: the answer does not say where it is")
        return ServerState(host, refusal(properties))

    def is_own_host(self, host: str) -> bool:
        """Tell whether a host is this server's, or an alias."""
        label, _, rest = host.partition(":")[0].casefold().partition(".")
        return f".{rest}" != self._cloud.postgresql_suffix or label == self._server.name.casefold()

    def check(self, login: str) -> None:
        """Sign in as the administrator, and look what the login is."""
        with self._administrating(login):
            pass

    def set_password(self, login: str, password: Credential, last_look: Callable[[], None]) -> None:
        """Change the password, by a verifier that says nothing of it."""
        verifier = scram_verifier(password, secrets.token_bytes(SALT_BYTES))
        with self._administrating(login) as connection:
            last_look()
            connection.run(f"ALTER ROLE {identifier(login)} PASSWORD '{verifier}'")

    @contextmanager
    def _administrating(self, login: str) -> Iterator[Any]:
        host = self.state().host
        name, own, _ = self._administrator()
        try:
            with session(f"{self.service} {self._server.name}", host, name, own, _DATABASE) as connection:
                self._check(connection.run(_ROLE, login=login), login)
                yield connection
        except SignedInError as error:
            raise DeniedError(error.reason) from None

    def _check(self, rows: Any, login: str) -> None:
        if not rows:
            raise RefusedError(f"{self._server.name} has no login of the name {login!r}")
        is_mighty, may_sign_in = rows[0]
        if is_mighty:
            raise RefusedError(f"{login!r} has rights over {self._server.name} itself: rotate it by hand")
        if not may_sign_in:
            raise RefusedError(f"{login!r} may not sign in to {self._server.name}: ALTER ROLE … LOGIN")

    def try_login(self, host: str, login: str, password: Credential) -> Trial:
        """Sign in."""
        return try_login(host, login, password, self._database)


def refusal(properties: Mapping[str, Any]) -> str | None:
    """Return how a server says that it takes no new passwords; None: it does."""
    authentication: Any = properties.get("authConfig") or {}
    if str(authentication.get("passwordAuth", "Enabled")).casefold() == "disabled":
        return "password authentication disabled"
    if str(properties.get("replicationRole", "")).casefold().endswith("replica"):
        return "the role of a read replica"
    return None


def try_login(host: str, login: str, password: Credential, database: str = _DATABASE) -> Trial:
    """Sign in, and do nothing else."""
    try:
        with session("sign in", host, login, password, database):
            return Trial(Verdict.ACCEPTED)
    except SignedInError:
        return Trial(Verdict.ACCEPTED)
    except DeniedError as error:
        return Trial(Verdict.REJECTED, error.reason)
    except UnreachableError as error:
        return Trial(Verdict.UNREACHABLE, error.reason)
    except TransientError as error:
        return Trial(Verdict.UNWELL, error.reason, throttled=error.throttled)
    except RotationError as error:
        return Trial(Verdict.REJECTED, error.reason)
