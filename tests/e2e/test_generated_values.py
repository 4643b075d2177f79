"""Generated values, from the event to the new version: what waits where, what a crash leaves, what is removed."""

import hashlib
import json
import re
from datetime import timedelta
from typing import Any

import pytest
import requests

from dev.simulators import SecretVersion
from rotation.pending import pending_name
from tests.e2e.conftest import Running
from tests.scene import DAY

pytestmark = pytest.mark.e2e

PASSWORD = "generated:random_password?length=40"
LOOKS = r"[A-Za-z0-9!*+.=^_~\-]{40}"


def seed(running: Running, value: str = "chosen by somebody", **tags: str) -> SecretVersion:
    scene = running.scene
    scene.clock.advance(timedelta(seconds=2))
    return scene.vault.set_secret(
        "app-password",
        value,
        tags={"ProviderAddress": PASSWORD, "owner": "payments"} | tags,
        content_type="text/plain",
        expires_on=scene.clock.now() + 20 * DAY,
    )


def rotate(running: Running, version: SecretVersion) -> dict[str, Any]:
    return running.rotate(version.version, "app-password")


def name_of(running: Running, version: SecretVersion) -> str:
    return running.announce(version.version, "app-password")


def test_a_password_is_made_published_and_tidied_up(running: Running) -> None:
    version = seed(running)
    output = rotate(running, version)["output"]
    vault = running.scene.vault
    current = vault.current("app-password")
    assert (output["outcome"], output["verified"]) == ("rotated", "control-plane")
    assert re.fullmatch(LOOKS, current.value.reveal())
    assert (current.content_type, current.tags["owner"]) == ("text/plain", "payments")
    assert "CredentialId" not in current.tags
    assert current.expires_on is not None
    assert current.expires_on > running.scene.clock.now() + 80 * DAY
    assert vault.names() == ["app-password"], "nothing is left behind"
    # The service that it logs in to is told by its consumers, not by us: nothing else was asked.
    assert {name.partition(".")[0] for name in running.scene.azure.calls_by_operation()} <= {"keyvault", "identity"}


def test_each_period_gets_a_value_of_its_own(running: Running) -> None:
    seen = {rotate(running, seed(running))["output"]["version"]}
    values = {running.scene.vault.value("app-password")}
    for _ in range(3):
        running.host.advance(70 * DAY)
        output = rotate(running, running.scene.vault.current("app-password"))["output"]
        assert output["outcome"] == "rotated"
        seen.add(output["version"])
        values.add(running.scene.vault.value("app-password"))
    assert (len(seen), len(values)) == (4, 4)


def test_a_crash_between_making_and_publishing_resumes_with_the_same_value(running: Running) -> None:
    version = seed(running)
    vault = running.scene.vault
    running.scene.azure.faults.add(operation="keyvault.setSecret", target="sample-kv/app-password", status=503, times=3)
    instance = running.announce(version.version, "app-password")
    running.host.wait_idle()
    made = vault.value(pending_name(instance))
    assert vault.value("app-password") == "chosen by somebody"
    assert running.ended(instance)["output"]["outcome"] == "rotated"
    assert vault.value("app-password") == made
    assert vault.names() == ["app-password"]


def test_what_could_not_be_removed_is_the_sweeps(sweeping: Running) -> None:
    version = seed(sweeping)
    sweeping.scene.vault.deny("deleteSecret")
    instance = name_of(sweeping, version)
    assert sweeping.ended(instance)["output"]["outcome"] == "rotated"
    name = pending_name(instance)
    assert name in sweeping.scene.vault.names()
    told = sweeping.sweep()["output"]["reported"]
    assert [(one["secret"], "403" in one["reason"]) for one in told] == [(name, True)]
    sweeping.scene.vault.allow("deleteSecret")
    sweeping.host.advance(DAY)
    assert sweeping.sweep()["output"]["reported"] == []
    assert sweeping.scene.vault.names() == ["app-password"]


