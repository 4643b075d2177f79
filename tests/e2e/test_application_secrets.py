"""Secrets of an Entra application: added, tried, published, and the old one removed once nobody can hold it."""

from datetime import timedelta
from typing import Any

import pytest

from dev.simulators import EntraApplication, SecretVersion
from tests.e2e.conftest import Running
from tests.scene import DAY

pytestmark = pytest.mark.e2e

NAME = "billing-secret"


@pytest.fixture
def application(running: Running) -> EntraApplication:
    made = running.scene.azure.add_entra_application("billing", created=running.scene.clock.now() - 400 * DAY)
    made.known_after = timedelta(seconds=18)
    return made


def seed(running: Running, application: EntraApplication, value: str | None = None, **tags: str) -> SecretVersion:
    scene = running.scene
    scene.clock.advance(timedelta(seconds=2))
    return scene.vault.set_secret(
        NAME,
        application.key("current") if value is None else value,
        tags={"ProviderAddress": application.resource_id, "ValidityPeriodDays": "60"} | tags,
        expires_on=scene.clock.now() + 20 * DAY,
    )


def rotate(running: Running, version: SecretVersion) -> Any:
    return running.rotate(version.version, NAME)["output"]


def test_a_secret_is_added_published_and_the_old_one_removed(running: Running, application: EntraApplication) -> None:
    version = seed(running, application, RetireAfter="P1D")
    old = application.first
    consumer = running.scene.azure.add_consumer(running.scene.vault, NAME, application, reread=timedelta(hours=23))
    output = rotate(running, version)
    current = running.scene.vault.current(NAME)
    assert (output["outcome"], output["verified"], output["retired"]) == ("rotated", "data-plane", True)
    assert application.accepts(current.value.reveal())
    assert [each.text.reveal() for each in application.there()] == [current.value.reveal()]
    assert not application.accepts(old.text.reveal())
    assert current.tags["CredentialId"] == application.there()[0].key_id
    assert consumer.refusals == []
    assert running.scene.vault.names() == [NAME]


def test_the_new_secret_outlives_its_version(running: Running, application: EntraApplication) -> None:
    """Else Entra would end it before Key Vault has said that it nears its end."""
    rotate(running, seed(running, application))
    made, current = application.there()[-1], running.scene.vault.current(NAME)
    assert current.expires_on is not None
    assert timedelta(0) < made.ends - current.expires_on < timedelta(days=2)


def test_it_is_not_published_before_it_is_known_everywhere(running: Running, application: EntraApplication) -> None:
    began = running.scene.clock.now()
    rotate(running, seed(running, application))
    written = running.scene.vault.current(NAME).created
    assert written - began > timedelta(minutes=1)


def test_without_a_grace_the_old_one_lives_to_its_own_end(running: Running, application: EntraApplication) -> None:
    rotate(running, seed(running, application))
    assert application.accepts(application.first.text.reveal())


def test_an_answer_that_is_lost_leaves_no_secret_behind(running: Running, application: EntraApplication) -> None:
    """The text of the first one is in nobody's hands, and cannot be read again."""
    running.scene.azure.faults.add(operation="graph.addPassword", when="after", drop=True, times=2)
    version = seed(running, application, RetireAfter="P1D")
    assert rotate(running, version)["outcome"] == "rotated"
    assert len(application.secrets) == 4
    assert [each.text.reveal() for each in application.there()] == [running.scene.vault.value(NAME)]


@pytest.mark.parametrize("is_lost", [True, False])
def test_secrets_that_begin_alike_are_not_taken_for_each_other(
    running: Running, application: EntraApplication, monkeypatch: pytest.MonkeyPatch, is_lost: bool
) -> None:
    """Graph tells three characters of each; one that was lost must not pass for the one that lives."""
    really, begins = application.add, application.first.text.reveal()[:3]

    def add_alike(*args: Any, **options: Any) -> Any:
        with monkeypatch.context() as patch:
            if len(application.secrets) == 1:
                patch.setattr(application._world, "new_version_id", lambda: begins + "0" * 29)
            return really(*args, **options)

    monkeypatch.setattr(application, "add", add_alike)
    if is_lost:
        running.scene.azure.faults.add(operation="graph.addPassword", when="after", drop=True)
    assert rotate(running, seed(running, application, RetireAfter="P1D"))["outcome"] == "rotated"
    assert [each.text.reveal()[:3] == begins for each in application.secrets] == [True, True, False]
    assert [each.text.reveal() for each in application.there()] == [running.scene.vault.value(NAME)]


