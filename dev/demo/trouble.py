"""What has gone wrong when the demo is left running: one secret for each kind of trouble, to practise the runbook on.

Names say whose storage it is, not what is wrong with it: finding that out is the exercise.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from dev.demo.stage import NOW, VAULT, Stage
from dev.simulators import StorageAccount

_DAY = timedelta(days=1)
# Long enough for every budget to be spent.
_MORNING = timedelta(hours=3)
_RETRY_AFTER = 1200


@dataclass(frozen=True)
class Trouble:
    """A secret and what somebody did to it."""

    name: str
    tags: dict[str, str] = field(default_factory=dict)
    cause: Callable[[Stage, StorageAccount], object] = lambda stage, account: None
    expires_in: timedelta = 20 * _DAY
    announced: bool = True

    @property
    def secret(self) -> str:
        """The secret's name."""
        return f"{self.name}-storage"


def _disallow(stage: Stage, account: StorageAccount) -> None:
    account.allow_shared_key_access = False


def _close(stage: Stage, account: StorageAccount) -> None:
    account.firewall_closed = True


_EARLIER = [
    Trouble("shop", {"RetireAfter": "P7D"}),
    Trouble("billing", {"ValidityPeriodDays": "ninety", "SlotStrategy": "sometimes"}),
    Trouble("reports", cause=_disallow),
    Trouble("archive", cause=lambda stage, account: stage.azure.remove_storage_account(account)),
    Trouble("media", cause=lambda stage, account: account.deny("listKeys")),
    Trouble("partner", {"Verification": "required"}, _close),
    Trouble("legacy", cause=lambda stage, account: account.regenerate("key1")),
    Trouble("web", {"RotationEnabled": "false"}),
]
_NOW = [
    Trouble("etl", expires_in=12 * _DAY, announced=False),
    Trouble("intranet", expires_in=-2 * _DAY, announced=False),
    Trouble(
        "backup",
        cause=lambda stage, account: stage.azure.faults.add(
            "storage.regenerateKey", target=account.name, status=429, retry_after=_RETRY_AFTER, times=None
        ),
    ),
]


def plant(stage: Stage) -> None:
    """Let a morning's worth of trouble happen."""
    for trouble in _EARLIER:
        _happen(stage, trouble)
    _deliver(stage, "kv-of-another-team", "their-secret", "0" * 32)
    stage.host.wait_idle()
    stage.host.advance(_MORNING)
    for trouble in _NOW:
        _happen(stage, trouble)
    stage.host.wait_idle()


def _happen(stage: Stage, trouble: Trouble) -> None:
    account = stage.azure.add_storage_account(f"{trouble.name}store", created=NOW - 300 * _DAY)
    version = stage.vault.set_secret(
        trouble.secret,
        account.connection_string("key1"),
        tags={"ProviderAddress": account.resource_id, "CredentialId": "key1", "owner": trouble.name} | trouble.tags,
        content_type="connection string",
        expires_on=stage.clock.now() + trouble.expires_in,
    )
    trouble.cause(stage, account)
    if trouble.announced:
        _deliver(stage, VAULT, trouble.secret, version.version)


def _deliver(stage: Stage, vault: str, secret: str, version: str) -> None:
    event = (
        '{"type": "Microsoft.KeyVault.SecretNearExpiry", "specversion": "1.0", "data": '
        f'{{"Id": "https://{vault}.vault.azure.net/secrets/{secret}/{version}"}}}}'
    )
    stage.host.deliver_event_hub("rotate_on_vault_event", [event])
