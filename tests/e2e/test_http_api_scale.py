"""The HTTP API over ten thousand rotations and thousands of secrets: answers come within seconds, page by page."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dev.embedded_host.instances import COMPLETED, Instance
from dev.embedded_host.stamps import stamp
from rotation.ids import instance_id
from rotation.request import RotationRequest
from tests.e2e.api import Api
from tests.e2e.conftest import Running

pytestmark = pytest.mark.e2e

MANY = 10_000
LONGEST = 15.0
"""Seconds of real time, on two busy cores; about two where nothing else runs."""


def ended(number: int, host: str, when: datetime) -> Instance:
    """Return the row of a rotation that has ended."""
    request = RotationRequest(host, f"secret-{number:05d}", f"{number:032x}", reason="SecretNearExpiry")
    facts = json.dumps({"outcome": "rotated", "vault": host, "secret": request.secret, "version": "f" * 32})
    return Instance(
        instance_id=instance_id(request),
        execution_id=str(number),
        name="rotate_secret",
        input_text=json.dumps(json.dumps(request.to_json())),
        created=stamp(when),
        updated=stamp(when),
        status=COMPLETED,
        output=facts,
        custom_status=facts,
    )


def timed(api: Api, path: str, **query: Any) -> dict[str, Any]:
    began = time.monotonic()
    answer = api.get(path, **query)
    assert time.monotonic() - began < LONGEST
    assert answer.status_code == 200, answer.text[:300]
    shown: dict[str, Any] = answer.json()
    return shown


def test_ten_thousand_rotations_are_listed_newest_first(running: Running) -> None:
    api, host = Api(running), running.scene.vault.host
    first = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [ended(number, host, first + timedelta(minutes=number)) for number in range(MANY)]
    running.host._host.hub.instances.update({row.instance_id: row for row in rows})
    names = [f"secret-{number:05d}" for number in reversed(range(MANY))]
    page = timed(api, "/rotations", top=500)
    assert [each["secret"] for each in page["rotations"]] == names[:500]
    page = timed(api, "/rotations", top=500, continuationToken=page["continuationToken"])
    assert [each["secret"] for each in page["rotations"]] == names[500:1000]
    assert [each["secret"] for each in timed(api, "/rotations", secret="secret-00007")["rotations"]] == ["secret-00007"]


def test_thousands_of_secrets_stand_in_a_list(running: Running) -> None:
    api, scene = Api(running), running.scene
    tags, expiry = {"ProviderAddress": scene.account.resource_id}, scene.clock.now() + timedelta(days=80)
    for number in range(3000):
        scene.vault.set_secret(f"secret-{number:05d}", "x", tags=tags, expires_on=expiry)
    assert len(timed(api, "/secrets", vault="sample-kv")["secrets"]) == 1000
    assert len(timed(api, "/secrets", vault="sample-kv", top=10_000)["secrets"]) == 3000
