"""Key Vault's events, in both schemas."""

import json
from typing import Any

NEAR_EXPIRY = "Microsoft.KeyVault.SecretNearExpiry"
EXPIRED = "Microsoft.KeyVault.SecretExpired"
SOURCE = (
    "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/sample-rg"
    "/providers/Microsoft.KeyVault/vaults/sample-kv"
)


def data(host: str, secret: str, version: str) -> dict[str, Any]:
    return {
        "Id": f"https://{host}/secrets/{secret}/{version}",
        "VaultName": host.partition(".")[0],
        "ObjectType": "Secret",
        "ObjectName": secret,
        "Version": version,
        "NBF": None,
        "EXP": 1787592000,
    }


def cloud_event(host: str, secret: str, version: str, event_type: str = NEAR_EXPIRY) -> dict[str, Any]:
    return {
        "id": "1",
        "specversion": "1.0",
        "type": event_type,
        "source": SOURCE,
        "subject": secret,
        "time": "2026-07-25T01:08:33Z",
        "data": data(host, secret, version),
    }


def event_grid_event(host: str, secret: str, version: str, event_type: str = NEAR_EXPIRY) -> dict[str, Any]:
    return {
        "id": "00eccf70-95a7-4e7c-8299-2eb17ee9ad64",
        "topic": SOURCE,
        "subject": secret,
        "eventType": event_type,
        "eventTime": "2026-07-25T01:08:33.1036736Z",
        "data": data(host, secret, version),
        "dataVersion": "1",
        "metadataVersion": "1",
    }


def message(*events: Any) -> str:
    """One Event Hub message: an event alone, or an array of several."""
    return json.dumps(events[0] if len(events) == 1 else list(events))
