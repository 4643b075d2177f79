"""What a simulated Azure starts with, read from a small TOML file.

[[vaults]]
name = "sample-kv"

[[accounts]]
name = "demostore"
resource_group = "sample-rg"      # and subscription, kind, location, sku, cloud, allow_shared_key_access, kerberos

[[secrets]]
vault = "sample-kv"
name = "demostore-key"
account = "demostore"             # the provider; its ProviderAddress is added to the tags
slot = "key1"
form = "key"                      # or "connection-string"
expires_in_days = 20
tags = { ValidityPeriodDays = "90" }
"""

import tomllib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from .azure import SimulatedAzure
from .storage_account import StorageAccount

DEFAULT = """
vaults = [{ name = "sample-kv" }]
accounts = [{ name = "demostore", resource_group = "sample-rg" }]

[[secrets]]
vault = "sample-kv"
name = "demostore-key"
account = "demostore"
slot = "key1"
expires_in_days = 20
tags = { ValidityPeriodDays = "90" }
"""


def plant(azure: SimulatedAzure, text: str) -> None:
    """Fill a simulated Azure from TOML.

    Raises:
        ValueError: Something in it is misspelt, missing or unknown.
    """
    seed = tomllib.loads(text)
    unknown = set(seed) - {"vaults", "accounts", "secrets"}
    if unknown:
        raise ValueError(f"unknown in the seed: {', '.join(sorted(unknown))}")
    try:
        vaults = {each["name"]: azure.add_vault(**each) for each in seed.get("vaults", [])}
        accounts = {each["name"]: azure.add_storage_account(**each) for each in seed.get("accounts", [])}
        for each in seed.get("secrets", []):
            vaults[each["vault"]].set_secret(each["name"], **_version(azure, accounts[each["account"]], each))
    except (KeyError, TypeError) as error:
        raise ValueError(f"the seed does not fit: {error}") from error


def _version(azure: SimulatedAzure, account: StorageAccount, seed: Mapping[str, Any]) -> dict[str, Any]:
    slot = seed.get("slot", "key1")
    bare = seed.get("form", "key") == "key"
    return {
        "value": account.key(slot) if bare else account.connection_string(slot),
        "tags": {"ProviderAddress": account.resource_id, "CredentialId": slot, **seed.get("tags", {})},
        "content_type": seed.get("content_type"),
        "expires_on": azure.clock.now() + timedelta(days=seed.get("expires_in_days", 20)),
    }
