"""What arrives through the Event Hub: lenient about form, strict about what matters, unbreakable by any bytes."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotation.events import Due, Ignored, NewVersion, Reading, Unreadable, read_event, read_message
from rotation.request import RotationRequest
from tests.unit.builders import HOST, SECRET, VERSION

pytestmark = pytest.mark.unit

SAMPLES = Path(__file__).parents[1] / "data" / "events"
NEAR = "Microsoft.KeyVault.SecretNearExpiry"
ID = f"https://{HOST}/secrets/{SECRET}/{VERSION}"
DUE = Due(RotationRequest(HOST, SECRET, VERSION, reason="SecretNearExpiry"))

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def event(data: Any = None, **fields: Any) -> dict[str, Any]:
    return {"eventType": NEAR, "data": {"Id": ID} if data is None else data} | fields


def read(document: Any) -> list[Reading]:
    return list(read_message(json.dumps(document).encode()))


# --- the samples


def sample(name: str) -> list[Reading]:
    return list(read_message((SAMPLES / name).read_bytes()))


def test_the_event_grid_sample_asks_for_the_version_in_its_id() -> None:
    host, version = "sample-kv.vault.azure.net", "ee059b2bb5bc48398a53b168c6cdcb10"
    assert sample("event-grid-near-expiry.json") == [
        Due(RotationRequest(host, "storage-key", version, reason="SecretNearExpiry"))
    ]


def test_the_sample_of_kssedr_believes_the_id_and_not_the_version_or_subject_beside_it() -> None:
    host, version = "rotateexam-dev-euw-kv.vault.azure.net", "fb87f021a36946c69bb0108ac694733b"
    assert sample("kssedr-near-expiry.json") == [
        Due(RotationRequest(host, "blob-connection-string", version, reason="SecretNearExpiry"))
    ]


def test_the_batch_sample_yields_each_event_whatever_its_neighbours_are() -> None:
    host, version = "sample-kv.vault.azure.net", "ee059b2bb5bc48398a53b168c6cdcb10"
    due, expired, new_version, broken = sample("cloud-events-batch.json")
    assert due == Due(RotationRequest(host, "storage-key", version, reason="SecretNearExpiry"))
    assert expired == Due(RotationRequest(host, "storage-key", version, reason="SecretExpired"))
    assert isinstance(new_version, NewVersion)
    assert new_version.request.reason == "SecretNewVersionCreated"
    assert isinstance(broken, Unreadable)
    assert "data is text of 13 characters" in broken.reason


# --- form does not matter


@pytest.mark.parametrize(
    "variant",
    [
        event(),
        {"type": NEAR, "specversion": "1.0", "data": {"Id": ID}},
        {"EVENTTYPE": NEAR.upper().replace("SECRETNEAREXPIRY", "SecretNearExpiry"), "Data": {"ID": ID}},
        {" eventType ": f" {NEAR}\t", "data ": {" id ": f" {ID}\n"}},
        event({"Id": f"{ID}/"}),
        event({"Id": ID.replace(".net/", ".net:443/")}),
        event({"Id": ID.replace("contoso", "Contoso").replace("https", "HTTPS")}),
        event({"Id": ID.replace(VERSION, VERSION.upper())}),
        event({"Id": ID, "Version": "aaa"}),
        event({"Id": ID, "Version": None, "VaultName": "elsewhere", "ObjectName": 7}),
        event({"Id": ID.rpartition("/")[0], "Version": f" {VERSION}"}),
        event({"Id": ID.rpartition("/")[0] + "/", "vErSiOn ": VERSION.upper()}),
        event(subject="SecretNearExpiry", id=7, topic=None),
    ],
)
def test_the_same_request_in_any_form(variant: dict[str, Any]) -> None:
    assert read_event(variant) == DUE


@pytest.mark.parametrize("time", ["1785000000", 1785000000, 1785000000.5, None, "", "soon", [], "9" * 400])
def test_times_in_any_form_do_not_matter(time: Any) -> None:
    assert read_event(event({"Id": ID, "NBF": time, "EXP": time})) == DUE


def test_an_event_and_an_array_of_it_say_the_same() -> None:
    assert read(event()) == read([event()]) == [DUE]


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert list(read_message(b"\xef\xbb\xbf" + json.dumps(event()).encode())) == [DUE]


@pytest.mark.parametrize(
    "host",
    ["contoso-kv.vault.azure.cn", "contoso-kv.vault.usgovcloudapi.net", "contoso-kv.vault.microsoftazure.de"],
)
def test_the_host_of_a_sovereign_cloud_comes_from_the_id(host: str) -> None:
    reading = read_event(event({"Id": ID.replace(HOST, host)}))
    assert isinstance(reading, Due)
    assert reading.request.vault == host


@pytest.mark.parametrize(
    "name",
    [
        "Microsoft.KeyVault.KeyNewVersionCreated",
        "Microsoft.KeyVault.CertificateNewVersionCreated",
        "Microsoft.KeyVault.VaultAccessPolicyChanged",
        "SecretNearExpiry",
        "something else",
    ],
)
def test_other_types_ask_for_nothing_even_with_broken_data(name: str) -> None:
    assert read_event({"eventType": name, "data": 7}) == Ignored(name)


# --- what matters is checked


@pytest.mark.parametrize(
    "secret_id",
    [
        None,
        7,
        "",
        SECRET,
        ID.replace("https", "http"),
        ID.replace("/secrets/", "/keys/"),
        ID.replace(SECRET, "under_score"),
        ID.replace(SECRET, "s" * 128),
        ID.replace(SECRET, ".."),
        ID.replace(SECRET, "ſecret"),
        ID.replace(VERSION, "aaa"),
        ID + "?api-version=7.4",
        ID + "#x",
        ID + "/x",
        ID.replace("https://", "https://user@"),
        ID.replace(".net/", ".net:8443/"),
        ID.replace(HOST, "127.0.0.1"),
        ID.replace(HOST, "localhost"),
        ID.replace(HOST, "kv.vault.azure.net"),
        ID.replace(HOST, "-kv.vault.azure.net"),
        ID.replace(HOST, "contoso-kv.vault.azure.net\\@evil.example"),
    ],
)
def test_an_id_that_is_no_secret_version_is_unreadable(secret_id: Any) -> None:
    assert isinstance(read_event(event({"Id": secret_id})), Unreadable)


@pytest.mark.parametrize("version", [None, "", "aaa", 7, VERSION + "0", [VERSION]])
def test_a_version_must_be_named_somewhere(version: Any) -> None:
    reading = read_event(event({"Id": ID.rpartition("/")[0], "Version": version}))
    assert isinstance(reading, Unreadable)
    assert "names a version" in reading.reason


@pytest.mark.parametrize("other", [None, 7, "text", True, [], [event()], {}, {"eventType": 7}, {"eventType": ""}])
def test_what_is_no_event_is_unreadable(other: Any) -> None:
    assert isinstance(read_event(other), Unreadable)


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"{", b"\xff\xfe{}", b"\x1f\x8b\x08", b"[" * 100_000, b"[" + b"1" * 5000 + b"]"],
    ids=["empty", "blank", "cut", "utf-16", "gzip", "deep", "long number"],
)
def test_a_message_that_is_no_json_is_one_unreadable(body: bytes) -> None:
    (reading,) = read_message(body)
    assert isinstance(reading, Unreadable)


@pytest.mark.parametrize("place", ["eventType", "Id", "Version", "data"])
def test_a_reason_never_repeats_the_payload(place: str) -> None:
    canary = "canary-Zm9vYmFy"
    broken = {
        "eventType": event(eventType=[canary]),
        "Id": event({"Id": canary}),
        "Version": event({"Id": ID.rpartition("/")[0], "Version": canary}),
        "data": event(canary),
    }[place]
    reading = read_event(broken)
    assert isinstance(reading, Unreadable)
    assert canary not in reading.reason


def test_a_number_too_long_for_python_in_one_event_does_not_cost_its_neighbours() -> None:
    text = json.dumps([event({"Id": ID, "EXP": "DIGITS"}), event()]).replace('"DIGITS"', "9" * 5000)
    assert DUE in list(read_message(text.encode()))


# --- anything at all


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    for reading in read_message(body):
        assert isinstance(reading, Due | Ignored | Unreadable)


@given(json_values)
def test_no_json_breaks_the_reader(document: Any) -> None:
    for reading in read(document):
        assert isinstance(reading, Ignored | Unreadable)


@given(
    st.dictionaries(
        st.sampled_from(["eventType", "type", "data", "Data", "id"]),
        st.sampled_from([NEAR, None, 7]) | st.dictionaries(st.sampled_from(["Id", "id ", "Version"]), json_values),
    )
)
def test_no_event_like_object_breaks_the_reader(document: dict[str, Any]) -> None:
    assert isinstance(read_event(document), Ignored | Unreadable)


@given(st.lists(json_values, max_size=4), st.lists(json_values, max_size=4))
def test_an_event_is_read_whatever_stands_around_it(before: list[Any], after: list[Any]) -> None:
    assert read([*before, event(), *after])[len(before)] == DUE
