"""Many secrets, each alone on an account, all of which near their expiry at once."""

import json
from dataclasses import dataclass
from datetime import timedelta

import requests

from dev.embedded_host import EmbeddedHost
from dev.faults.arena import VAULTS, Arena
from dev.faults.events import near_expiry
from dev.simulators import SecretVersion, StorageAccount, Vault
from rotation.ids import instance_id
from rotation.request import RotationRequest

_DAY = timedelta(days=1)
_STARTING = 600.0


@dataclass(frozen=True)
class Fleet:
    """The secrets and what they are kept in."""

    vault: Vault
    accounts: list[StorageAccount]
    versions: list[SecretVersion]

    def events(self) -> list[dict[str, object]]:
        """Return the near-expiry event of each secret."""
        return [near_expiry(self.vault.host, one.name, one.version) for one in self.versions]

    def announce(self, host: EmbeddedHost) -> list[str]:
        """Deliver all events in one batch, and return the instances' ids once they have been started."""
        body = {"input": json.dumps(self.events())}
        url = f"{host.url}/admin/functions/rotate_on_vault_event"
        requests.post(url, json=body, timeout=_STARTING).raise_for_status()
        host.wait_idle()
        return [instance_id(request) for request in self.requests()]

    def requests(self) -> list[RotationRequest]:
        """Return what the events ask for."""
        return [RotationRequest(self.vault.host, one.name, one.version) for one in self.versions]

    def rotated(self) -> int:
        """Count the secrets that have been rotated: a new version, that is accepted, of a slot that was idle."""
        return sum(
            self.vault.current(version.name).version != version.version
            and account.key("key2") == self.vault.value(version.name)
            and account.accepts(account.key("key2"))
            for account, version in zip(self.accounts, self.versions, strict=True)
        )


def seed(arena: Arena, many: int, prefix: str = "fleet", **tags: str) -> Fleet:
    """Fill an empty Azure with secrets that were made 60 days ago for 80, and hold key1 as it is; `tags` are added."""
    vault, _ = (arena.azure.add_vault(name) for name in VAULTS)
    now = arena.clock.now()
    accounts = [
        arena.azure.add_storage_account(f"fleet{number:05}", created=now - 400 * _DAY) for number in range(many)
    ]
    versions = [
        vault.set_secret(
            f"{prefix}-{number:05}",
            account.key("key1"),
            tags={"ProviderAddress": account.resource_id, "CredentialId": "key1", "owner": "payments"} | tags,
            # What the peer of the burst reads instead of a tag.
            content_type=account.resource_id,
            expires_on=now + 80 * _DAY,
        )
        for number, account in enumerate(accounts)
    ]
    arena.clock.advance(60 * _DAY)
    return Fleet(vault, accounts, versions)
