"""A database server as Resource Manager describes it; what listens at its address is somebody else's business.

Fields: https://learn.microsoft.com/rest/api/postgresql/servers/get and …/rest/api/sql/servers/get.
"""

from dataclasses import dataclass, field
from typing import Any

from . import arm_errors as errors
from .wire import Request, Response, json_response

TYPE = "Microsoft.DBforPostgreSQL/flexibleServers"
SQL_TYPE = "Microsoft.Sql/servers"


@dataclass
class LoginServer:
    """An Azure Database for PostgreSQL flexible server, or one of Azure SQL."""

    name: str
    group: str
    """The resource group's id."""
    password_auth: str = "Enabled"  # noqa: S105 - a switch
    replication_role: str = "Primary"
    denied: bool = False
    """Whether the app may not read it."""
    type: str = TYPE
    administrator: str = "dba"
    """The login that it was made with."""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def resource_id(self) -> str:
        """The Resource Manager id."""
        return f"{self.group}/providers/{self.type}/{self.name}"

    @property
    def host(self) -> str:
        """Where it listens."""
        domain = "database.windows.net" if self.type == SQL_TYPE else "postgres.database.azure.com"
        return f"{self.name}.{domain}"

    @property
    def service(self) -> str:
        """What calls to it are called."""
        return "sql" if self.type == SQL_TYPE else "postgresql"

    def answer(self, request: Request) -> Response:
        """Describe it."""
        if request.caller == "app" and self.denied:
            return errors.denied(f"{self.type}/read", self.resource_id)
        properties = {
            "fullyQualifiedDomainName": self.host,
            "administratorLogin": self.administrator,
            "state": "Ready",
            **self._facts,
            **self.extra,
        }
        document = {"id": self.resource_id, "name": self.name, "type": self.type, "properties": properties}
        return json_response(200, document)

    @property
    def _facts(self) -> dict[str, Any]:
        if self.type == SQL_TYPE:
            return {"version": "12.0", "publicNetworkAccess": "Enabled"}
        return {
            "version": "16",
            "authConfig": {"activeDirectoryAuth": "Enabled", "passwordAuth": self.password_auth},
            "replicationRole": self.replication_role,
        }
