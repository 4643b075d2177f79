"""The app's identity: a managed identity on Azure, `AZURE_*` variables or the developer's login elsewhere."""

from functools import cache
from typing import TYPE_CHECKING

from azure_clients.clouds import Cloud
from azure_clients.errors import translated
from rotation.credential import Credential

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential


@cache
def credential(cloud: Cloud) -> "TokenCredential":
    """Return the one credential of this process, so that its token cache serves every client."""
    # azure-identity costs a quarter of a second to import: not before the first activity needs it.
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415

    return DefaultAzureCredential(authority=cloud.authority)


def token(cloud: Cloud, scope: str) -> Credential:
    """Return a token for what takes one in a password's place.

    Raises:
        TransientError: There is none for now.
    """
    with translated("get token"):
        return Credential(credential(cloud).get_token(scope).token)
