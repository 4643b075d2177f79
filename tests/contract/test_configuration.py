"""Secrets without tags that the document of their vault speaks for: the sweep finds them, and they are rotated."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from activities import find_due
from dev.faults.arena import Arena
from dev.faults.stage import DAY, Stage
from dev.simulators.azure import SUBSCRIPTION
from providers.registry import KINDS
from rotation.configuration import FIELDS, parse_configuration
from rotation.policy import Defaults, Policy
from rotation.policy_tags import parse_policy
from rotation.tags import Tags
from tests.contract.test_server_administrator import Rotation

pytestmark = pytest.mark.contract
CANARY = "Pa55word!of.somebody"


@pytest.fixture
def rotation(arena: Arena) -> Rotation:
    """The administrator of an Azure SQL server, in a secret without a tag of ours."""
    arena.clear(cold=False)
    stage = Stage(arena)
    administrator = stage.administrator()
    secret = stage.secret(administrator, "dba", name="db", connection_string=True)
    stage.vault.update("db", tags={"owner": "payments"})
    return Rotation(stage, administrator, secret)


def configure(stage: Stage, *extra: Any, **changes: Any) -> None:
    entry = {
        "secret": "db", "kind": "sql", "subscription": SUBSCRIPTION, "resourceGroup": "sample-rg",
        "server": "sampledb", "login": "dba", "validityDays": 60,
    }  # fmt: skip
    stage.vault.set_secret("rotation-config", json.dumps({"databases": [entry | changes, *extra]}))


def swept(rotation: Rotation) -> dict[str, Any]:
    now = rotation.stage.clock.now().isoformat()
    payload = {"vault": rotation.stage.vault.host, "since": now, "after": None, "most": 50}
    expired = rotation.call(find_due, **payload, expired=True)
    due = rotation.call(find_due, **payload, expired=False)
    assert expired["status"] == due["status"] == "done", expired
    found: dict[str, Any] = expired["value"] | {"due": [wish["secret"] for wish in due["value"]["wishes"]]}
    return found


def test_what_it_names_is_due_and_rotated_and_stays_without_tags(rotation: Rotation) -> None:
    configure(rotation.stage)
    found = swept(rotation)
    assert (found["due"], found["reported"]) == (["db"], [])
    rotation.publish(rotation.to_publication())
    assert rotation.works
    current = rotation.stage.vault.current("db")
    assert set(current.tags) == {"owner", "RotationId", "CredentialId"}
    assert current.expires_on is not None
    assert current.expires_on - rotation.stage.clock.now() > 59 * DAY
    rotation.stage.clock.advance(timedelta(minutes=6))
    assert swept(rotation)["due"] == []


def test_without_it_the_secret_concerns_nobody(rotation: Rotation) -> None:
    assert swept(rotation)["due"] == []
    assert rotation.read()["outcome"] == "skipped"


def test_what_is_written_later_is_seen_within_minutes(rotation: Rotation) -> None:
    assert rotation.read()["outcome"] == "skipped"
    configure(rotation.stage)
    rotation.stage.clock.advance(timedelta(minutes=6))
    assert rotation.read()["status"] == "done"


def test_every_complaint_is_reported_at_once_and_nothing_of_it_repeated(rotation: Rotation) -> None:
    configure(rotation.stage, {"secret": "gone", "password": CANARY}, CANARY)
    found = swept(rotation)
    assert found["due"] == ["db"]
    assert {one["secret"] for one in found["reported"]} == {"rotation-config"}
    assert len(found["reported"]) >= 3
    assert CANARY not in str(found)


def test_a_secret_that_is_not_there_or_speaks_for_itself_is_told(rotation: Rotation) -> None:
    rotation.stage.vault.update("db", tags={"ProviderAddress": "generated:uuid"})
    configure(rotation.stage, {
        "secret": "gone", "kind": "sql", "subscription": SUBSCRIPTION, "resourceGroup": "a", "server": "b",
    })  # fmt: skip
    assert [one["reason"] for one in swept(rotation)["reported"] if one["secret"] == "rotation-config"] == [
        "databases[0]: the secret's own tags say what it holds, and count",
        "databases[1]: the vault has no such secret",
    ]


def test_one_that_may_not_be_read_is_reported_and_stops_nobody(rotation: Rotation) -> None:
    configure(rotation.stage)
    rotation.stage.azure.faults.add(
        operation="keyvault.getSecret", target="sample-kv/rotation-config", status=403, times=None
    )
    (told,) = swept(rotation)["reported"]
    assert told["secret"] == "rotation-config"
    assert told["reason"].startswith("get secret: 403")
    assert rotation.read()["outcome"] == "skipped"


def test_what_it_says_wrongly_of_a_secret_is_told_as_of_tags(rotation: Rotation) -> None:
    configure(rotation.stage, validityDays=0)
    (told,) = swept(rotation)["reported"]
    assert told["secret"] == "db"
    assert told["reason"].startswith("tags: ValidityPeriodDays is ")


def test_the_page_shows_a_document_that_is_right() -> None:
    page = (Path(__file__).parents[2] / "docs/providers/sql-logins.md").read_text(encoding="utf-8")
    (example,) = (block for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL))
    found = parse_configuration(example)
    assert found.complaints == []
    policies = [parse_policy(Tags(tags), None, KINDS, Defaults()) for tags in found.tags.values()]
    assert all(isinstance(policy, Policy) for policy in policies), policies
    table = page.partition("| field | is the tag |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", table)) >= FIELDS
