"""What differs between the public cloud and the sovereign ones."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cloud:
    """One Azure cloud."""

    sdk_name: str
    """Its member name in `azure.core.AzureClouds`."""
    authority: str
    """Host that issues tokens."""
    vault_suffix: str
    graph: str
    """Microsoft Graph's host: learn.microsoft.com/graph/deployments."""
    postgresql_suffix: str
    """What the host names of PostgreSQL servers end with."""
    sql_suffix: str
    """What the host names of Azure SQL servers end with."""

    @property
    def vault_scope(self) -> str:
        """What a token for Key Vault is for."""
        return f"https://{self.vault_suffix[1:]}/.default"

    @property
    def sql_scope(self) -> str:
        """What a token for signing in to Azure SQL is for."""
        return f"https://{self.sql_suffix[1:]}/.default"

    @property
    def database_scope(self) -> str:
        """What a token for signing in to an open-source database server is for."""
        return f"https://ossrdbms-aad{self.sql_suffix}/.default"


_PUBLIC = Cloud(
    "AZURE_PUBLIC_CLOUD", "login.microsoftonline.com", ".vault.azure.net", "graph.microsoft.com",
    ".postgres.database.azure.com", ".database.windows.net",
)  # fmt: skip
_CHINA = Cloud(
    "AZURE_CHINA_CLOUD", "login.chinacloudapi.cn", ".vault.azure.cn", "microsoftgraph.chinacloudapi.cn",
    ".postgres.database.chinacloudapi.cn", ".database.chinacloudapi.cn",
)  # fmt: skip
_US_GOVERNMENT = Cloud(
    "AZURE_US_GOVERNMENT", "login.microsoftonline.us", ".vault.usgovcloudapi.net", "graph.microsoft.us",
    ".postgres.database.usgovcloudapi.net", ".database.usgovcloudapi.net",
)  # fmt: skip

# Both vocabularies that people know: the names of `az cloud list`, and those that azure-core reads from AZURE_CLOUD.
CLOUDS = {
    "AzureCloud": _PUBLIC,
    "AZURE_PUBLIC_CLOUD": _PUBLIC,
    "AzureChinaCloud": _CHINA,
    "AZURE_CHINA_CLOUD": _CHINA,
    "AzureUSGovernment": _US_GOVERNMENT,
    "AZURE_US_GOVERNMENT": _US_GOVERNMENT,
}


def find_cloud(name: str) -> Cloud | None:
    """Return the cloud of that name, in any letter case."""
    return next((cloud for known, cloud in CLOUDS.items() if known.casefold() == name.casefold()), None)
