"""`GET /api/plan`: what it foretells is what happens, and asking changes nothing."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dev.faults.arena import forget_process
from dev.simulators.azure import SUBSCRIPTION
from tests.e2e.api import Api, problem
from tests.e2e.conftest import Running
from tests.scene import DAY, SECRET, VAULT, Scene

pytestmark = pytest.mark.e2e

SECURITY = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
CHANGING = {"keyvault.setSecret", "storage.regenerateKey"}


@pytest.fixture
def api(running: Running) -> Api:
    return Api(running)


def foretold(api: Api, **query: Any) -> dict[str, Any]:
    """Ask for a plan, and make sure that asking has changed nothing."""
    azure = api.running.scene.azure
    before, writes = len(azure.calls), len(api.running.scene.vault.versions(SECRET))
    answer = api.get("/plan", **({"vault": VAULT, "secret": SECRET} | query))
    assert answer.status_code == 200, answer.text
    assert not {call.operation for call in azure.calls[before:]} & CHANGING
    assert len(api.running.scene.vault.versions(SECRET)) == writes
    shown: dict[str, Any] = answer.json()
    return shown


def changes(plan: dict[str, Any]) -> list[tuple[str, str]]:
    calls = [call for step in plan["steps"] for call in step["calls"]]
    assert all(f"{call['service']}.{call['operation']}" in operations() for call in calls)
    return [(f"{call['service']}.{call['operation']}", call["target"]) for call in calls if call["changes"]]


def operations() -> set[str]:
    """Return the operations that docs/security.md explains."""
    return set(re.findall(r"^\| `([\w.]+)` ", SECURITY, re.MULTILINE))


def done_since(scene: Scene, start: int) -> list[tuple[str, str]]:
    return [(call.operation, call.target) for call in scene.azure.calls[start:] if call.operation in CHANGING]


# --- what is foretold comes true


def plain(scene: Scene) -> None:
    scene.secret()


def retiring(scene: Scene) -> None:
    scene.secret(RetireAfter="P2D")


def pinned(scene: Scene) -> None:
    scene.secret(SlotStrategy="pinned", RetireAfter="P2D")


def drifted(scene: Scene) -> None:
    scene.secret(RetireAfter="P2D")
    scene.account.regenerate("key1")


def adopting(scene: Scene) -> None:
    scene.secret(RetireAfter="P2D")
    scene.clock.advance(DAY)
    scene.account.regenerate("key2")


def neighbour(scene: Scene) -> None:
    scene.secret("key2", name="other", expires_in=80 * DAY)
    scene.secret()
    scene.clock.advance(2 * DAY)


def neighbour_and_retiring(scene: Scene) -> None:
    neighbour(scene)
    scene.vault.update(SECRET, tags=dict(scene.vault.current(SECRET).tags) | {"RetireAfter": "P2D"})


def pinned_with_neighbour(scene: Scene) -> None:
    scene.secret(name="other", expires_in=80 * DAY)
    scene.secret(SlotStrategy="pinned", RetireAfter="P2D")
    scene.clock.advance(3 * DAY)


WAYS: list[Callable[[Scene], None]] = [
    plain, retiring, pinned, drifted, adopting, neighbour, neighbour_and_retiring, pinned_with_neighbour,
]  # fmt: skip


@pytest.mark.parametrize("set_up", WAYS)
def test_the_calls_that_are_foretold_are_those_that_are_made(api: Api, set_up: Callable[[Scene], None]) -> None:
    scene = api.running.scene
    set_up(scene)
    plan = foretold(api)
    start = len(scene.azure.calls)
    began = scene.clock.now()
    status = api.running.ended(api.started())
    assert changes(plan) == done_since(scene, start)
    assert plan["outcome"] == status["output"]["outcome"]
    assert plan.get("slot") == status["output"]["slot"]
    assert len(plan["moves"]) == len(status["output"].get("moved", []))
    waits = [datetime.fromisoformat(step["until"]) for step in plan["steps"] if "until" in step]
    expected = max(waits, default=began)
    assert abs(scene.clock.now() - expected) < timedelta(minutes=2), "when it would be over"


@pytest.mark.parametrize("verification", ["off", "required"])
def test_a_key_is_tried_only_where_it_is_wanted(api: Api, verification: str) -> None:
    api.running.scene.secret(Verification=verification)
    tried = [call for step in foretold(api)["steps"] for call in step["calls"] if call["service"] == "blob"]
    assert bool(tried) is (verification == "required")


def test_force_foretells_what_is_not_due(api: Api) -> None:
    api.running.scene.secret(expires_in=80 * DAY)
    plan = foretold(api)
    assert (plan["outcome"], plan["steps"], plan["complaints"]) == ("not_due", [], [])
    assert "due from" in plan["reason"]
    assert foretold(api, force="true")["outcome"] == "rotated"


def test_others_that_would_make_way_are_named(api: Api) -> None:
    neighbour(api.running.scene)
    plan = foretold(api)
    assert plan["moves"] == [{"vault": api.running.scene.vault.host, "secret": "other"}]
    assert [step["step"] for step in plan["steps"]][1:3] == ["find_neighbours", "move_secret"]


def test_copies_and_consumers_are_told(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLICA_VAULTS", "east-kv.vault.azure.net")
    forget_process()
    scene = api.running.scene
    scene.azure.add_vault("east-kv")
    site = scene.azure.add_site("shop")
    site.set("Storage", f"@Microsoft.KeyVault(SecretUri={scene.vault.uri}secrets/{SECRET}/)")
    scene.secret(ReplicateTo="east-kv", Consumers=site.resource_id)
    plan = foretold(api)
    start = len(scene.azure.calls)
    api.running.ended(api.started())
    api.running.host.wait_idle()
    assert sorted(changes(plan)) == sorted(done_since(scene, start))
    (told,) = [step for step in plan["steps"] if step["step"] == "announce_version"]
    assert told["note"] == "beside the rotation; brought to shop"
    assert [call["target"] for call in told["calls"]] == [f"east-kv/{SECRET}"]


def test_consumers_that_cannot_be_looked_for_keep_no_dry_run_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSUMER_SCOPES", f"/subscriptions/{SUBSCRIPTION}")
    forget_process()
    adopting(api.running.scene)
    api.running.scene.azure.deny_scope(f"/subscriptions/{SUBSCRIPTION}")
    (told,) = [step for step in foretold(api)["steps"] if step["step"] == "announce_version"]
    assert "its consumers cannot be looked for" in told["note"]


# --- what would not be done


def test_every_complaint_about_the_tags_is_told(api: Api) -> None:
    api.running.scene.secret(ValidityPeriodDays="ninety", SlotStrategy="sometimes")
    plan = foretold(api)
    assert (plan["outcome"], plan["steps"], len(plan["complaints"])) == ("refused", [], 2)


def paused(scene: Scene) -> None:
    scene.secret(RotationEnabled="false")


def gone(scene: Scene) -> None:
    scene.secret()
    scene.azure.remove_storage_account(scene.account)


def closed(scene: Scene) -> None:
    scene.secret()
    scene.account.deny("listKeys")


def disallowed(scene: Scene) -> None:
    scene.secret()
    scene.account.allow_shared_key_access = False


def beside_a_paused_one(scene: Scene) -> None:
    scene.secret("key2", name="other", RotationEnabled="false")
    scene.secret()
    scene.clock.advance(2 * DAY)


@pytest.mark.parametrize(
    ("set_up", "outcome", "told"),
    [
        (paused, "skipped", "RotationEnabled is false"),
        (gone, "refused", "not found"),
        (closed, "refused", "403"),
        (disallowed, "refused", "shared key access disabled"),
        (beside_a_paused_one, "refused", "other"),
    ],
)
def test_what_stands_in_the_way_is_told(api: Api, set_up: Callable[[Scene], None], outcome: str, told: str) -> None:
    set_up(api.running.scene)
    plan = foretold(api)
    assert (plan["outcome"], plan["steps"]) == (outcome, [])
    assert told in plan["reason"]
    assert plan["complaints"] == ([plan["reason"]] if outcome == "refused" else [])


def test_a_retirement_that_would_be_refused_is_told_beforehand(api: Api) -> None:
    scene = api.running.scene
    scene.secret(name="other", RotationEnabled="false")
    scene.secret(RetireAfter="P2D")
    scene.clock.advance(2 * DAY)
    plan = foretold(api)
    assert plan["outcome"] == "refused"
    assert changes(plan) == [("storage.regenerateKey", "samplestore/key2"), ("keyvault.setSecret", f"{VAULT}/{SECRET}")]
    assert api.running.ended(api.started())["customStatus"]["outcome"] == "refused"


def test_a_disabled_secret_would_be_skipped(api: Api) -> None:
    api.running.scene.secret()
    api.running.scene.vault.disable(SECRET)
    plan = foretold(api)
    assert (plan["outcome"], plan["version"]) == ("skipped", None)


@pytest.mark.parametrize("operation", ["keyvault.getSecret", "storage.getAccount", "storage.listKeys"])
def test_what_cannot_be_known_now_is_told_as_such(api: Api, operation: str) -> None:
    api.running.scene.secret()
    api.running.scene.azure.faults.add(operation, status=429, retry_after=17, times=None)
    answer = api.get("/plan", vault=VAULT, secret=SECRET)
    assert "429" in problem(answer, 503)["detail"]
    assert answer.headers["Retry-After"] == "17"


def test_a_vault_that_cannot_be_looked_through_is_named(api: Api) -> None:
    scene = api.running.scene
    scene.secret()
    scene.azure.faults.add("keyvault.*", target="second-kv", drop=True, when="before", times=None)
    looks = [step for step in foretold(api)["steps"] if step["step"] == "find_neighbours"]
    assert "second-kv" in looks[0]["note"]
