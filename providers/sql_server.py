"""SQL Server: Azure SQL, managed instances and servers of one's own, and the T-SQL that changes a password there."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial

from azure_clients.clouds import Cloud
from azure_clients.sql_answers import NoDatabaseError, PolicyError
from azure_clients.sql_server import Client, Session, identifier, literal, session
from providers.administrator import Administrator
from providers.login_server import DescribedServer, ServerState, bare_host
from providers.protocol import Trial, Verdict
from rotation.credential import Credential
from rotation.failures import DeniedError, RefusedError, RotationError, TransientError, UnreachableError
from rotation.logins import ADMINISTRATOR_LOGIN, NameRule

AZURE_NAMES = NameRule(longest=128)
NAMES = NameRule(longest=128, is_azure=False)
"""sysname: learn.microsoft.com, "Database identifiers"."""

MASTER = "master"
_CONTAINED = 2  # sys.database_principals.authentication_type: the database keeps the password

_USER = "SELECT authentication_type FROM sys.database_principals WHERE name = %s AND type = N'S'"

# A secret's tags must not be a way to the server itself: whoever may write tags would get such a login's password.
# Roles that only read are harmless; loginmanager and dbmanager are roles of Azure SQL's master database. What
# permissions have been granted one by one is not in the views that all kinds of server have.
_LOGIN = """
SELECT l.is_disabled,
  CASE WHEN l.principal_id = 1 OR EXISTS (
      SELECT 1 FROM sys.server_role_members m JOIN sys.server_principals r ON r.principal_id = m.role_principal_id
      WHERE m.member_principal_id = l.principal_id AND r.name NOT LIKE N'##MS[_]%%Reader##'
        AND r.name <> N'##MS_DatabaseConnector##'
    ) OR EXISTS (
      SELECT 1 FROM sys.database_principals u JOIN sys.database_role_members m ON m.member_principal_id = u.principal_id
      JOIN sys.database_principals r ON r.principal_id = m.role_principal_id
      WHERE u.sid = l.sid AND r.name IN (N'loginmanager', N'dbmanager', N'db_owner', N'db_securityadmin')
    ) THEN 1 ELSE 0 END
FROM sys.sql_logins l WHERE l.name = %s
"""

# Azure SQL knows no permissions on the server but those of its roles.
_PERMISSION = """
SELECT p.permission_name FROM sys.server_permissions p JOIN sys.sql_logins l ON l.principal_id = p.grantee_principal_id
WHERE l.name = %s AND p.state IN (N'G', N'W')
  AND p.permission_name IN (N'CONTROL SERVER', N'ALTER ANY LOGIN', N'ALTER ANY SERVER ROLE', N'IMPERSONATE ANY LOGIN')
"""


class SqlServer:
    """One server, on which the app signs in as an administrator of some logins.

    A name is a user that the database keeps itself where the tags name a database and that has one, and else a login of
    the server: a server that is asked to let somebody into a database looks in this order too.
    """

    def __init__(
        self,
        described: DescribedServer,
        cloud: Cloud,
        administrator: Callable[[], Administrator],
        database: str | None,
        *,
        has_permissions: bool,
    ) -> None:
        """`has_permissions` tells whether the server lets permissions on itself be granted one by one."""
        self.service = described.service
        self.described_by = described.described_by
        self._described = described
        self._routes_to = cloud.sql_suffix
        self._administrator = administrator
        self._database = database or MASTER
        self._has_permissions = has_permissions

    def state(self) -> ServerState:
        """Read where the server is, and whether passwords are taken there."""
        return self._described.state()

    def is_own_host(self, host: str) -> bool:
        """Tell whether a host is this server's, or an alias."""
        return self._described.is_own_host(host)

    def check(self, login: str) -> None:
        """Sign in as the administrator, and look what the login is."""
        with self._administrating(login):
            pass

    def set_password(self, login: str, password: Credential, last_look: Callable[[], None]) -> None:
        """Change the password."""
        with self._administrating(login) as (host, kind, connected):
            last_look()
            try:
                connected.run_secretly(f"ALTER {kind} {identifier(login)} WITH PASSWORD = {literal(password.reveal())}")
            except PolicyError:
                # One that forbids a password's second use forbids telling it again after a crash.
                if self.try_login(host, login, password).verdict is not Verdict.ACCEPTED:
                    raise

    def try_login(self, host: str, login: str, password: Credential) -> Trial:
        """Sign in."""
        return try_login(self._routes_to, host, login, password, self._database)

    @contextmanager
    def _administrating(self, login: str) -> Iterator[tuple[str, str, Session]]:
        """Be connected where a login's password can be changed; tell the host, and whether it is a LOGIN or a USER."""
        state = self.state()
        name, own, is_token = self._administrator()
        operation, client = f"{self.service} {state.host}", Client(name, own, is_token=is_token)
        connect = partial(session, operation, state.host, client, routes_to=self._routes_to)
        if self._is_contained(connect, login):
            with connect(database=self._database) as connected:
                yield state.host, "USER", connected
            return
        if login.casefold() == state.administrator.casefold():
            raise RefusedError(
                f"{login!r} is the administrator that {state.host} was made with: leave {ADMINISTRATOR_LOGIN} out"
            )
        with connect(database=MASTER) as connected:
            self._check(connected, state.host, login)
            yield state.host, "LOGIN", connected

    def _is_contained(self, connect: Callable[..., AbstractContextManager[Session]], login: str) -> bool:
        if self._database.casefold() == MASTER:
            return False
        try:
            with connect(database=self._database) as connected:
                return connected.query(_USER, login) == [(_CONTAINED,)]
        except (DeniedError, NoDatabaseError):
            # An administrator of logins may not be let into every database.
            return False

    def _check(self, connected: Session, host: str, login: str) -> None:
        rows = connected.query(_LOGIN, login)
        if not rows:
            raise RefusedError(f"{host} has no login of the name {login!r}")
        is_disabled, is_mighty = rows[0]
        if is_mighty or (self._has_permissions and connected.query(_PERMISSION, login)):
            raise RefusedError(f"{login!r} has rights over {host} itself: rotate it by hand")
        if is_disabled:
            raise RefusedError(f"{login!r} may not sign in to {host}: ALTER LOGIN … ENABLE")


class OwnServer:
    """A server that is no resource of Azure: the settings say which there are."""

    service = "sql"
    described_by = None

    def __init__(self, host: str, servers: Mapping[str, int]) -> None:
        self._host = host
        self._servers = servers

    def state(self) -> ServerState:
        """Tell where it is; nothing is ever sent to one that the settings do not name."""
        if self._host not in self._servers:
            raise RefusedError(f"SQL_SERVERS does not name {self._host}: add it, or correct ProviderAddress")
        return ServerState(f"{self._host}:{self._servers[self._host]}", None)

    def is_own_host(self, host: str) -> bool:
        """Tell whether a host is this server's: any is that the settings do not name as another."""
        return bare_host(host) == self._host or bare_host(host) not in self._servers


def try_login(routes_to: str, host: str, login: str, password: Credential, database: str = MASTER) -> Trial:
    """Sign in, and do nothing else."""
    try:
        with session("sign in", host, Client(login, password), database, routes_to):
            return Trial(Verdict.ACCEPTED)
    except DeniedError as error:
        return Trial(Verdict.REJECTED, error.reason)
    except (UnreachableError, NoDatabaseError) as error:
        return Trial(Verdict.UNREACHABLE, error.reason)
    except TransientError as error:
        return Trial(Verdict.UNWELL, error.reason, throttled=error.throttled)
    except RotationError as error:
        return Trial(Verdict.REJECTED, error.reason)
