"""Simulated sites and container apps behave as their documentation says, seen through Resource Manager's REST API."""

from datetime import timedelta

import pytest

import bootstrap
from azure_clients.clouds import find_cloud
from azure_clients.resource_manager import ResourceManager
from rotation.failures import DeniedError, MissingError, TransientError
from tests.scene import SECRET, Scene

pytestmark = pytest.mark.contract

API = "2022-03-01"
HOUR = timedelta(hours=1)


@pytest.fixture
def manager(scene: Scene) -> ResourceManager:
    cloud = find_cloud("AzureCloud")
    assert cloud is not None
    return ResourceManager(cloud)


def reference(scene: Scene) -> str:
    return f"@Microsoft.KeyVault(SecretUri=https://{scene.vault.host}/secrets/{SECRET}/)"


def test_a_site_goes_on_with_what_it_has_until_a_day_has_passed_or_it_is_asked(scene: Scene) -> None:
    first = scene.secret().version
    shop = scene.azure.add_site("shop")
    shop.set("Storage", reference(scene))
    second = scene.secret("key2").version

    def held() -> str | None:
        version = shop.holds("Storage")
        return version.version if version else None

    scene.clock.advance(23 * HOUR)
    assert held() == first
    scene.clock.advance(HOUR)
    assert held() == second
    third = scene.secret().version
    assert held() == second
    shop.refresh()
    assert held() == third
    fourth = scene.secret("key2").version
    shop.set("Another", "setting")
    assert held() == fourth, "a change of the settings restarts the site"


def test_a_consumer_with_a_dead_key_is_noticed_at_once(scene: Scene) -> None:
    scene.secret()
    shop = scene.azure.add_site("shop")
    shop.set("Storage", reference(scene))
    scene.azure.depend(shop, "Storage", scene.account)
    scene.secret("key2")
    assert scene.azure.cut_off == []
    scene.account.regenerate("key1")
    assert [(one.consumer, one.change) for one in scene.azure.cut_off] == [("shop", "samplestore/key1: regenerated")]


def test_references_are_listed_with_what_has_come_of_them(scene: Scene, manager: ResourceManager) -> None:
    version = scene.secret().version
    shop = scene.azure.add_site("shop", slot="staging")
    shop.set("Storage", reference(scene))
    shop.set("Gone", "@Microsoft.KeyVault(VaultName=sample-kv;SecretName=gone)")
    shop.set("Plain", "text")
    listed = list(manager.pages("list", f"{shop.resource_id}/config/configreferences/appsettings", API))
    told = {one["name"]: (one["properties"]["status"], one["properties"]["activeVersion"]) for one in listed}
    assert told == {"Storage": ("Resolved", version), "Gone": ("SecretNotFound", "")}


def test_settings_are_written_only_over_the_state_that_was_read(scene: Scene, manager: ResourceManager) -> None:
    shop = scene.azure.add_site("shop")
    shop.set("One", "1")
    path = f"{shop.resource_id}/config/appsettings"
    read = manager.post("list", f"{path}/list", API)
    shop.set("Two", "2")
    with pytest.raises(TransientError, match="412 PreconditionFailed"):
        manager.put("write", path, API, {"properties": {"One": "x"}}, read.etag)
    assert shop.settings() == {"One": "1", "Two": "2"}
    manager.put("write", path, API, {"properties": {"One": "x"}}, None)
    assert shop.settings() == {"One": "x"}, "what is not sent is gone"


def test_who_is_not_there_or_may_not_is_told(scene: Scene, manager: ResourceManager) -> None:
    shop = scene.azure.add_site("shop")
    path = f"{shop.resource_id}/config/configreferences/appsettings"
    shop.deny("read")
    with pytest.raises(DeniedError):
        list(manager.pages("list", path, API))
    scene.azure.remove_site(shop)
    with pytest.raises(MissingError):
        list(manager.pages("list", path, API))
    assert bootstrap.consumers().look(shop.resource_id, scene.clock.now()).uses == ()


def test_the_token_goes_nowhere_but_to_resource_manager(scene: Scene, manager: ResourceManager) -> None:
    """A link to the next page is followed by its path, whatever host it names."""
    for number in range(51):
        scene.azure.add_site(f"shop{number}")
    group = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/sample-rg"
    assert len(list(manager.pages("list", f"{group}/providers/Microsoft.Web/sites", API))) == 51
    assert scene.azure.calls_by_operation()["sites.list"] == 2
