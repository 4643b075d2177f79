"""The stand-in for the Azure CLI: the lines of the runbook do inside simulated Azure what they do on Azure."""

import json
import os
import shlex
import subprocess
from typing import Any

import pytest

from dev.az.bin import AZ
from tests.scene import Scene

pytestmark = pytest.mark.contract


class Cli:
    """Runs `az` lines inside a scene."""

    def __init__(self, scene: Scene) -> None:
        self._environment = os.environ | {"AZURE_SUBSCRIPTION_ID": scene.account.subscription}

    def fails(self, line: str) -> str:
        """Run a line that must be refused, and return what it says."""
        done = self._run(line)
        assert done.returncode == 1, done.stdout
        return done.stderr.strip()

    def __call__(self, line: str) -> Any:
        done = self._run(line)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout else None

    def _run(self, line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own script
            [str(AZ), *shlex.split(line)],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def az(scene: Scene) -> Cli:
    return Cli(scene)


def test_secrets_are_shown_and_their_tags_replaced(scene: Scene, az: Cli) -> None:
    scene.secret()
    where = f"--vault-name {scene.vault.name} --name storage-key"
    assert az(f"keyvault secret show {where} --query tags.owner") == "payments"
    az(f"keyvault secret set-attributes {where} --tags owner=billing 'note=two words'")
    assert dict(scene.vault.current("storage-key").tags) == {"owner": "billing", "note": "two words"}
    az(f"keyvault secret set-attributes {where} --enabled false")
    assert scene.vault.current("storage-key").enabled is False
    assert az(f"keyvault secret list-versions {where} --query 'length(@)'") == 1


def test_a_deleted_secret_is_recovered(scene: Scene, az: Cli) -> None:
    scene.secret()
    scene.vault.delete("storage-key")
    where = f"--vault-name {scene.vault.name} --name storage-key"
    assert az.fails(f"keyvault secret show {where}") == "ERROR: (404 SecretNotFound)"
    az(f"keyvault secret recover {where}")
    assert scene.vault.find("storage-key")


def test_an_account_is_opened_for_keys_and_through_its_firewall(scene: Scene, az: Cli) -> None:
    scene.account.allow_shared_key_access = False
    scene.account.firewall_closed = True
    account = f"--ids {scene.account.resource_id}"
    assert az(f"storage account show {account} --query networkRuleSet.defaultAction") == "Deny"
    az(f"storage account update {account} --allow-shared-key-access true --default-action Allow")
    assert (scene.account.allow_shared_key_access, scene.account.firewall_closed) == (True, False)


def test_a_key_is_renewed_by_hand(scene: Scene, az: Cli) -> None:
    before = scene.account.key("key2")
    account = f"--account-name {scene.account.name} --resource-group {scene.account.resource_group}"
    az(f"storage account keys renew {account} --key key2")
    assert scene.account.key("key2") != before
    assert len(az(f"storage account keys list {account} --query '[].keyName'")) == 2


def test_a_role_gives_the_app_its_rights_back_and_the_operator_never_lost_any(scene: Scene, az: Cli) -> None:
    scene.account.deny()
    account = f"--account-name {scene.account.name} --resource-group {scene.account.resource_group}"
    az(f"storage account keys list {account}")
    assignment = f"role assignment create --assignee app --scope {scene.account.resource_id} --role"
    az(f"{assignment} 'Storage Account Key Operator Service Role'")
    assert [action for action in ("read", "listKeys", "regenerateKey") if scene.account.denies(action)] == ["read"]
    az(f"{assignment} Reader")
    assert not scene.account.denies("read")
    assert "no role Owner here" in az.fails(f"{assignment} Owner")


def test_a_vault_is_opened_through_its_firewall(scene: Scene, az: Cli) -> None:
    scene.vault.firewall_closed = True
    az(f"keyvault update --name {scene.vault.name} --resource-group sample-rg --default-action Allow")
    assert scene.vault.firewall_closed is False
