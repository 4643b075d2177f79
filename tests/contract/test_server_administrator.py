"""Passwords of servers' own administrators, which Resource Manager changes in its own time."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from activities import read_metadata, regenerate_key, verify_key, write_version
from dev.faults.arena import Arena
from dev.faults.stage import Managed, Stage
from dev.simulators import ServerAdministrator
from dev.simulators.login_server import SQL_TYPE, TYPE
from rotation.request import RotationRequest
from tests.contract import steps
from triggers import dry_run

pytestmark = pytest.mark.contract
KINDS = [SQL_TYPE, TYPE]


@dataclass
class Rotation:
    """One rotation, step by step; `memo` is what the orchestrator would tell the next attempt."""

    stage: Stage
    administrator: ServerAdministrator
    secret: Managed

    def call(self, module: Any, **payload: Any) -> dict[str, Any]:
        return steps.call(self.stage.clock, module, **payload)

    def read(self) -> dict[str, Any]:
        request = RotationRequest(self.stage.vault.host, self.secret.name, self.secret.seeded.version)
        return self.call(read_metadata, request=request.to_json())

    def to_publication(self) -> dict[str, Any]:
        """Make and verify the next password, and return what `write_version` is called with."""
        plan = self.read()["value"]
        made = self.call(regenerate_key, plan=plan, expected_version=plan["version"])
        assert made == {"status": "done", "value": {"regenerated": True}}
        proof = self.call(verify_key, plan=plan, slot=plan["slot"])["value"]
        assert proof["verified"] == "control-plane"
        return {
            "plan": plan,
            "slot": plan["slot"],
            "fingerprint": proof["fingerprint"],
            "expected_version": plan["version"],
            "interim": False,
        }

    def publish(self, payload: dict[str, Any]) -> list[str]:
        """Publish, waiting as the orchestrator does; return what was waited for."""
        waits = []
        while (answer := self.call(write_version, **payload))["status"] == "retry":
            waits.append(answer["reason"])
            payload = payload | (answer["memo"] or {})
            self.stage.clock.advance(timedelta(seconds=answer["after"] or 15))
            assert len(waits) < 60
        assert "version" in answer.get("value", {}), answer
        return waits

    @property
    def asked(self) -> int:
        """How often a change was asked for."""
        name = f"{self.administrator.server.service}.setAdministratorPassword"
        return self.stage.azure.calls_by_operation().get(name, 0)

    @property
    def works(self) -> bool:
        return self.stage.works(self.secret.name)


@pytest.fixture(params=KINDS)
def rotation(request: pytest.FixtureRequest, arena: Arena) -> Rotation:
    arena.clear(cold=False)
    stage = Stage(arena)
    administrator = stage.administrator(request.param)
    return Rotation(stage, administrator, stage.secret(administrator, "dba", name="db", connection_string=True))


def test_it_is_published_when_it_is_in_force_and_asked_for_once(rotation: Rotation) -> None:
    payload = rotation.to_publication()
    assert rotation.works
    waits = rotation.publish(payload)
    assert waits == ["the new password has been accepted and is not in force yet"] * 8
    assert (rotation.works, rotation.asked) == (True, 1)
    current = rotation.stage.vault.current("db")
    assert current.tags["CredentialId"] == "dba"
    assert len(rotation.stage.vault.versions("db")) == 2
    assert [name for name in rotation.stage.vault.names() if name.startswith("rotation-pending")] == []


def test_one_that_is_in_force_at_once_is_published_at_once(rotation: Rotation) -> None:
    rotation.administrator.operation_takes = timedelta(0)
    assert rotation.publish(rotation.to_publication()) == []
    assert rotation.works


def test_a_worker_that_has_forgotten_asks_for_the_same_password_again(rotation: Rotation) -> None:
    payload = rotation.to_publication()
    assert rotation.call(write_version, **payload)["status"] == "retry"
    waits = rotation.publish(payload)
    assert waits[0].endswith("409 ConflictingServerOperation")
    assert rotation.works
    assert len(rotation.administrator.key_history("dba")) == 2


def test_a_change_that_fails_leaves_everything_as_it_was(rotation: Rotation) -> None:
    rotation.administrator.fails = True
    payload = rotation.to_publication()
    answer = rotation.call(write_version, **payload)
    for _ in range(20):
        if answer["status"] != "retry":
            break
        rotation.stage.clock.advance(timedelta(seconds=15))
        answer = rotation.call(write_version, **payload, **answer["memo"])
    assert (answer["status"], answer["outcome"]) == ("stop", "refused")
    assert answer["reason"].endswith("operation: failed; the password has not been changed")
    assert (rotation.works, len(rotation.stage.vault.versions("db"))) == (True, 1)


@pytest.mark.parametrize("what", ["version", "address", "window"])
def test_once_it_has_begun_nothing_keeps_it_from_its_end(rotation: Rotation, what: str) -> None:
    """The old password dies meanwhile, whatever somebody does to the secret."""
    payload = rotation.to_publication()
    answer = rotation.call(write_version, **payload)
    seeded, vault = rotation.secret.seeded, rotation.stage.vault
    if what == "version":
        text = seeded.value.reveal()
        vault.set_secret("db", text, tags=seeded.tags, content_type="text/plain", expires_on=seeded.expires_on)
    elif what == "address":
        vault.update("db", tags={**seeded.tags, "ProviderAddress": "generated:uuid"})
    else:
        closes = rotation.stage.clock.now() + timedelta(seconds=5)
        payload["plan"] |= {"closes": closes.isoformat()}
    rotation.stage.clock.advance(timedelta(seconds=15))
    rotation.publish(payload | answer["memo"])
    assert rotation.works


def test_another_login_than_the_administrator_is_refused_by_name(rotation: Rotation) -> None:
    rotation.administrator.server.administrator = "root"
    answer = rotation.read()
    assert (answer["status"], answer["outcome"]) == ("stop", "refused")
    assert "the tags name another login than the administrator that sampledb was made with: " in answer["reason"]


def test_a_server_that_takes_no_passwords_is_refused(rotation: Rotation) -> None:
    refusing: dict[str, tuple[dict[str, Any], str]] = {
        SQL_TYPE: ({"administrators": {"azureADOnlyAuthentication": True}}, "Microsoft Entra-only authentication"),
        TYPE: ({"authConfig": {"passwordAuth": "Disabled"}}, "password authentication disabled"),
    }
    extra, told = refusing[rotation.administrator.server.type]
    rotation.administrator.server.extra |= extra
    answer = rotation.read()
    assert (answer["status"], answer["outcome"]) == ("stop", "refused")
    assert told in answer["reason"]


def test_a_missing_right_stops_before_anything_has_changed(rotation: Rotation) -> None:
    payload = rotation.to_publication()
    rotation.administrator.deny("regenerateKey")
    answer = rotation.call(write_version, **payload)
    assert (answer["status"], answer["outcome"]) == ("stop", "refused")
    assert rotation.works


@pytest.mark.parametrize("status", [401, 503])
def test_a_server_that_does_not_let_the_app_in_keeps_no_password_back(rotation: Rotation, status: int) -> None:
    """PostgreSQL tells of a firewall as of a wrong password, so that Azure's own word counts after a while."""
    service = rotation.administrator.server.service
    rotation.stage.azure.faults.add(operation=f"{service}.signIn", status=status, times=1000)
    begun = rotation.stage.clock.now()
    rotation.publish(rotation.to_publication())
    assert rotation.works
    assert rotation.stage.clock.now() - begun <= timedelta(minutes=2)


def test_signing_in_is_proof_enough_where_that_is_possible(rotation: Rotation) -> None:
    rotation.administrator.operations_denied = True
    waits = rotation.publish(rotation.to_publication())
    assert len(waits) == 8


def test_no_answer_says_the_password_or_a_signature(rotation: Rotation) -> None:
    payload = rotation.to_publication()
    answer = rotation.call(write_version, **payload)
    (pending,) = [name for name in rotation.stage.vault.names() if name.startswith("rotation-pending")]
    assert rotation.stage.vault.current(pending).value.reveal() not in str(payload) + str(answer)
    assert "signature" not in str(answer)


def test_a_dry_run_tells_every_change(rotation: Rotation) -> None:
    told = dry_run._plan_rotation(rotation.stage.vault.host, "db", False, rotation.stage.clock.now())
    found = [
        (step["step"], call["operation"]) for step in told["steps"] for call in step.get("calls", []) if call["changes"]
    ]
    assert found == [
        ("regenerate_key", "setSecret"),
        ("write_version", "setAdministratorPassword"),
        ("write_version", "setSecret"),
        ("write_version", "deleteSecret"),
    ]
