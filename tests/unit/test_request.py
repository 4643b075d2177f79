"""What an instance may be started with, and the ids that follow from it."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotation.failures import RefusedError
from rotation.ids import instance_id, rotation_id
from rotation.plan import INTERIM, RESTORED
from rotation.request import SECRET_NAME, VAULT_HOST, VERSION, RotationRequest, shape
from tests.unit import builders
from tests.unit.builders import HOST, SECRET, request

pytestmark = pytest.mark.unit

GOOD: dict[str, Any] = {"vault": HOST, "secret": SECRET, "version": builders.VERSION}
hosts = st.from_regex(VAULT_HOST, fullmatch=True).filter(lambda host: len(host) < 254)
names = st.from_regex(SECRET_NAME, fullmatch=True)
versions = st.from_regex(VERSION, fullmatch=True)
requests = st.builds(
    RotationRequest, hosts, names, versions, st.booleans(), st.text(max_size=20), st.integers(min_value=0)
)


@given(requests)
def test_a_request_survives_the_wire(asked: RotationRequest) -> None:
    assert RotationRequest.from_json(json.loads(json.dumps(asked.to_json()))) == asked


def test_force_reason_and_redrives_may_be_left_out() -> None:
    assert RotationRequest.from_json(GOOD) == request()


def test_what_a_person_types_is_normalised() -> None:
    typed = {"vault": f" {HOST.upper()} ", "secret": f"{SECRET}\n", "version": f" {builders.VERSION.upper()}"}
    assert RotationRequest.from_json(typed) == request()


@pytest.mark.parametrize("data", [None, "text", 7, [], [GOOD]])
def test_an_input_that_is_no_object_is_refused(data: Any) -> None:
    with pytest.raises(RefusedError, match="the input is"):
        RotationRequest.from_json(data)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("vault", value) for value in (None, 7, "", "contoso", "https://" + HOST, "a.vault.azure.net", HOST + "/")),
        *(("secret", value) for value in (None, 7, "", "a_b", "a/b", "s" * 128, "ſ", "..")),
        *(("version", value) for value in (None, 7, "", "aaa", "g" * 32, builders.VERSION + "0")),
        *(("force", value) for value in (None, "true", 1, 0)),
        *(("reason", value) for value in (None, 7, ["x"])),
        *(("redrives", value) for value in (None, "1", 1.5, -1, True)),
    ],
)
def test_a_wrong_field_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(RefusedError, match=f"the input is wrong: {field} is [^;]+$"):
        RotationRequest.from_json(GOOD | {field: value})


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(RefusedError) as refused:
        RotationRequest.from_json({"force": "yes", "reason": 7})
    assert [part.split()[0] for part in refused.value.reason.partition(": ")[2].split("; ")] == [
        "vault",
        "secret",
        "version",
        "force",
        "reason",
    ]


def test_a_refusal_never_repeats_what_was_given() -> None:
    canary = "canary_Zm9vYmFy"
    with pytest.raises(RefusedError) as refused:
        RotationRequest.from_json(dict.fromkeys(("vault", "secret", "version", "force"), canary))
    assert canary not in refused.value.reason


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()) | st.binary())
def test_the_shape_of_anything_is_a_short_phrase(value: Any) -> None:
    assert re.fullmatch(r"[a-z0-9 ]{3,50}", shape(value))


# --- ids


@given(requests)
def test_an_id_starts_with_the_vault_and_the_secret_and_fits(asked: RotationRequest) -> None:
    identifier = instance_id(asked)
    assert len(identifier) <= 100
    assert f"{identifier[:-17]}" == f"rotate-{asked.vault.split('.')[0]}-{asked.secret.casefold()}"[:83]
    assert re.fullmatch(r"rotate-[a-z0-9-]+-[0-9a-f]{16}", identifier)


@given(requests, st.booleans(), st.text(max_size=5))
def test_an_id_depends_on_the_version_and_not_on_who_asks(asked: RotationRequest, force: bool, reason: str) -> None:
    again = RotationRequest(asked.vault.upper(), asked.secret.swapcase(), asked.version, force, reason)
    assert instance_id(again) == instance_id(asked)


@given(
    st.lists(
        st.tuples(hosts, names, versions),
        min_size=2,
        max_size=2,
        unique_by=lambda key: (key[0], key[1].casefold(), key[2]),
    )
)
def test_different_versions_have_different_ids(pair: list[tuple[str, str, str]]) -> None:
    first, second = (instance_id(RotationRequest(*key)) for key in pair)
    assert first != second


def test_secrets_too_long_for_the_id_are_told_apart_by_its_digest() -> None:
    long = [instance_id(RotationRequest(HOST, "s" * 126 + end, builders.VERSION)) for end in "ab"]
    assert long[0] != long[1]
    assert {len(identifier) for identifier in long} == {100}


def test_vaults_of_one_name_in_two_clouds_are_told_apart() -> None:
    china = RotationRequest("contoso-kv.vault.azure.cn", SECRET, builders.VERSION)
    assert instance_id(china) != instance_id(request())


def test_an_id_never_changes_from_release_to_release() -> None:
    """A running instance and a tag in the vault hold it."""
    assert instance_id(request()) == "rotate-contoso-kv-storage-key-5526f7f0fb43758f"


@given(requests)
def test_the_rotation_id_with_its_longest_mark_fits_a_tag(asked: RotationRequest) -> None:
    assert rotation_id(asked) == instance_id(asked)
    assert len(rotation_id(asked) + max(INTERIM, RESTORED, key=len)) <= 256
