"""A database server as Resource Manager describes it; what listens at its address is somebody else's business.

Fields: https://learn.microsoft.com/rest/api/postgresql/servers/get.
"""

from dataclasses import dataclass, field
from typing import Any

from . import arm_errors as errors
from .wire import Request, Response, json_response

TYPE = "Microsoft.DBforPostgreSQL/flexibleServers"


@dataclass
class LoginServer:
    """An Azure Database for PostgreSQL flexible server."""

    name: str
    group: str
    """The resource group's id."""
    password_auth: str = "Enabled"  # noqa: S105 - a switch
    replication_role: str = "Primary"
    denied: bool = False
    """Whether the app may not read it."""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def resource_id(self) -> str:
        """The Resource Manager id."""
        return f"{self.group}/providers/{TYPE}/{self.name}"

    @property
    def host(self) -> str:
        """Where it listens."""
        return f"{self.name}.postgres.database.azure.com"

    def answer(self, request: Request) -> Response:
        """Describe it."""
        if request.caller == "app" and self.denied:
            return errors.denied(f"{TYPE}/read", self.resource_id)
        properties = {
            "fullyQualifiedDomainName": self.host,
            "version": "16",
            "state": "Ready",
            "authConfig": {"activeDirectoryAuth": "Enabled", "passwordAuth": self.password_auth},
            "replicationRole": self.replication_role,
            **self.extra,
        }
        return json_response(200, {"id": self.resource_id, "name": self.name, "type": TYPE, "properties": properties})
