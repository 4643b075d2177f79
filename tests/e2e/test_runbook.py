"""Every command of docs/runbook.md, pasted into a shell in the situation that it is for."""

import ast
import json
import os
import re
import subprocess
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from rotation.standing import State
from tests.e2e.conftest import APP, Running
from tests.scene import ACCOUNT, DAY, SECRET, VAULT, Scene

pytestmark = pytest.mark.e2e

RUNBOOK = (APP / "docs" / "runbook.md").read_text(encoding="utf-8")
HOUR = timedelta(hours=1)

FIND_OUT = "A secret did not rotate: find out why"
LEAKED = "A credential has leaked"
RESTORED = "A secret was deleted, disabled or restored"
EVENTS = "Events do not arrive"
DURABLE = "Without the app's own API"


def blocks() -> dict[tuple[str, int], str]:
    """Return the runbook's commands by heading and number under it."""
    found: dict[tuple[str, int], str] = {}
    heading = ""
    for match in re.finditer(r"^##+ ([^\n]+)$|^( *)```bash\n(.*?)^\2```$", RUNBOOK, re.MULTILINE | re.DOTALL):
        if match[1]:
            heading = match[1]
        else:
            number = sum(known == heading for known, _ in found)
            found[heading, number] = textwrap.dedent(match[3])
    return found


BLOCKS = blocks()