def test_what_was_never_published_is_kept_and_told(sweeping: Running) -> None:
    """It may be the only copy of a password that is in force: a failed rotation's is never removed unseen."""
    version = seed(sweeping)
    sweeping.scene.azure.faults.add(operation="keyvault.setSecret", target="sample-kv/app-password", status=403)
    instance = name_of(sweeping, version)
    assert sweeping.ended(instance)["runtimeStatus"] == "Failed"
    sweeping.scene.vault.delete("app-password")
    sweeping.host.advance(8 * DAY)
    told = sweeping.sweep()["output"]["reported"]
    assert [one["secret"] for one in told if "never published" in one["reason"]] == [pending_name(instance)]
    assert pending_name(instance) in sweeping.scene.vault.names()


def test_the_pending_secret_never_starts_anything(running: Running) -> None:
    version = seed(running)
    running.scene.azure.faults.add(operation="keyvault.setSecret", target="sample-kv/app-password", status=503, times=2)
    instance = name_of(running, version)
    running.host.wait_idle()
    name = pending_name(instance)
    running.announce(running.scene.vault.current(name).version, name)
    running.ended(instance)
    assert [one["instanceId"] for one in running.instances()] == [instance]


def test_a_template_makes_its_fields_and_leaves_the_rest(running: Running) -> None:
    before = {"host": "db", "user": "app", "password": "old"}
    version = seed(
        running,
        json.dumps(before),
        ProviderAddress="generated:template",
        Template='{"password": "random_password?length=40"}',
    )
    assert rotate(running, version)["output"]["outcome"] == "rotated"
    after = json.loads(running.scene.vault.value("app-password"))
    assert re.fullmatch(LOOKS, after.pop("password"))
    assert after == {"host": "db", "user": "app"}


def test_a_value_that_is_no_object_is_refused_before_anything_is_touched(running: Running) -> None:
    version = seed(running, "plain", ProviderAddress="generated:template", Template='{"password": "uuid"}')
    status = rotate(running, version)
    assert "no value can be made" in status["output"]
    assert "is no JSON object: store one" in status["output"]
    assert running.scene.vault.names() == ["app-password"]
    assert len(running.scene.vault.versions("app-password")) == 1


def test_a_static_value_stays_and_its_end_is_told(sweeping: Running) -> None:
    version = seed(sweeping, ProviderAddress="generated:static")
    assert rotate(sweeping, version)["output"]["outcome"] == "skipped"
    assert sweeping.scene.vault.value("app-password") == "chosen by somebody"
    assert "renew it by hand" in sweeping.sweep()["output"]["reported"][0]["reason"]


def test_a_restart_after_the_end_changes_nothing(running: Running) -> None:
    version = seed(running)
    rotate(running, version)
    value = running.scene.vault.value("app-password")
    running.host.advance(DAY)
    assert running.ended(running.restart(name_of(running, version)))["output"]["outcome"] == "superseded"
    assert running.scene.vault.value("app-password") == value
    assert running.scene.vault.names() == ["app-password"]


def test_a_rotation_is_rolled_back_to_the_value_that_it_replaced(running: Running) -> None:
    version = seed(running)
    rotate(running, version)
    instance = name_of(running, version)
    restored = running.host.start(
        "restore_secret",
        f"restore-{instance.removeprefix('rotate-')}",
        {
            "vault": running.scene.vault.host,
            "secret": "app-password",
            "version": running.scene.vault.current("app-password").version,
            "rotation_id": instance,
            "provider": PASSWORD,
            "previous_version": version.version,
        },
    )
    assert running.ended(restored)["output"]["outcome"] == "restored"
    assert running.scene.vault.value("app-password") == "chosen by somebody"


def test_no_guessable_value_leaves_even_a_digest(running: Running) -> None:
    """The value that is replaced may be a person's choice, which could be found from a digest."""
    version = seed(running, "hunter2")
    rotate(running, version)
    url = running.durable(name_of(running, version)) + "?showHistory=true&showHistoryOutput=true&showInput=true"
    told = requests.get(url, timeout=30).text
    assert "rotated" in told
    for value in ("hunter2", running.scene.vault.value("app-password")):
        assert hashlib.sha256(value.encode()).hexdigest()[:16] not in told
