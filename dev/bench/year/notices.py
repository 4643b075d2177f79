"""Key Vault's events, and what Event Grid makes of them on their way: most arrive, some twice, a few never.

Key Vault announces a version 30 days before its expiry, once, and again when it has expired; only the current one. A
version born with less to live is announced within minutes of its making.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from dev.simulators import SecretVersion

from .population import NOTICE
from .stage import Stage

NEAR_EXPIRY = "Microsoft.KeyVault.SecretNearExpiry"
EXPIRED = "Microsoft.KeyVault.SecretExpired"

_LOST = 0.02
_REPEATED = 0.1
_MOST_REPEATS = 3
_LATEST_REPEAT = 86_400  # seconds
_DELIVERY = 60  # seconds at most
_AT_BIRTH = timedelta(minutes=15)
"""“Within minutes”: the later, the better for a contender whose versions are all born so."""

Event = dict[str, Any]


class Notices:
    """Watches a vault and sends its events."""

    def __init__(self, stage: Stage, seed: int, deliver: Callable[[Event], None]) -> None:
        self.sent = 0
        self.lost = 0
        self.repeated = 0
        self._stage = stage
        self._seed = seed
        self._deliver = deliver
        self._announced: dict[tuple[str, str], int] = {}
        for secret in stage.specs:
            self._watch(secret)
        stage.on_version.append(self._watch)

    def _watch(self, secret: str) -> None:
        version = self._stage.vault.current(secret)
        if version.expires_on is None:
            return
        near = max(version.expires_on - NOTICE, version.created + _AT_BIRTH)
        self._at(near, NEAR_EXPIRY, version)
        self._at(version.expires_on, EXPIRED, version)

    def _at(self, when: datetime, kind: str, version: SecretVersion) -> None:
        self._stage.clock.call_at(when, lambda: self._announce(kind, version))

    def _announce(self, kind: str, version: SecretVersion) -> None:
        if self._stage.vault.current(version.name).version != version.version:
            return
        number = self._announced[version.name, kind] = self._announced.get((version.name, kind), 0) + 1
        chance = random.Random(f"{self._seed}/notices/{version.name}/{kind}/{number}")
        self.sent += 1
        if chance.random() < _LOST:
            self.lost += 1
            return
        event = _event(self._stage, kind, version)
        delays = [chance.randint(0, _DELIVERY)]
        if chance.random() < _REPEATED:
            delays += [chance.randint(1, _LATEST_REPEAT) for _ in range(chance.randint(1, _MOST_REPEATS))]
            self.repeated += 1
        for delay in delays:
            self._stage.clock.call_at(self._stage.clock.now() + timedelta(seconds=delay), lambda: self._deliver(event))


def _event(stage: Stage, kind: str, version: SecretVersion) -> Event:
    """Return an event in the CloudEvents schema, its fields as documented."""
    return {
        "id": f"{version.version}-{kind.rpartition('.')[2]}",
        "source": "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/sample-rg"
        f"/providers/Microsoft.KeyVault/vaults/{stage.vault.name}",
        "subject": version.name,
        "type": kind,
        "time": stage.clock.now().isoformat(),
        "specversion": "1.0",
        "data": {
            "Id": version.id,
            "VaultName": stage.vault.name,
            "ObjectType": "Secret",
            "ObjectName": version.name,
            "Version": version.version,
            "NBF": None,
            "EXP": version.expires_on and int(version.expires_on.timestamp()),
        },
    }