def test_a_crash_before_it_is_kept_leaves_none_either(running: Running, application: EntraApplication) -> None:
    running.scene.azure.faults.add(
        operation="keyvault.setSecret", target="sample-kv/rotation-pending-*", status=503, times=2
    )
    rotate(running, seed(running, application, RetireAfter="P1D"))
    assert [each.text.reveal() for each in application.there()] == [running.scene.vault.value(NAME)]


def test_secrets_of_others_are_left_alone(running: Running, application: EntraApplication) -> None:
    theirs = application.add("rotate-other-kv-something", running.scene.clock.now() + 90 * DAY)
    rotate(running, seed(running, application, RetireAfter="P1D"))
    assert theirs in application.there()


def test_a_secret_with_fifteen_tags_keeps_the_one_that_was_published(
    running: Running, application: EntraApplication
) -> None:
    """There is no room for CredentialId, so nothing may rest on it."""
    version = seed(running, application, RotationId="x", **{f"tag{number}": "x" for number in range(12)})
    assert rotate(running, version)["outcome"] == "rotated"
    assert application.accepts(running.scene.vault.value(NAME))


def test_one_that_two_secrets_hold_is_not_removed_under_the_other(
    running: Running, application: EntraApplication
) -> None:
    version = seed(running, application, RetireAfter="P1D")
    running.scene.vault.set_secret(
        "copy",
        application.key("current"),
        tags={"ProviderAddress": application.resource_id},
        expires_on=running.scene.clock.now() + 80 * DAY,
    )
    output = rotate(running, version)
    assert (output["outcome"], output["retired"]) == ("rotated", False)
    assert "copy" in output["note"]
    assert application.accepts(running.scene.vault.value("copy"))


def test_one_that_was_removed_in_the_portal_is_replaced(running: Running, application: EntraApplication) -> None:
    version = seed(running, application, RetireAfter="P1D")
    application.remove(application.first.key_id)
    assert rotate(running, version)["outcome"] == "rotated"
    assert application.accepts(running.scene.vault.value(NAME))


def test_a_rotation_can_be_rolled_back_while_it_waits(running: Running, application: EntraApplication) -> None:
    version = seed(running, application, RetireAfter="P5D")
    instance = running.announce(version.version, NAME)
    running.host.advance(timedelta(hours=1))
    running.host.raise_event(instance, "Rollback")
    assert "rolled back on request" in running.ended(instance)["output"]
    assert running.scene.vault.value(NAME) == application.first.text.reveal()
    assert application.accepts(running.scene.vault.value(NAME))


def test_secrets_that_begin_alike_are_told_apart_by_the_tag_or_not_at_all(
    running: Running, application: EntraApplication
) -> None:
    version = seed(running, application, RetireAfter="P1D")
    twin = application.add("twin", running.scene.clock.now() + 90 * DAY)
    application.make_alike(twin.key_id, application.first.key_id)
    status = running.rotate(version.version, NAME)
    assert "set CredentialId to its key id" in status["output"]
    assert len(application.there()) == 2
    tags = dict(running.scene.vault.current(NAME).tags) | {"CredentialId": application.first.key_id}
    running.scene.vault.update(NAME, tags=tags)
    assert rotate(running, version)["retired"] is True
    assert twin.key_id in {each.key_id for each in application.there()}


def test_a_connection_string_keeps_all_but_the_secret(running: Running, application: EntraApplication) -> None:
    before = application.connection_string("current")
    rotate(running, seed(running, application, before))
    after = running.scene.vault.value(NAME)
    assert application.around_key(after) == application.around_key(before)
    assert application.takes(after)


@pytest.mark.parametrize("right", ["read", "regenerateKey"])
def test_a_missing_permission_is_refused(running: Running, application: EntraApplication, right: str) -> None:
    application.deny(right)
    status = running.rotate(seed(running, application).version, NAME)
    assert "403 Authorization_RequestDenied" in status["output"]
    assert application.accepts(running.scene.vault.value(NAME))


def test_an_application_that_is_not_there_is_refused(running: Running, application: EntraApplication) -> None:
    """The client id in place of the object id, say."""
    version = seed(running, application, ProviderAddress=application.client_id)
    assert "not found" in running.rotate(version.version, NAME)["output"]


def test_the_object_id_alone_is_an_address_too(running: Running, application: EntraApplication) -> None:
    """As Microsoft's own rotation function for applications has it."""
    version = seed(running, application, ProviderAddress=application.object_id)
    assert rotate(running, version)["outcome"] == "rotated"
