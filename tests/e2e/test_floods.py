"""Repeats, bursts and poison: no good event is lost, nothing is done twice, no other host is contacted."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dev.simulators.shortcut import shortcut
from rotation.ids import instance_id
from tests.e2e.conftest import Running
from tests.events import cloud_event, event_grid_event, message
from tests.scene import DAY, SECRET

pytestmark = pytest.mark.e2e

HOSTS = [
    "sample-kv.vault.azure.net.evil.example",
    "evil.example/sample-kv.vault.azure.net",
    "sample-kv.vault.azure.net@evil.example",
    "sample-kv.vault.azure.net:8443",
    "SAMPLE-KV.vault.azure.net.",
    "sample-kv.vault.azure.cn",
    "other-kv.vault.azure.net",
    "127.0.0.1",
    "[::1]",
    "sample-kv.vault.azure.net\\.evil.example",
    "ѕample-kv.vault.azure.net",
]
PATHS = [
    "secrets/../keys/x/{v}",
    "secrets/%2e%2e/x/{v}",
    "secrets/storage-key/{v}/../..",
    "secrets/storage-key/{v}?api-version=1",
    "secrets/storage-key/{v}#",
    "secrets//{v}",
    "secrets/storage-key/latest",
    "secrets/stor\u0000age/{v}",
    "deletedsecrets/storage-key/{v}",
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
ids = st.one_of(
    st.builds(lambda host: f"https://{host}/secrets/storage-key/{'a' * 32}", st.sampled_from(HOSTS)),
    st.builds(lambda path: f"https://sample-kv.vault.azure.net/{path.format(v='a' * 32)}", st.sampled_from(PATHS)),
    json_values,
)
hostile_events = st.builds(
    lambda kind, id_, extra: {**extra, "type": kind, "data": {"Id": id_, "Version": "a" * 32}},
    st.sampled_from(["Microsoft.KeyVault.SecretNearExpiry", "Microsoft.KeyVault.SecretExpired"]),
    ids,
    st.dictionaries(st.sampled_from(["id", "subject", "source", "data", "eventType "]), json_values, max_size=2),
)
messages = st.one_of(
    st.binary(max_size=60),
    st.builds(lambda value: json.dumps(value).encode(), json_values),
    st.builds(lambda event: json.dumps(event).encode(), hostile_events),
    st.builds(lambda events: json.dumps(events).encode(), st.lists(hostile_events | json_values, max_size=3)),
    st.integers(1, 200_000).map(lambda depth: b"[" * depth),
    st.integers(1, 200_000).map(lambda length: b'{"data": "' + b"x" * length + b'"}'),
    st.just(b"\xff\xfe\x00\x00"),
    st.just(b"\x00" * 100),
)


def test_one_event_a_hundred_times_regenerates_once(running: Running) -> None:
    scene = running.scene
    version = scene.secret().version
    event = message(cloud_event(scene.vault.host, SECRET, version))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: running.deliver(*[event] * 10), range(8)))
    for _ in range(20):
        running.deliver(event)
    assert running.ended(instance_id(scene.request(version)))["output"]["outcome"] == "rotated"
    assert running.regenerations() == 1
    assert len(scene.vault.versions(SECRET)) == 2


@pytest.mark.timeout(300)
def test_a_thousand_secrets_in_one_batch_all_rotate(running: Running) -> None:
    scene = running.scene
    requests_made = []
    for number in range(1000):
        scene.account = scene.azure.add_storage_account(f"flood{number}", created=scene.clock.now() - 400 * DAY)
        name = f"secret-{number}"
        requests_made.append(scene.request(scene.secret(name=name, expires_in=25 * DAY).version, name=name))
    batch = message(*(event_grid_event(scene.vault.host, one.secret, one.version) for one in requests_made))
    url = f"{running.host.url}/admin/functions/rotate_on_vault_event"
    # Thirteen thousand calls: without sockets they take half the time.
    with shortcut(scene.azure):
        assert requests.post(url, json={"input": batch}, timeout=240).status_code == 202
        running.host.wait_idle(timeout=240)
    outcomes = {running.ended(instance_id(request))["output"]["outcome"] for request in requests_made}
    assert outcomes == {"rotated"}
    assert running.regenerations() == 1000


@pytest.mark.timeout(300)
def test_ten_thousand_hostile_messages_cost_no_good_event(running: Running) -> None:
    scene = running.scene
    good = []
    batches: list[list[bytes]] = []

    @settings(
        max_examples=100,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(st.lists(messages, min_size=100, max_size=100))
    def collect(batch: list[bytes]) -> None:
        batches.append(batch)

    collect()
    for number, batch in enumerate(batches):
        bodies: list[Any] = list(batch)
        if number % 10 == 0:
            scene.account = scene.azure.add_storage_account(f"good{number}", created=scene.clock.now() - 400 * DAY)
            version = scene.secret(name=f"good-{number}").version
            good.append(scene.request(version, name=f"good-{number}"))
            bodies.insert(50, message(cloud_event(scene.vault.host, good[-1].secret, version)))
        result = running.deliver(*bodies)
        assert result.succeeded
        assert result.attempts == 1
    assert sum(len(batch) for batch in batches) >= 10_000
    assert {running.ended(instance_id(request))["output"]["outcome"] for request in good} == {"rotated"}
    assert scene.azure.refused_hosts == []
    assert scene.azure.unresolved_hosts == []
    listed = requests.get(f"{running.host.url}/runtime/webhooks/durabletask/entities/ParkedEvents/all", timeout=30)
    assert len(listed.json()) == 100


def test_parked_events_show_where_they_came_from_and_no_credential(running: Running) -> None:
    scene = running.scene
    running.deliver(
        message(cloud_event("other-kv.vault.azure.net", SECRET, "a" * 32)), scene.account.connection_string("key1")
    )
    running.host.wait_idle()
    url = f"{running.host.url}/runtime/webhooks/durabletask/entities/ParkedEvents/all"
    newest, oldest = requests.get(url, timeout=10).json()
    assert (newest["partition"], newest["sequence_number"]) == ("3", 1)
    assert "not JSON" in newest["reason"]
    assert "AccountName=samplestore" in newest["body"]
    assert scene.account.key("key1")[:20] not in newest["body"]
    assert oldest["reason"] == "vault other-kv.vault.azure.net is not in KEY_VAULTS"
    assert newest["enqueued"]
