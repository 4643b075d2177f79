"""Roles granted = calls made: docs/security.md against what the simulators saw, and against bicep/."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from dev.faults.arena import forget_process
from rotation.ids import instance_id, refresh_id
from tests.e2e.conftest import Running
from tests.e2e.test_operations import raise_event
from tests.scene import DAY

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
SECURITY = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")

# https://learn.microsoft.com/azure/role-based-access-control/built-in-roles: actions and data actions, in lower case.
BUILT_IN = {
    "Key Vault Secrets Officer": ["microsoft.keyvault/vaults/secrets/*"],
    "Reader": ["*/read"],
    "Storage Account Key Operator Service Role": [
        "microsoft.storage/storageaccounts/listkeys/action",
        "microsoft.storage/storageaccounts/regeneratekey/action",
    ],
    "Website Contributor": ["microsoft.web/sites/*"],
}
CUSTOM = "the custom role"
CUSTOM_OF_REPLICAS = "the custom role of replicas"
# Pending secrets are in the primary's vault alone.
PENDING_ACTION = "Microsoft.KeyVault/vaults/secrets/delete"
KEY_VAULT_ACTION = r"'(Microsoft\.KeyVault/vaults/secrets/[\w/]+)'"


@dataclass(frozen=True)
class Row:
    """One call and what allows it."""

    action: str | None
    roles: frozenset[str]


def table() -> dict[str, Row]:
    """Read the table of calls."""
    section = SECURITY.split("\n## What the app calls, and what lets it\n")[1].split("\nThe Functions host")[0]
    rows = {}
    for line in re.findall(r"^\| `.*", section, re.MULTILINE):
        operation, needs, roles, _scope = (cell.strip() for cell in line.strip("|").split("|"))
        action = re.fullmatch(r"`(Microsoft\.[\w./]+)`", needs)
        names = frozenset() if roles == "none" else frozenset(roles.split(", or "))
        rows[operation.strip("`")] = Row(action[1] if action else None, names)
    return rows


def granted(file: str, pattern: str) -> set[str]:
    """Return what a Bicep file names."""
    return set(re.findall(pattern, (ROOT / "bicep" / file).read_text(encoding="utf-8")))


def lower(names: set[str]) -> list[str]:
    return [name.casefold() for name in names]


# --- the table and the calls


def new_account(running: Running, name: str, kind: str = "StorageV2") -> None:
    scene = running.scene
    scene.account = scene.azure.add_storage_account(name, kind=kind, created=scene.clock.now() - 400 * DAY)


def alternate_and_retire(running: Running) -> None:
    version = running.scene.secret(name="alternate", RetireAfter="P1D").version
    assert running.rotate(version, "alternate")["output"]["retired"] is True


def be_overtaken(running: Running) -> None:
    new_account(running, "overtakenstore")
    version = running.scene.secret(name="overtaken").version
    running.scene.secret("key2", name="overtaken")
    assert running.rotate(version, "overtaken")["output"]["outcome"] == "superseded"


def pinned(running: Running) -> None:
    new_account(running, "pinnedstore")
    version = running.scene.secret(name="pinned", SlotStrategy="pinned").version
    assert running.rotate(version, "pinned")["output"]["slot"] == "key1"


def roll_back(running: Running) -> None:
    new_account(running, "rollbackstore")
    instance = running.announce(running.scene.secret(name="rolled-back", RetireAfter="P9D").version, "rolled-back")
    running.host.wait_idle()
    raise_event(running, instance, "Rollback")
    assert "rolled back on request" in running.ended(instance)["output"]


def collide(running: Running) -> None:
    new_account(running, "sharedstore")
    running.scene.secret("key2", name="neighbour", expires_in=80 * DAY)
    version = running.scene.secret(name="colliding").version
    running.host.advance(DAY)  # until the inventory has the newcomers
    assert running.rotate(version, "colliding")["output"]["moved"]


def repair_a_file_share_account(running: Running) -> None:
    new_account(running, "filesstore", kind="FileStorage")
    version = running.scene.secret(name="drifted").version
    running.scene.account.regenerate("key1")
    assert running.rotate(version, "drifted")["output"]["outcome"] == "repaired"


def bring_to_consumers(running: Running) -> None:
    scene = running.scene
    new_account(running, "consumedstore")
    shop, app = scene.azure.add_site("shop"), scene.azure.add_container_app("worker")
    tags = {"Consumers": f"{shop.resource_id},{app.resource_id}", "MovePinnedReferences": "true"}
    version = scene.secret(name="consumed", **tags).version  # type: ignore[arg-type]
    uri = f"{scene.vault.uri}secrets/consumed"
    shop.set("Pinned", f"@Microsoft.KeyVault(SecretUri={uri}/{version})")
    scene.azure.add_site("till", slot="staging").set("Following", f"@Microsoft.KeyVault(SecretUri={uri})")
    app.set("following", uri)
    written = running.rotate(version, "consumed")["output"]["version"]
    ended = running.ended(refresh_id(scene.request(written, name="consumed")))
    assert ended["output"]["outcome"] == "ready"


def sweep(running: Running) -> None:
    new_account(running, "forgottenstore")
    version = running.scene.secret(name="forgotten").version
    running.host.advance(DAY)
    running.host.start("sweep_vaults", "sweep")
    running.ended("sweep")
    assert running.ended(instance_id(running.scene.request(version, name="forgotten")))["output"]["cause"] == "sweep"


def generate(running: Running) -> None:
    version = running.scene.secret(name="generated", ProviderAddress="generated:uuid").version
    assert running.rotate(version, "generated")["output"]["outcome"] == "rotated"


def renew_an_application(running: Running) -> None:
    application = running.scene.azure.add_entra_application("roles", created=running.scene.clock.now() - 400 * DAY)
    version = running.scene.secret(
        name="application",
        value=application.key("current"),
        ProviderAddress=application.resource_id,
        RetireAfter="P1D",
    ).version
    assert running.rotate(version, "application")["output"]["retired"] is True


def copy_and_disable(running: Running) -> None:
    running.scene.azure.add_vault("east-kv")
    version = running.scene.vault.set_secret("copied", "value", tags={"ReplicateTo": "east-kv"})
    request = running.scene.request(version.version, name="copied").to_json()
    for instance in ("replicate-one", "replicate-two"):
        assert running.ended(running.host.start("replicate_secret", instance, request))["runtimeStatus"] == "Completed"
        running.scene.vault.disable("copied")


def test_every_call_is_in_the_table_and_every_row_is_called(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLICA_VAULTS", "east-kv.vault.azure.net")
    forget_process()
    for way in (
        alternate_and_retire,
        be_overtaken,
        pinned,
        roll_back,
        collide,
        repair_a_file_share_account,
        copy_and_disable,
        sweep,
        generate,
        renew_an_application,
    ):
        way(running)
    monkeypatch.setenv("CONSUMER_SCOPES", "/subscriptions/11111111-1111-4111-8111-111111111111")
    forget_process()
    running.scene.azure.add_site("till")
    bring_to_consumers(running)
    # The SDK remembers a vault's challenge for as long as the process lives: an earlier test may have had it.
    calls = set(running.scene.azure.calls_by_operation()) | {"keyvault.challenge"}
    # What a sweep asks of certificates and keys has a table of its own.
    assert calls == set(table()) | {"keyvault.listCertificates", "keyvault.listKeys"}


@pytest.mark.parametrize("right", ["getSecret", "setSecret", "listSecrets"])
def test_no_right_on_the_vault_is_idle(running: Running, right: str) -> None:
    version = running.scene.secret().version
    for vault in (running.scene.vault, running.scene.second_vault):
        vault.deny(right)
    assert running.rotate(version)["runtimeStatus"] == "Failed"


@pytest.mark.parametrize("right", ["read", "listKeys", "regenerateKey"])
def test_no_right_on_the_account_is_idle(running: Running, right: str) -> None:
    running.scene.account.deny(right)
    assert running.rotate(running.scene.secret().version)["runtimeStatus"] == "Failed"


# --- the table and the roles


def test_each_role_of_the_table_allows_its_call() -> None:
    custom = {
        CUSTOM: lower(granted("onboard-vault.bicep", KEY_VAULT_ACTION)),
        CUSTOM_OF_REPLICAS: lower(granted("onboard-replica-vault.bicep", KEY_VAULT_ACTION)),
    }
    for operation, row in table().items():
        assert bool(row.action) == bool(row.roles), operation
        for role in row.roles:
            allowed = custom.get(role) or BUILT_IN[role]
            assert any(fnmatchcase(str(row.action).casefold(), pattern) for pattern in allowed), (operation, role)


def test_the_custom_role_allows_what_is_called_and_no_more() -> None:
    called = {row.action for row in table().values() if CUSTOM in row.roles}
    assert granted("onboard-vault.bicep", KEY_VAULT_ACTION) == called
    called |= {row.action for row in table().values() if CUSTOM_OF_REPLICAS in row.roles}
    assert granted("onboard-replica-vault.bicep", KEY_VAULT_ACTION) == called - {PENDING_ACTION}


def test_a_target_gets_the_roles_of_the_table_and_no_more() -> None:
    named = {role for operation, row in table().items() if operation.startswith("storage.") for role in row.roles}
    assert granted("onboard-target.bicep", r"(?m)^  '([A-Z][\w ]+)'$") == named


def test_consumers_get_the_roles_of_the_table_and_no_more() -> None:
    named = {
        role
        for operation, row in table().items()
        if operation.startswith(("sites.", "containerApps."))
        for role in row.roles
    }
    assert granted("onboard-consumers.bicep", r"(?m)^  '([A-Z][\w ]+)'$") == named


def test_every_role_that_is_ever_granted_is_explained() -> None:
    ids = granted("modules/role-ids.bicep", r"(?m)^  '?([A-Z][\w ]+?)'?: '[0-9a-f-]{36}'")
    assert len(ids) > 8
    assert {role for role in ids if role not in SECURITY} == set()
