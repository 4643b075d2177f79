"""The app's identity: a managed identity on Azure, `AZURE_*` variables or the developer's login elsewhere."""

from functools import cache
from typing import TYPE_CHECKING

from azure_clients.clouds import Cloud

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential


@cache
def credential(cloud: Cloud) -> "TokenCredential":
    """Return the one credential of this process, so that its token cache serves every client."""
    # azure-identity costs a quarter of a second to import: not before the first activity needs it.
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415

    return DefaultAzureCredential(authority=cloud.authority)
