"""Microsoft's PowerShell function for storage accounts, written afresh.

github.com/Azure/KeyVault-Secrets-Rotation-StorageAccount-PowerShell, `AKVStorageAccountRotation/run.ps1`, its HTTP twin
and its ARM templates:

- Pushed to by Event Grid, one event at a time, from a subscription to SecretNearExpiry alone. `$ErrorActionPreference`
  is `Stop`: an error ends the function, and Event Grid delivers the event again.
- get secret → is its version still the event's? (not asked by the HTTP twin, which a person calls) → the other slot, by
  the tag `CredentialId`, which must look like key1 or key2 → regenerate it → read it back from listKeys → set secret:
  the raw key, whatever the format was, expiring in `ValidityPeriodDays`, with three tags and nothing else.
- No check that the data plane accepts the key, and no lock.

In its favour: its managed modules are up to date, its sign-in never fails, and its SDKs retry what they can.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from .clients import PeerClients

_CREDENTIAL_ID = re.compile(r"key[1-2]", re.IGNORECASE)


class PowerShellRotation:
    """Both functions."""

    def __init__(self, clients: PeerClients, now: Callable[[], datetime]) -> None:
        self._clients = clients
        self._now = now

    def on_event(self, event: Mapping[str, Any]) -> None:
        """Handle one event; whatever it raises is answered with an error, and Event Grid tries again."""
        data = event["data"]
        self._rotate(f"{data['VaultName']}.vault.azure.net", str(event["subject"]), str(data["Version"]))

    def on_request(self, vault_host: str, secret: str) -> None:
        """Rotate a secret now, as a person asks the HTTP function to."""
        self._rotate(vault_host, secret, None)

    def _rotate(self, vault_host: str, secret: str, version: str | None) -> None:
        secrets = self._clients.secrets(vault_host)
        current = secrets.get_secret(secret)
        if version is not None and current.properties.version != version:
            return
        tags = dict(current.properties.tags or {})
        other = _other(tags.get("CredentialId", ""))
        address = tags["ProviderAddress"].split("/")
        subscription, group, account = address[2], address[4], address[8]
        storage = self._clients.storage(subscription).storage_accounts
        storage.regenerate_key(group, account, {"keyName": other})
        keys = storage.list_keys(group, account).keys_property or []
        secrets.set_secret(
            secret,
            next(str(key.value) for key in keys if key.key_name == other),
            expires_on=self._now() + timedelta(days=int(tags["ValidityPeriodDays"])),
            tags={
                "ValidityPeriodDays": tags["ValidityPeriodDays"],
                "CredentialId": other,
                "ProviderAddress": tags["ProviderAddress"],
            },
        )


def _other(credential_id: str) -> str:
    if not _CREDENTIAL_ID.search(credential_id):
        raise ValueError(f"invalid credential id {credential_id!r}")
    return "key2" if credential_id.lower() == "key1" else "key1"
