"""Values that many unit tests begin with; each helper takes what the test is about and fills in the rest."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rotation.credential import Credential
from rotation.forms import ACCOUNT_KEY
from rotation.holding import ReplacedVersion
from rotation.kinds import as_it_stands
from rotation.model import SecretVersion, Slot, Surroundings, Target
from rotation.plan import Plan
from rotation.planning import plan_rotation
from rotation.policy import Defaults
from rotation.refusals import check_secret
from rotation.request import RotationRequest
from rotation.situation import Situation
from rotation.tags import Tags

HOST = "contoso-kv.vault.azure.net"
SECRET = "storage-key"
VERSION = "0123456789abcdef0123456789abcdef"
NEXT_VERSION = "fedcba9876543210fedcba9876543210"
ADDRESS = (
    "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/app-rg"
    "/providers/Microsoft.Storage/storageAccounts/contosodata"
)
KNOWN = {"microsoft.storage/storageaccounts": as_it_stands}
SURROUNDINGS = Surroundings(frozenset({HOST}), KNOWN)
TARGET = Target(keys_refused=None, probe_endpoint="https://contosodata.blob.core.windows.net/")
NOW = datetime(2026, 7, 25, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# 64 bytes in base64, as a storage key is.
KEY1, KEY2, KEY3 = (base64.b64encode(bytes([n]) * 64).decode() for n in (1, 2, 3))


def request(version: str = VERSION, **fields: Any) -> RotationRequest:
    return RotationRequest(HOST, SECRET, version, **fields)


def tags(changes: Mapping[str, str | None] | None = None) -> Tags:
    """Return a managed secret's tags; None leaves one out."""
    known: dict[str, str | None] = {"ProviderAddress": ADDRESS, "CredentialId": "key1"}
    return Tags({name: value for name, value in (known | dict(changes or {})).items() if value is not None})


def secret(
    value: str = KEY1,
    *,
    version: str = VERSION,
    created_on: datetime = NOW - 70 * DAY,
    expires_on: datetime | None = NOW + 20 * DAY,
    content_type: str | None = None,
    tagged: Mapping[str, str | None] | None = None,
) -> SecretVersion:
    return SecretVersion(version, Credential(value), created_on, expires_on, content_type, tags(tagged))


def replacing(key: str, current: SecretVersion) -> tuple[ReplacedVersion, ...]:
    """Return what a secret's current version has replaced: one that held `key`."""
    return (ReplacedVersion(current.created_on, Credential(key)),)


def slots(
    key1: str = KEY1,
    key2: str = KEY2,
    *,
    made1: datetime | None = NOW - 400 * DAY,
    made2: datetime | None = NOW - 400 * DAY,
) -> dict[str, Slot]:
    return {"key1": Slot("key1", Credential(key1), made1), "key2": Slot("key2", Credential(key2), made2)}


def planned(
    current: SecretVersion,
    keys: Mapping[str, Slot] | None = None,
    *,
    asked: RotationRequest | None = None,
    now: datetime = NOW,
    replaced: tuple[ReplacedVersion, ...] = (),
) -> Plan:
    """Plan as `read_metadata` does once the version is the right one."""
    situation = Situation(asked or request(), current, now, replaced)
    policy = check_secret(situation, SURROUNDINGS, Defaults())
    return plan_rotation(situation, policy, TARGET, slots() if keys is None else keys, ACCOUNT_KEY)