@dataclass
class Desk:
    """Somebody with the runbook and a shell."""

    running: Running
    home: Path

    @property
    def scene(self) -> Scene:
        return self.running.scene

    def run(self, heading: str, number: int = 0, *, instead: tuple[str, str] = ("", ""), **variables: str) -> str:
        """Paste the commands under a heading and return what they print; an HTTP error fails them, and the test."""
        done = self.paste(heading, number, instead, variables)
        assert done.returncode == 0, done.stdout + done.stderr
        self.running.host.wait_idle()
        return done.stdout

    def paste(
        self, heading: str, number: int, instead: tuple[str, str], variables: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run the commands under a heading."""
        account = self.scene.account.resource_id
        group = account.split("/")[4]
        known = {"HOST": self.running.host.url, "KEY": "function-key", "CODE": "durable-key", "VAULT": VAULT}
        known |= {"SECRET": SECRET, "TARGET": account, "GROUP": group, "PRINCIPAL": "the-app"}
        az = {"PATH": f"{APP / 'dev' / 'az' / 'bin'}:{os.environ['PATH']}", "CURL_HOME": str(self.home)}
        az["AZURE_SUBSCRIPTION_ID"] = account.split("/")[2]
        (self.home / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n")
        text = BLOCKS[heading, number]
        assert instead[0] in text
        return subprocess.run(  # noqa: S603 - the runbook's own commands
            ["bash", "-euo", "pipefail", "-c", text.replace(*instead)],  # noqa: S607 - wherever the machine keeps it
            env={**self.scene.azure.environment, **az, **known, **variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def ask(self, heading: str, number: int = 0, **variables: str) -> Any:
        """Paste commands that print JSON, and return it."""
        return json.loads(self.run(heading, number, instead=("", ""), **variables))

    def refused(self, heading: str, number: int = 0, **variables: str) -> Any:
        """Paste commands that the app refuses, and return the problem."""
        done = self.paste(heading, number, ("", ""), variables)
        assert "returned error: 409" in done.stderr, done.stdout + done.stderr
        return json.loads(done.stdout)

    def tag(self, tag: str) -> None:
        """Change a tag as the runbook says."""
        self.run("Change a tag", instead=('"RetireAfter=P2D"', f'"{tag}"'))

    def outcome(self, instance: str) -> str:
        """Let a rotation end, and return how it did."""
        return str(self.running.ended(instance)["customStatus"]["outcome"])

    def failed(self, version: str, secret: str = SECRET) -> str:
        """Rotate something that cannot be, and return the id."""
        status = self.running.rotate(version, secret)
        assert status["runtimeStatus"] == "Failed"
        return str(status["instanceId"])


@pytest.fixture
def desk(running: Running, tmp_path: Path) -> Desk:
    return Desk(running, tmp_path)


def test_every_command_is_run() -> None:
    calls = [node for node in ast.walk(ast.parse(Path(__file__).read_text("utf-8"))) if isinstance(node, ast.Call)]
    run = set()
    for call in calls:
        if ast.unparse(call.func) in ("desk.run", "desk.ask"):
            heading, *number = call.args
            text = heading.value if isinstance(heading, ast.Constant) else globals()[ast.unparse(heading)]
            run.add((text, ast.literal_eval(number[0]) if number else 0))
    assert set(BLOCKS) == run


def test_every_state_of_a_secret_is_explained() -> None:
    table = RUNBOOK.partition("| `state` |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [str(state) for state in State]


def test_the_app_answers(desk: Desk) -> None:
    assert desk.ask("Before you begin")["isAlive"] is True
    assert desk.ask("The host is down")["isAlive"] is True


# --- find out why


def test_from_a_secret_that_did_not_rotate_to_the_reason_and_on_to_its_rotation(desk: Desk) -> None:
    scene = desk.scene
    instance = desk.failed(scene.secret(ValidityPeriodDays="ninety").version)
    (secret,) = desk.ask(FIND_OUT, 0)["secrets"]
    assert secret["state"] == "wrong"
    assert "ValidityPeriodDays" in secret["complaints"][0]
    (latest,) = desk.ask(FIND_OUT, 1)["rotations"]
    assert latest["id"] == instance
    shown = desk.ask(FIND_OUT, 2, ID=instance)
    assert shown["outcome"] == "refused"
    assert shown["reason"].startswith("read_metadata: tags: ValidityPeriodDays")
    assert "restart" in shown["can"]
    calls = scene.azure.calls_by_operation()
    assert "ValidityPeriodDays" in desk.ask(FIND_OUT, 3)["complaints"][0]
    assert set(scene.azure.calls_by_operation()) - set(calls) <= {"keyvault.listSecrets"}, "it changes nothing"
    desk.tag("ValidityPeriodDays=90")
    assert desk.ask(FIND_OUT, 3)["outcome"] == "rotated"
    desk.run("Restart", ID=instance)
    assert desk.outcome(instance) == "rotated"


# --- what you can do


def test_rotate_now(desk: Desk) -> None:
    desk.scene.secret(expires_in=80 * DAY)
    answer = desk.ask("Rotate now")
    assert answer["start"] == "started"
    assert desk.outcome(answer["id"]) == "rotated"
    assert desk.scene.holds("key2")


def test_restart_after_mending(desk: Desk) -> None:
    desk.scene.vault.deny("setSecret")
    instance = desk.failed(desk.scene.secret().version)
    desk.scene.vault.allow("setSecret")
    desk.run("Restart", ID=instance)
    assert desk.outcome(instance) == "rotated"
    assert desk.running.regenerations() == 1, "a key that it has regenerated is not regenerated again"


def test_restart_all_that_failed(desk: Desk) -> None:
    scene = desk.scene
    scene.azure.faults.add("storage.regenerateKey", status=503, times=None)
    failed = [desk.failed(scene.secret(name=name).version, name) for name in ("first", "second")]
    scene.azure.faults.clear()
    desk.run("Restart", 1)
    assert {desk.outcome(instance) for instance in failed} <= {"rotated", "moved"}
    assert scene.works(name="first")
    assert scene.works(name="second")


def test_cut_a_grace_short(desk: Desk) -> None:
    old_key = desk.scene.account.key("key1")
    instance = desk.running.announce(desk.scene.secret(RetireAfter="P10D").version)
    assert desk.running.status(instance)["customStatus"]["step"] == "grace"
    desk.run("Cut a grace short", ID=instance)
    assert desk.running.status(instance)["output"]["retired"] is True
    assert not desk.scene.account.accepts(old_key)


@pytest.mark.parametrize("has_ended", [False, True])
def test_go_back_and_forward_again(desk: Desk, has_ended: bool) -> None:
    scene = desk.scene
    tags = {} if has_ended else {"RetireAfter": "P10D"}
    version = scene.secret(connection_string=True, **tags).version  # type: ignore[arg-type]
    value = scene.vault.value(SECRET)
    instance = desk.running.announce(version)
    desk.running.status(instance)
    answer = desk.ask("Go back", ID=instance)
    assert desk.outcome(answer.get("instance", instance)) == ("restored" if has_ended else "failed")
    assert scene.vault.value(SECRET) == value
    again = desk.running.rotate(scene.vault.current(SECRET).version)
    assert again["runtimeStatus"] == "Failed", "nothing rotates it again by itself"
    assert desk.outcome(desk.ask("Rotate now")["id"]) == "rotated"


def test_stop_a_rotation_and_go_on_later(desk: Desk) -> None:
    scene = desk.scene
    scene.azure.faults.add("storage.regenerateKey", status=429, retry_after=600)
    version = scene.secret(RetireAfter="P1D").version
    instance = desk.running.announce(version)
    desk.running.status(instance)
    desk.run("Stop a rotation", ID=instance)
    assert desk.running.status(instance)["runtimeStatus"] == "Terminated"
    assert (scene.vault.current(SECRET).version, scene.works()) == (version, True)
    desk.run("Restart", ID=instance)
    assert desk.outcome(instance) == "rotated"


def test_a_rotation_that_waits_for_its_window_is_rotated_now(desk: Desk) -> None:
    instance = desk.running.announce(desk.scene.secret(Window="Mon 02:00-06:00 UTC").version)
    assert desk.running.status(instance)["customStatus"]["step"] == "window"
    desk.run("A rotation waits for its window", ID=instance)
    began = desk.scene.clock.now()
    assert desk.outcome(instance) == "rotated"
    assert desk.scene.clock.now() - began < HOUR


def test_a_rotation_that_waits_for_approval_is_approved(desk: Desk) -> None:
    instance = desk.running.announce(desk.scene.secret(Approval="required").version)
    assert desk.running.status(instance)["customStatus"]["step"] == "approval"
    desk.run("A rotation waits for approval", ID=instance)
    assert desk.outcome(instance) == "rotated"


def test_change_a_tag_and_keep_the_others(desk: Desk) -> None:
    before = dict(desk.scene.secret().tags)
    desk.run("Change a tag")
    assert dict(desk.scene.vault.current(SECRET).tags) == before | {"RetireAfter": "P2D"}
    desk.tag("RetireAfter=PT1H")
    assert dict(desk.scene.vault.current(SECRET).tags) == before | {"RetireAfter": "PT1H"}


# --- chapters


@pytest.mark.parametrize("tags", [{}, {"RetireAfter": "P30D"}, {"SlotStrategy": "pinned"}], ids=str)
def test_a_leaked_key_dies(desk: Desk, tags: dict[str, Any]) -> None:
    scene = desk.scene
    leaked = scene.account.key("key1")
    scene.secret(expires_in=80 * DAY, **tags)
    if not tags:
        desk.tag("RetireAfter=PT1H")
    instance = desk.ask(LEAKED, 0)["id"]
    assert leaked not in scene.vault.value(SECRET)
    assert scene.account.accepts(leaked), "nobody is refused yet"
    desk.run(LEAKED, 1, ID=instance)
    assert desk.outcome(instance) == "rotated"
    assert not scene.account.accepts(leaked)
    assert scene.works()
    shown = desk.ask(LEAKED, 2, ID=instance)
    assert shown["outcome"] == "rotated"
    assert shown.get("retired", True) is True


def test_a_leaked_key_that_another_secret_uses_is_told(desk: Desk) -> None:
    desk.scene.secret(name="sister", expires_in=80 * DAY)
    desk.scene.secret(expires_in=80 * DAY, RetireAfter="PT1H")
    instance = desk.ask(LEAKED, 0)["id"]
    desk.run(LEAKED, 1, ID=instance)
    shown = desk.ask(LEAKED, 2, ID=instance)
    assert shown["retired"] is False
    assert shown["note"] == "sister lives on key1"


def test_consumers_broke(desk: Desk) -> None:
    scene = desk.scene
    version = scene.secret(connection_string=True, RetireAfter="P2D").version
    value = scene.vault.value(SECRET)
    instance = desk.running.announce(version)
    desk.running.status(instance)
    desk.run("Consumers broke", ID=instance)
    assert desk.outcome(instance) == "failed"
    assert scene.vault.value(SECRET) == value
    assert scene.works()


def test_there_is_no_way_back_to_a_dead_key_and_that_is_told(desk: Desk) -> None:
    scene = desk.scene
    retired = desk.running.rotate(scene.secret(RetireAfter="P2D").version)["instanceId"]
    assert "the previous credential is dead" in desk.refused("Consumers broke", ID=retired)["detail"]
    assert scene.works()


def test_there_is_no_way_back_to_a_key_that_somebody_killed_and_that_is_told(desk: Desk) -> None:
    scene = desk.scene
    instance = desk.running.rotate(scene.secret().version)["instanceId"]
    scene.account.regenerate("key1")
    value = scene.vault.value(SECRET)
    restoring = desk.ask("Consumers broke", ID=instance)["instance"]
    desk.running.ended(restoring)
    shown = desk.ask(FIND_OUT, 2, ID=restoring)
    assert shown["outcome"] == "refused"
    assert "its key is dead" in shown["reason"]
    assert scene.vault.value(SECRET) == value


def test_throttled_for_too_long(desk: Desk) -> None:
    scene = desk.scene
    scene.azure.faults.add("storage.regenerateKey", status=429, retry_after=1800, times=None)
    instance = desk.failed(scene.secret().version)
    shown = desk.ask(FIND_OUT, 2, ID=instance)
    assert "429" in shown["reason"]
    scene.azure.faults.clear()
    desk.run("Throttling", ID=instance)
    assert desk.outcome(instance) == "rotated"


def test_a_lock_whose_holder_is_gone(desk: Desk) -> None:
    scene = desk.scene
    first, second = scene.secret(name="first").version, scene.secret(name="second").version
    scene.azure.faults.add("storage.regenerateKey", status=429, retry_after=900)
    holder = desk.running.announce(first, "first")
    desk.running.status(holder)
    waiter = desk.running.announce(second, "second")
    desk.running.status(waiter)
    listed = desk.ask("A lock that seems stuck", 0)["rotations"]
    waiting = next(each for each in listed if each["id"] == waiter)
    assert (waiting["step"], waiting["waitingFor"]) == ("lock", f"{holder}, which holds {ACCOUNT}")
    desk.run("Stop a rotation", ID=holder)
    began = scene.clock.now()
    desk.run("A lock that seems stuck", 1, ID=holder)
    assert desk.outcome(holder) == "rotated"
    assert desk.outcome(waiter) in ("rotated", "moved")
    assert scene.clock.now() - began < HOUR


def test_a_lock_whose_holder_is_gone_runs_out_by_itself(desk: Desk) -> None:
    scene = desk.scene
    first, second = scene.secret(name="first").version, scene.secret(name="second").version
    scene.azure.faults.add("storage.regenerateKey", status=429, retry_after=900)
    holder = desk.running.announce(first, "first")
    desk.running.status(holder)
    desk.run("Stop a rotation", ID=holder)
    began = scene.clock.now()
    assert desk.outcome(desk.running.announce(second, "second")) == "rotated"
    assert scene.clock.now() - began < HOUR + timedelta(minutes=5)


def test_a_role_is_missing(desk: Desk) -> None:
    desk.scene.account.deny("listKeys")
    instance = desk.failed(desk.scene.secret().version)
    assert "list storage keys: 403" in desk.ask(FIND_OUT, 2, ID=instance)["reason"]
    desk.run("A role is missing")
    desk.run("Restart", ID=instance)
    assert desk.outcome(instance) == "rotated"


def test_a_vault_s_firewall(desk: Desk) -> None:
    version = desk.scene.secret().version
    desk.scene.vault.firewall_closed = True
    instance = desk.failed(version)
    assert "ForbiddenByFirewall" in desk.ask(FIND_OUT, 2, ID=instance)["reason"]
    assert "ForbiddenByFirewall" in desk.ask(FIND_OUT, 0)["unreachable"][0]["reason"]
    desk.run("A vault's firewall")
    desk.run("Restart", ID=instance)
    assert desk.outcome(instance) == "rotated"


@pytest.mark.parametrize("by_tag", [False, True])
def test_a_storage_account_s_firewall(desk: Desk, by_tag: bool) -> None:
    scene = desk.scene
    scene.account.firewall_closed = True
    instance = desk.failed(scene.secret(Verification="required").version)
    assert "verify_key: gave up" in desk.ask(FIND_OUT, 2, ID=instance)["reason"]
    if by_tag:
        desk.tag("Verification=best-effort")
    else:
        desk.run("A storage account's firewall")
    desk.run("Restart", ID=instance)
    ended = desk.running.ended(instance)["output"]
    assert (ended["outcome"], ended["verified"]) == ("rotated", "control-plane" if by_tag else "data-plane")
    assert desk.running.regenerations() == 1, "the same new key is published"


def test_shared_key_access_is_off(desk: Desk) -> None:
    desk.scene.account.allow_shared_key_access = False
    instance = desk.failed(desk.scene.secret().version)
    desk.run("Shared key access is off")
    desk.run("Restart", ID=instance)
    assert desk.outcome(instance) == "rotated"


def test_a_key_was_regenerated_by_hand(desk: Desk) -> None:
    scene = desk.scene
    scene.secret(connection_string=True, expires_in=80 * DAY)
    scene.account.regenerate("key1")
    assert not scene.works()
    regenerations = desk.running.regenerations()
    assert desk.outcome(desk.ask("A key was regenerated by hand")["id"]) == "repaired"
    assert scene.works()
    assert desk.running.regenerations() == regenerations


def test_an_account_that_is_gone_for_good(desk: Desk) -> None:
    scene = desk.scene
    version = scene.secret().version
    scene.azure.remove_storage_account(scene.account)
    instance = desk.failed(version)
    assert f"target {ACCOUNT} not found" in desk.ask(FIND_OUT, 2, ID=instance)["reason"]
    desk.tag("RotationEnabled=false")
    desk.run("Restart", ID=instance)
    assert desk.outcome(instance) == "skipped"
    assert desk.ask(FIND_OUT, 0)["secrets"][0]["state"] == "paused"


def test_a_deleted_secret_is_recovered_with_a_key_that_has_died(desk: Desk) -> None:
    scene = desk.scene
    version = scene.secret(expires_in=80 * DAY).version
    scene.vault.delete(SECRET)
    assert desk.running.rotate(version)["output"]["reason"] == "read_metadata: the secret does not exist any more"
    desk.run(RESTORED, 0)
    scene.account.regenerate("key1")
    assert desk.outcome(desk.ask(RESTORED, 2)["id"]) == "repaired"
    assert scene.works()


def test_a_disabled_secret_is_enabled(desk: Desk) -> None:
    scene = desk.scene
    version = scene.secret().version
    scene.vault.disable(SECRET)
    assert "disabled" in desk.running.rotate(version)["output"]["reason"]
    assert desk.ask(RESTORED, 1)["enabled"] is True
    assert desk.running.rotate(version)["output"]["outcome"] == "rotated"


def test_events_that_do_not_arrive(desk: Desk) -> None:
    scene = desk.scene
    version = scene.secret().version
    desk.running.deliver("{not json")
    (event,) = desk.ask(EVENTS, 0)["events"]
    assert "is not JSON" in event["reason"]
    desk.run(EVENTS, 1)
    desk.running.ended("sweep")
    found = desk.ask(EVENTS, 2)["output"]
    assert found["vaults"][scene.vault.host]["started"] == 1
    (rotation,) = desk.ask(FIND_OUT, 1)["rotations"]
    assert (rotation["replaces"], rotation["cause"]) == (version, "sweep")
    assert desk.outcome(rotation["id"]) == "rotated"
    desk.run(EVENTS, 3)
    assert desk.ask(EVENTS, 0)["events"] == []


def test_a_rotation_whose_worker_died_without_a_word(desk: Desk) -> None:
    desk.running.host.crash_worker("orchestrator", "rotate_secret", nth=4)
    instance = desk.failed(desk.scene.secret().version)
    assert "outcome" not in desk.ask(FIND_OUT, 2, ID=instance)
    desk.run("The host is down", 1, ID=instance)
    assert desk.outcome(instance) == "rotated"
    assert desk.running.regenerations() == 1


def test_histories_were_purged(desk: Desk) -> None:
    version = desk.scene.secret().version
    instance = desk.running.rotate(version)["instanceId"]
    assert requests.delete(desk.running.durable(instance), timeout=30).status_code == 200
    desk.running.host.advance(timedelta(minutes=1))
    (secret,) = desk.ask("Histories were purged")["secrets"]
    assert secret["state"] == "ok"
    assert "lastRotation" not in secret
    assert desk.running.rotate(version)["output"]["outcome"] == "superseded"


# --- Durable's own API


def test_durable_lists_and_shows(desk: Desk) -> None:
    instance = desk.failed(desk.scene.secret(ValidityPeriodDays="ninety").version)
    shown = desk.run(DURABLE, 0, ID=instance)
    assert shown.count(f'"instanceId": "{instance}"') + shown.count(f'"instanceId":"{instance}"') == 4
    assert "ValidityPeriodDays" in shown


def test_durable_restarts(desk: Desk) -> None:
    desk.scene.account.deny("listKeys")
    instance = desk.failed(desk.scene.secret().version)
    desk.scene.account.allow("listKeys")
    desk.run(DURABLE, 1, ID=instance)
    assert desk.outcome(instance) == "rotated"


def test_durable_ends_a_grace(desk: Desk) -> None:
    instance = desk.running.announce(desk.scene.secret(RetireAfter="P10D").version)
    desk.running.status(instance)
    desk.run(DURABLE, 2, ID=instance)
    assert desk.running.status(instance)["output"]["retired"] is True


def test_durable_goes_back(desk: Desk) -> None:
    version = desk.scene.secret(RetireAfter="P10D").version
    value = desk.scene.vault.value(SECRET)
    instance = desk.running.announce(version)
    desk.running.status(instance)
    desk.run(DURABLE, 3, ID=instance)
    assert desk.outcome(instance) == "failed"
    assert desk.scene.vault.value(SECRET) == value


def test_durable_stops(desk: Desk) -> None:
    instance = desk.running.announce(desk.scene.secret(RetireAfter="P10D").version)
    desk.running.status(instance)
    desk.run(DURABLE, 4, ID=instance)
    assert desk.running.status(instance)["runtimeStatus"] == "Terminated"


def test_durable_rotates_now(desk: Desk) -> None:
    desk.scene.secret(expires_in=80 * DAY)
    started = desk.ask(DURABLE, 5)["id"]
    assert desk.outcome(started) == "rotated"


def test_durable_shows_parked_events(desk: Desk) -> None:
    desk.running.deliver("{not json")
    assert "is not JSON" in desk.ask(DURABLE, 6)[0]["reason"]


@pytest.fixture(autouse=True)
def _nothing_escapes(scene: Scene) -> Iterator[None]:
    yield
    assert scene.azure.refused_hosts == []
