"""Those who use a secret: what a new version comes to for each of them, and that none is ever cut off."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

import pytest
import requests

from dev.faults.arena import forget_process
from dev.simulators import Site
from rotation.ids import refresh_id
from tests.e2e.api import Api
from tests.e2e.conftest import Running
from tests.events import cloud_event, message
from tests.scene import DAY, SECRET, VAULT, Scene

pytestmark = pytest.mark.e2e

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
GROUP = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/sample-rg"
NEW_VERSION = "Microsoft.KeyVault.SecretNewVersionCreated"
SETTING = "Storage"


@pytest.fixture
def scoped(running: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    """The app, looking for consumers in the scene's resource group."""
    return look_in_scopes(running, monkeypatch)


def look_in_scopes(running: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    monkeypatch.setenv("CONSUMER_SCOPES", GROUP)
    forget_process()
    return running


def reference(scene: Scene, version: str = "", name: str = SECRET) -> str:
    return f"@Microsoft.KeyVault(SecretUri=https://{scene.vault.host}/secrets/{name}/{version})"


def site(scene: Scene, name: str = "shop", *, version: str = "", **options: Any) -> Site:
    """Add a site that uses the secret, and watch that it is never cut off."""
    made = scene.azure.add_site(name, **options)
    made.set(SETTING, reference(scene, version))
    scene.azure.depend(made, SETTING, scene.account)
    return made


def holds(one: Site) -> str:
    held = one.holds(SETTING)
    assert held is not None
    return held.version


def settle(running: Running, version: str) -> dict[str, Any]:
    """Return how the refresh of a version ended."""
    return running.ended(refresh_id(running.scene.request(version)))


def states(status: dict[str, Any]) -> dict[str, str]:
    return {each["id"].rpartition("/sites/")[2]: each["state"] for each in status["output"]["standings"]}


def refreshes(running: Running) -> int:
    return running.scene.azure.calls_by_operation().get("sites.refreshReferences", 0)


# --- a new version comes to everybody


def test_a_rotation_brings_its_version_to_sites_and_slots_in_the_scopes(scoped: Running) -> None:
    scene = scoped.scene
    old = scene.secret().version
    shop, staging = site(scene), site(scene, slot="staging")
    stranger = scene.azure.add_site("stranger")
    stranger.set("Other", "@Microsoft.KeyVault(VaultName=sample-kv;SecretName=another)")
    new = scoped.rotate(old)["output"]["version"]
    ended = settle(scoped, new)
    assert ended["output"]["outcome"] == "ready"
    assert states(ended) == {"shop": "current", "shop/slots/staging": "current"}
    assert (holds(shop), holds(staging)) == (new, new)
    assert refreshes(scoped) == 2


def test_everybody_s_new_version_is_brought_to_its_consumers(scoped: Running) -> None:
    scene = scoped.scene
    scene.secret(name="foreign")
    shop = scene.azure.add_site("shop")
    shop.set(SETTING, f"@Microsoft.KeyVault(VaultName={scene.vault.name};SecretName=Foreign)")
    new = scene.vault.set_secret("foreign", "a password that somebody made").version
    event = message(cloud_event(scene.vault.host, "foreign", new, NEW_VERSION))
    assert scoped.deliver(event).succeeded
    ended = scoped.ended(refresh_id(scene.request(new, name="foreign")))
    assert ended["output"]["outcome"] == "ready"
    assert holds(shop) == new
    scoped.deliver(event)
    scoped.host.wait_idle()
    assert refreshes(scoped) == 1, "a repeat of the event joins what has been done"


def test_without_scopes_the_event_asks_for_nothing(running: Running) -> None:
    version = running.scene.secret().version
    assert running.deliver(message(cloud_event(running.scene.vault.host, SECRET, version, NEW_VERSION))).succeeded
    assert running.instances("refresh-") == []
    assert running.scene.azure.calls_by_operation() == {}


def test_the_tag_names_a_consumer_outside_all_scopes(running: Running) -> None:
    scene = running.scene
    shop = scene.azure.add_site("shop", resource_group="elsewhere")
    old = scene.secret(Consumers=shop.resource_id.upper()).version
    shop.set(SETTING, reference(scene))
    new = running.rotate(old)["output"]["version"]
    assert settle(running, new)["output"]["outcome"] == "ready"
    assert holds(shop) == new
    assert "sites.list" not in scene.azure.calls_by_operation()


def test_connection_strings_count(scoped: Running) -> None:
    scene = scoped.scene
    old = scene.secret().version
    shop = scene.azure.add_site("shop")
    shop.set("Main", reference(scene), type_="Custom")
    new = scoped.rotate(old)["output"]["version"]
    assert settle(scoped, new)["output"]["outcome"] == "ready"
    held = shop.holds("Main", "connectionstrings")
    assert held is not None
    assert held.version == new


def test_a_refresh_that_takes_its_time_is_waited_for_and_asked_for_once(scoped: Running) -> None:
    scene = scoped.scene
    old = scene.secret().version
    shop = site(scene)
    shop.refresh_takes = 8 * MINUTE
    new = scoped.rotate(old)["output"]["version"]
    assert settle(scoped, new)["output"]["outcome"] == "ready"
    assert holds(shop) == new
    assert refreshes(scoped) == 1


def test_a_container_app_is_given_the_time_that_its_platform_takes(scoped: Running) -> None:
    scene = scoped.scene
    old = scene.secret().version
    app = scene.azure.add_container_app("worker")
    app.set("storage", f"https://{scene.vault.host}/secrets/{SECRET}")
    app.set("own", None)
    scene.azure.depend(app, "storage", scene.account)
    begun = scene.clock.now()
    new = scoped.rotate(old)["output"]["version"]
    assert settle(scoped, new)["output"]["outcome"] == "ready"
    assert scene.clock.now() - begun >= 45 * MINUTE
    held = app.holds("storage")
    assert held is not None
    assert held.version == new


@pytest.mark.parametrize(
    ("harm", "state"),
    [
        (lambda shop: shop.deny("refresh"), "unseen"),
        (lambda shop: shop.deny("read"), "unseen"),
        (lambda shop: setattr(shop, "heeds_refresh", False), "behind"),
        (lambda shop: setattr(shop, "may_read", False), "unknown"),
    ],
)
def test_one_site_s_failure_never_stops_the_others(running: Running, harm: Callable[[Site], None], state: str) -> None:
    scene = running.scene
    shop, well = scene.azure.add_site("s"), scene.azure.add_site("w")
    old = scene.secret(Consumers=f"{shop.resource_id},{well.resource_id}").version
    shop.set(SETTING, reference(scene))
    well.set(SETTING, reference(scene))
    # Once the look before the regeneration is over, and before the refresh begins.
    scene.azure.faults.add("keyvault.setSecret", when="after", callback=lambda: harm(shop))
    new = running.rotate(old)["output"]["version"]
    ended = settle(running, new)
    assert ended["runtimeStatus"] == "Completed"
    assert ended["output"]["outcome"] == "behind"
    assert states(ended) == {"s": state, "w": "current"}
    assert holds(well) == new


def test_one_look_at_the_scopes_serves_a_burst(scoped: Running) -> None:
    scene = scoped.scene
    site(scene)
    versions = {}
    for number in range(6):
        scene.account = scene.azure.add_storage_account(f"burst{number}store", created=scene.clock.now() - 400 * DAY)
        versions[f"burst-{number}"] = scene.secret(name=f"burst-{number}").version
    for name, version in versions.items():
        scoped.announce(version, name)
    scoped.host.wait_idle()
    assert len(scoped.instances("refresh-burst")) == 0
    assert len(scoped.instances("refresh-sample-kv-burst-")) == 6
    assert scene.azure.calls_by_operation()["sites.list"] == 1


def test_a_scope_of_many_sites_is_read_page_by_page(scoped: Running) -> None:
    scene = scoped.scene
    old = scene.secret().version
    for number in range(60):
        scene.azure.add_site(f"idle{number}")
    last = site(scene, "last")
    new = scoped.rotate(old)["output"]["version"]
    assert settle(scoped, new)["output"]["outcome"] == "ready"
    assert holds(last) == new


# --- settings that pin a version


def test_a_pinned_setting_is_reported_by_name_and_left_alone(scoped: Running) -> None:
    scene = scoped.scene
    old = scene.secret().version
    shop = site(scene, version=old)
    before = shop.settings()
    ended = settle(scoped, scoped.rotate(old)["output"]["version"])
    assert ended["output"]["outcome"] == "behind"
    (standing,) = ended["output"]["standings"]
    assert (standing["state"], standing["version"], standing["settings"]) == ("pinned", old, [SETTING])
    assert shop.settings() == before
    assert "sites.listSettings" not in scene.azure.calls_by_operation()


@pytest.mark.parametrize("by_tag", [True, False])
def test_pinned_settings_are_moved_where_that_is_wanted(
    scoped: Running, monkeypatch: pytest.MonkeyPatch, by_tag: bool
) -> None:
    scene = scoped.scene
    monkeypatch.setenv("MOVE_PINNED_REFERENCES", str(not by_tag).lower())
    forget_process()
    movable: dict[str, Any] = {"MovePinnedReferences": "true"} if by_tag else {}
    old = scene.secret(**movable).version
    shop = site(scene, version=old)
    shop.set("Plain", "a setting that is nobody else's business")
    shop.set(
        "Main",
        f"@Microsoft.KeyVault(VaultName={scene.vault.name};SecretName={SECRET};SecretVersion={old})",
        type_="Custom",
    )
    new = scoped.rotate(old)["output"]["version"]
    assert settle(scoped, new)["output"]["outcome"] == "ready"
    assert shop.settings() == {SETTING: reference(scene, new), "Plain": "a setting that is nobody else's business"}
    assert shop.settings("connectionstrings")["Main"] == {
        "value": f"@Microsoft.KeyVault(VaultName={scene.vault.name};SecretName={SECRET};SecretVersion={new})",
        "type": "Custom",
    }
    assert holds(shop) == new


@pytest.mark.parametrize(
    ("tells_state", "operation", "when"),
    [
        (True, "sites.writeSettings", "before"),
        (True, "sites.listSettings", "after"),
        (False, "sites.listSettings", "after"),
    ],
)
def test_somebody_else_s_change_of_the_settings_is_never_lost(
    scoped: Running, tells_state: bool, operation: str, when: Literal["before", "after"]
) -> None:
    scene = scoped.scene
    old = scene.secret(MovePinnedReferences="true").version
    shop = site(scene, version=old)
    shop.tells_state = tells_state
    scene.azure.faults.add(operation, when=when, callback=lambda: shop.set("Theirs", "new"))
    new = scoped.rotate(old)["output"]["version"]
    assert settle(scoped, new)["output"]["outcome"] == "ready"
    assert shop.settings() == {SETTING: reference(scene, new), "Theirs": "new"}


def test_a_container_app_that_pins_a_version_is_reported(scoped: Running) -> None:
    scene = scoped.scene
    old = scene.secret(MovePinnedReferences="true").version
    app = scene.azure.add_container_app("worker")
    app.set("storage", f"https://{scene.vault.host}/secrets/{SECRET}/{old}")
    ended = settle(scoped, scoped.rotate(old)["output"]["version"])
    assert [each["state"] for each in ended["output"]["standings"]] == ["pinned"]


# --- the grace ends by proof


def test_the_grace_ends_as_soon_as_everybody_has_the_version(scoped: Running) -> None:
    scene = scoped.scene
    old = scene.secret(RetireAfter="P9D", RetireWhen="consumers-ready").version
    shop = site(scene)
    shop.refresh_takes = 8 * MINUTE
    begun, old_key = scene.clock.now(), scene.account.key("key1")
    status = scoped.rotate(old)
    assert status["output"]["retired"] is True
    assert scene.clock.now() - begun < HOUR
    assert not scene.account.accepts(old_key)
    assert scene.azure.cut_off == []


def test_without_a_known_consumer_nothing_is_proven(scoped: Running) -> None:
    scene = scoped.scene
    old = scene.secret(RetireAfter="P2D", RetireWhen="consumers-ready").version
    begun = scene.clock.now()
    assert scoped.rotate(old)["output"]["retired"] is True
    assert scene.clock.now() - begun >= 2 * DAY


def test_a_lost_word_to_the_rotation_costs_time_and_nothing_else(scoped: Running) -> None:
    scene = scoped.scene
    old = scene.secret(RetireAfter="P2D", RetireWhen="consumers-ready").version
    site(scene)
    instance = scoped.announce(old)
    for _ in range(3):
        scoped.host.crash_worker("activity", "tell_rotation", when="before")
    status = scoped.ended(instance)
    assert status["output"]["retired"] is True
    assert scene.azure.cut_off == []


@pytest.mark.parametrize("tags", [{}, {"RetireWhen": "consumers-ready"}])
def test_a_slot_that_a_consumer_still_holds_is_kept_and_the_outcome_says_why(
    scoped: Running, tags: dict[str, Any]
) -> None:
    scene = scoped.scene
    old = scene.secret(RetireAfter="PT1H", **tags).version
    shop = site(scene, version=old)
    begun, old_key = scene.clock.now(), scene.account.key("key1")
    status = scoped.rotate(old)
    assert status["runtimeStatus"] == "Completed"
    assert (status["output"]["retired"], status["output"]["note"]) == (False, "shop may still hold key1")
    assert scene.clock.now() - begun >= 25 * HOUR, "it was looked at again and again"
    assert scene.account.accepts(old_key)
    assert holds(shop) == old
    assert scene.azure.cut_off == []


def test_the_retirement_goes_on_once_the_consumer_has_moved(scoped: Running) -> None:
    scene = scoped.scene
    old = scene.secret(RetireAfter="PT1H").version
    shop = site(scene, version=old)
    instance = scoped.announce(old)
    scoped.host.advance(3 * HOUR)
    waiting = scoped.status(instance)["customStatus"]
    assert (waiting["step"], waiting["waitingFor"]) == ("grace", "shop may still hold key1")
    shop.set(SETTING, reference(scene))
    assert scoped.ended(instance)["output"]["retired"] is True
    assert scene.azure.cut_off == []


def test_a_person_s_word_that_all_are_ready_does_not_cut_anybody_off(scoped: Running) -> None:
    scene = scoped.scene
    old = scene.secret(RetireAfter="P9D").version
    shop = site(scene, version=old)
    instance = scoped.announce(old)
    scoped.host.wait_idle()
    scoped.host.raise_event(instance, "ConsumersReady", {})
    assert scoped.ended(instance)["output"]["retired"] is False
    assert holds(shop) == old
    assert scene.azure.cut_off == []


def test_the_next_rotation_does_not_regenerate_the_slot_of_a_pinned_consumer(scoped: Running) -> None:
    scene = scoped.scene
    old = scene.secret().version
    shop = site(scene, version=old)
    new = scoped.rotate(old)["output"]["version"]
    scoped.host.advance(70 * DAY)
    status = scoped.rotate(new)
    assert status["runtimeStatus"] == "Failed"
    assert "shop may still hold key1" in status["output"]
    assert scene.works()
    shop.set(SETTING, reference(scene))
    scoped.restart(status["instanceId"])
    assert scoped.ended(status["instanceId"])["output"]["outcome"] == "rotated"
    assert scene.azure.cut_off == []


def test_a_consumer_that_was_left_behind_by_somebody_else_s_version_is_brought_on_first(running: Running) -> None:
    scene = running.scene
    shop = scene.azure.add_site("shop")
    old = scene.secret(MovePinnedReferences="true", Consumers=shop.resource_id).version
    shop.set(SETTING, reference(scene, old))
    scene.azure.depend(shop, SETTING, scene.account)
    running.host.advance(2 * DAY)
    by_hand = scene.secret("key2", MovePinnedReferences="true", Consumers=shop.resource_id).version
    running.host.advance(2 * DAY)
    status = running.rotate(by_hand)
    assert status["output"]["outcome"] == "rotated"
    assert holds(shop) in (by_hand, status["output"]["version"])
    assert scene.azure.cut_off == []


def test_a_secret_of_an_application_is_not_removed_under_a_consumer(running: Running) -> None:
    scene = running.scene
    application = scene.azure.add_entra_application("shop", created=scene.clock.now() - 400 * DAY)
    shop = scene.azure.add_site("shop")
    old = scene.secret(
        value=application.key("current"), ProviderAddress=application.resource_id, RetireAfter="PT1H",
        Consumers=shop.resource_id,
    ).version  # fmt: skip
    shop.set(SETTING, reference(scene, old))
    scene.azure.depend(shop, SETTING, application)
    status = running.rotate(old)
    assert (status["output"]["retired"], status["output"]["note"]) == (False, "shop may still hold current")
    assert scene.azure.cut_off == []


def test_another_secret_s_rotation_does_not_cut_off_this_one_s_consumer(running: Running) -> None:
    scene = running.scene
    shop = scene.azure.add_site("shop")
    old = scene.secret(Consumers=shop.resource_id).version
    shop.set(SETTING, reference(scene, old))
    scene.azure.depend(shop, SETTING, scene.account)
    running.rotate(old)
    other = scene.secret("key2", name="other").version
    running.host.advance(2 * DAY)
    assert "shop may still hold key1" in running.rotate(other, "other")["output"]
    assert scene.azure.cut_off == []


def test_a_pinned_secret_does_not_regenerate_its_slot_under_a_consumer(scoped: Running) -> None:
    scene = scoped.scene
    old = scene.secret(SlotStrategy="pinned", RetireAfter="PT1H").version
    site(scene, version=old)
    status = scoped.rotate(old)
    assert "shop may still hold key1" in status["output"]
    assert scene.works()
    assert scene.azure.cut_off == []


def test_a_site_that_misses_its_refresh_gets_the_version_within_a_day_and_then_the_slot_goes(scoped: Running) -> None:
    scene = scoped.scene
    old = scene.secret(RetireAfter="PT1H").version
    shop = site(scene)
    shop.heeds_refresh = False
    status = scoped.rotate(old)
    assert status["output"]["retired"] is True
    assert holds(shop) == status["output"]["version"]
    assert scene.azure.cut_off == []


def test_scopes_that_cannot_be_looked_through_refuse_before_anything_is_touched(scoped: Running) -> None:
    scene = scoped.scene
    scene.azure.deny_scope(GROUP)
    status = scoped.rotate(scene.secret().version)
    assert "refused: find_neighbours: list sites: 403" in status["output"]
    assert scoped.regenerations() == 0


def test_scopes_that_cannot_be_looked_through_any_more_keep_the_slot(scoped: Running) -> None:
    scene = scoped.scene
    instance = scoped.announce(scene.secret(RetireAfter="PT1H").version)
    scoped.host.wait_idle()
    scene.azure.deny_scope(GROUP)
    status = scoped.ended(instance)
    assert status["output"]["retired"] is False
    assert (
        "the consumers of storage-key cannot be looked at (list sites: 403 AuthorizationFailed)"
        in status["output"]["note"]
    )


# --- repeats, losses, ends


def test_a_newer_version_makes_the_refresh_superfluous(scoped: Running) -> None:
    scene = scoped.scene
    site(scene)
    first = scene.secret().version
    scene.secret()
    scoped.deliver(message(cloud_event(scene.vault.host, SECRET, first, NEW_VERSION)))
    ended = settle(scoped, first)
    assert (ended["runtimeStatus"], ended["output"]["outcome"]) == ("Completed", "superseded")


@pytest.mark.parametrize("activity", ["find_consumers", "refresh_consumer", "move_reference", "announce_version"])
def test_a_worker_s_death_costs_a_while_and_nothing_else(scoped: Running, activity: str) -> None:
    scene = scoped.scene
    old = scene.secret(MovePinnedReferences="true").version
    following, pinning = site(scene), site(scene, "till", version=old)
    scoped.host.crash_worker("activity", activity, when="after")
    new = scoped.rotate(old)["output"]["version"]
    assert settle(scoped, new)["output"]["outcome"] == "ready"
    assert {holds(following), holds(pinning)} == {new}
    assert scene.azure.cut_off == []


def test_a_worker_s_death_in_an_episode_is_made_good_by_the_event(scoped: Running) -> None:
    scene = scoped.scene
    shop = site(scene)
    scoped.host.crash_worker("orchestrator", "refresh_consumers", nth=2)
    new = scoped.rotate(scene.secret().version)["output"]["version"]
    assert settle(scoped, new)["runtimeStatus"] == "Failed"
    scoped.deliver(message(cloud_event(scene.vault.host, SECRET, new, NEW_VERSION)))
    assert settle(scoped, new)["output"]["outcome"] == "ready"
    assert holds(shop) == new


def test_wrong_tags_are_told(scoped: Running) -> None:
    scene = scoped.scene
    version = scene.secret(Consumers="shop").version
    scoped.deliver(message(cloud_event(scene.vault.host, SECRET, version, NEW_VERSION)))
    ended = settle(scoped, version)
    assert ended["runtimeStatus"] == "Failed"
    assert "Consumers entry 1 is text of 4 characters, expected the ARM resource id" in ended["output"]


def test_the_rotation_goes_on_where_nothing_can_be_announced(scoped: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = scoped.scene

    async def fails(*_: object) -> None:
        raise OSError

    monkeypatch.setattr("activities.announce_version._FOLLOWERS", (fails,))
    site(scene)
    assert scoped.rotate(scene.secret().version)["output"]["outcome"] == "rotated"


def test_purging_takes_the_histories_of_refreshes_too(sweeping: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    scoped = look_in_scopes(sweeping, monkeypatch)
    site(scoped.scene)
    old = settle(scoped, scoped.rotate(scoped.scene.secret().version)["output"]["version"])["instanceId"]
    scoped.host.advance(91 * DAY)
    answer = requests.post(f"{scoped.host.url}/admin/functions/purge_history", json={"input": ""}, timeout=30)
    assert answer.status_code == 202
    scoped.host.wait_idle()
    assert old not in {each["instanceId"] for each in scoped.instances("refresh-")}


def test_refreshes_are_no_rotations(sweeping: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    scoped = look_in_scopes(sweeping, monkeypatch)
    shop = site(scoped.scene)
    shop.heeds_refresh = False
    new = scoped.rotate(scoped.scene.secret().version)["output"]["version"]
    api = Api(scoped)
    assert len(api.get("/rotations").json()["rotations"]) == 1
    assert api.secret()["lastRotation"]["outcome"] == "rotated"
    assert scoped.sweep()["output"]["reported"] == []
    assert api.get("/rotations/" + refresh_id(scoped.scene.request(new))).status_code in (404, 422)


# --- the API


def test_the_api_tells_who_has_which_version(scoped: Running) -> None:
    scene = scoped.scene
    old = scene.secret().version
    api = Api(scoped)
    assert api.get("/consumers", vault=VAULT, secret=SECRET).json()["consumers"] == []
    shop, pinned = site(scene), site(scene, "till", version=old)
    shop.refresh_takes = 8 * MINUTE
    scoped.announce(old)
    scoped.host.wait_idle()
    shown = api.get("/consumers", vault=VAULT, secret=SECRET).json()
    new = scene.vault.current(SECRET).version
    assert shown["version"] == new
    assert {each["name"]: each["state"] for each in shown["consumers"]} == {"shop": "behind", "till": "pinned"}
    settle(scoped, new)
    shown = api.get("/consumers", vault=VAULT, secret=SECRET).json()
    assert (shown["status"], shown["outcome"]) == ("Completed", "behind")
    assert [(each["name"], each["state"], each["version"], each["settings"]) for each in shown["consumers"]] == [
        ("till", "pinned", old, [SETTING]),
        ("shop", "current", new, []),
    ]
    assert pinned.resource_id in {each["id"] for each in shown["consumers"]}


def test_the_api_reads_what_it_is_asked_strictly(scoped: Running) -> None:
    told = Api(scoped).get("/consumers", vault=VAULT)
    assert told.status_code == 422
    assert told.json()["complaints"] == ["secret is absent, expected 1-127 letters, digits or hyphens"]


# --- nothing that it reads is ever kept


def test_no_setting_of_a_site_enters_the_task_hub_or_the_log(scoped: Running, caplog: pytest.LogCaptureFixture) -> None:
    scene = scoped.scene
    canary = "a-password-in-a-setting-of-somebody-elses"
    old = scene.secret(MovePinnedReferences="true").version
    shop = site(scene, version=old)
    shop.set("Theirs", canary)
    scene.azure.faults.add("sites.writeSettings", status=500)
    scene.azure.faults.add("sites.listSettings", nth=2, status=400)
    with caplog.at_level("DEBUG"):
        settle(scoped, scoped.rotate(old)["output"]["version"])
    assert scene.azure.calls_by_operation()["sites.writeSettings"] >= 1
    assert canary not in scoped.host.dump()
    assert canary not in caplog.text
