"""Key Vault's event, as it comes through the Event Hub."""

from typing import Any


def near_expiry(host: str, secret: str, version: str) -> dict[str, Any]:
    """Return a `SecretNearExpiry` event for one version."""
    return {
        "id": "1",
        "specversion": "1.0",
        "type": "Microsoft.KeyVault.SecretNearExpiry",
        "source": "/subscriptions/s/resourceGroups/sample-rg/providers/Microsoft.KeyVault/vaults/sample-kv",
        "subject": secret,
        "data": {
            "Id": f"https://{host}/secrets/{secret}/{version}",
            "ObjectType": "Secret",
            "ObjectName": secret,
            "Version": version,
        },
    }
