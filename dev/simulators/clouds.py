"""What the clouds call their services: the only place that knows a host name or a token audience.

Host names and audiences: https://learn.microsoft.com/azure/china/resources-developer-guide and
https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cloud:
    """The names of one Azure cloud, as `az cloud list` calls it."""

    name: str
    vault_domain: str
    storage_domain: str
    arm_host: str
    arm_aliases: tuple[str, ...]
    login_hosts: tuple[str, ...]
    graph_host: str

    @property
    def vault_audience(self) -> str:
        """The audience of tokens for Key Vault; the SDK requires it to be the parent domain of the vault's host."""
        return f"https://{self.vault_domain}"

    @property
    def arm_audiences(self) -> tuple[str, ...]:
        """The audiences that Resource Manager takes: its own name and that of classic management."""
        return tuple(f"https://{host}" for host in (self.arm_host, *self.arm_aliases))

    @property
    def database_audiences(self) -> tuple[str, ...]:
        """The audiences of tokens that stand for a password: at open-source database servers, and at Azure SQL."""
        known = ("https://ossrdbms-aad.database.windows.net", "https://database.windows.net")
        return known if self.name == "AzureCloud" else ()

    @property
    def login_host(self) -> str:
        """The host that challenges send their callers to."""
        return self.login_hosts[0]

    @property
    def audiences(self) -> tuple[str, ...]:
        """Every audience that a token of this cloud can have."""
        return (
            self.vault_audience,
            *self.arm_audiences,
            "https://storage.azure.com",
            f"https://{self.graph_host}",
            *self.database_audiences,
        )


PUBLIC = Cloud(
    "AzureCloud",
    "vault.azure.net",
    "core.windows.net",
    "management.azure.com",
    ("management.core.windows.net",),
    ("login.microsoftonline.com",),
    "graph.microsoft.com",
)
CHINA = Cloud(
    "AzureChinaCloud",
    "vault.azure.cn",
    "core.chinacloudapi.cn",
    "management.chinacloudapi.cn",
    ("management.core.chinacloudapi.cn",),
    ("login.chinacloudapi.cn", "login.partner.microsoftonline.cn"),
    "microsoftgraph.chinacloudapi.cn",
)
GOVERNMENT = Cloud(
    "AzureUSGovernment",
    "vault.usgovcloudapi.net",
    "core.usgovcloudapi.net",
    "management.usgovcloudapi.net",
    ("management.core.usgovcloudapi.net",),
    ("login.microsoftonline.us",),
    "graph.microsoft.us",
)

CLOUDS = {cloud.name: cloud for cloud in (PUBLIC, CHINA, GOVERNMENT)}
STORAGE_SERVICES = ("blob", "file", "queue", "table", "dfs", "web")


def is_azure_name(host: str) -> bool:
    """Tell whether a name lies in a domain that only Azure's own resources have (whether or not one exists)."""
    domains = [cloud.vault_domain for cloud in CLOUDS.values()]
    domains += [f"{service}.{cloud.storage_domain}" for cloud in CLOUDS.values() for service in STORAGE_SERVICES]
    label, _, domain = host.lower().partition(".")
    return bool(label) and domain in domains
