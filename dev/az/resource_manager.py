"""Calls to Resource Manager that no SDK of ours covers."""

from typing import Any

import requests
from azure.identity import DefaultAzureCredential

HOST = "https://management.azure.com"
USER_AGENT = "AZURECLI/stand-in"
_TIMEOUT = 60


class ResourceManagerError(Exception):
    """Resource Manager said no; the text has status and code."""


def call(method: str, resource_id: str, api_version: str, body: dict[str, Any] | None = None) -> Any:
    """Send one request about a resource and return the answer.

    Raises:
        ResourceManagerError: It was refused.
    """
    token = DefaultAzureCredential().get_token(f"{HOST}/.default").token
    answer = requests.request(
        method,
        f"{HOST}/{resource_id.strip('/')}",
        params={"api-version": api_version},
        json=body,
        headers={"Authorization": f"Bearer {token}", "User-Agent": USER_AGENT},
        timeout=_TIMEOUT,
    )
    document = answer.json() if answer.content else None
    if not answer.ok:
        code = (document or {}).get("error", {}).get("code", answer.reason)
        raise ResourceManagerError(f"({answer.status_code} {code})")
    return document
