"""A database server as Resource Manager describes it; what listens at its address is somebody else's business.

Fields: https://learn.microsoft.com/rest/api/postgresql/servers/get and …/rest/api/sql/servers/get.
"""

from dataclasses import dataclass, field
from typing import Any

from . import arm_errors as errors
from .wire import Request, Response, json_response

TYPE = "Microsoft.DBforPostgreSQL/flexibleServers"
SQL_TYPE = "Microsoft.Sql/servers"
INSTANCE_TYPE = "Microsoft.Sql/managedInstances"
OWN_TYPE = "sqlserver"
"""No resource at all: its name is that of its host."""
_DOMAINS = {
    TYPE: ".postgres.database.azure.com",
    SQL_TYPE: ".database.windows.net",
    INSTANCE_TYPE: ".0123456789ab.database.windows.net",
    OWN_TYPE: "",
}


@dataclass
class LoginServer:
    """An Azure Database for PostgreSQL flexible server, one of Azure SQL, or a SQL Server somewhere else."""

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
        """The Resource Manager id, where it has one."""
        return f"{OWN_TYPE}:{self.name}" if self.type == OWN_TYPE else f"{self.group}/providers/{self.type}/{self.name}"

    @property
    def host(self) -> str:
        """Where it listens."""
        return f"{self.name}{_DOMAINS[self.type]}"

    @property
    def service(self) -> str:
        """What calls to it are called."""
        return "postgresql" if self.type == TYPE else "sql"

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
        if self.type != TYPE:
            return {"version": "12.0", "publicNetworkAccess": "Enabled"}
        return {
            "version": "16",
            "authConfig": {"activeDirectoryAuth": "Enabled", "passwordAuth": self.password_auth},
            "replicationRole": self.replication_role,
        }
