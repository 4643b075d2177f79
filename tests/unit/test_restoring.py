"""What going back needs to know, and what it does not take from a stranger."""

from typing import Any

import pytest

from rotation.failures import RefusedError
from rotation.ids import instance_id, restore_id
from rotation.instance import Instance
from rotation.restoring import Restoration
from tests.unit.builders import ADDRESS, HOST, NEXT_VERSION, NOW, SECRET, VERSION, request

pytestmark = pytest.mark.unit

GIVEN: dict[str, Any] = {
    "rotation_id": "rotate-contoso-kv-storage-key-0",
    "vault": HOST,
    "secret": SECRET,
    "provider": ADDRESS,
    "version": NEXT_VERSION,
    "previous_version": VERSION,
    "reason": "consumers broke",
}


def test_it_survives_the_wire() -> None:
    assert Restoration.from_json(GIVEN).to_json() == GIVEN


def test_an_ended_rotation_is_undone_by_what_it_says_of_itself() -> None:
    facts = {"version": NEXT_VERSION, "previousVersion": VERSION, "provider": ADDRESS, "rotationId": "rotate-first"}
    ended = Instance("rotate-again", "Completed", NOW, NOW, facts=facts)
    restoration = Restoration.of_ended(ended, request(), "consumers broke")
    assert restoration.to_json() == GIVEN | {"rotation_id": "rotate-first"}
    assert restoration.request.version == NEXT_VERSION


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("vault", "evil.example"),
        ("secret", "../x"),
        ("version", "1"),
        ("previous_version", "1"),
        ("previous_version", None),
        ("provider", "https://evil.example"),
        ("rotation_id", 7),
    ],
)
def test_what_is_wrong_is_named_and_not_repeated(field: str, value: object) -> None:
    with pytest.raises(RefusedError) as refused:
        Restoration.from_json(GIVEN | {field: value})
    assert field in refused.value.reason
    assert "evil" not in refused.value.reason


@pytest.mark.parametrize("given", [None, [], "text", {}])
def test_nonsense_is_refused(given: object) -> None:
    with pytest.raises(RefusedError):
        Restoration.from_json(given)


@pytest.mark.parametrize("secret", ["a", "b" * 60, "c" * 76, "d" * 127])
def test_the_id_follows_from_that_of_the_rotation_and_is_not_too_long(secret: str) -> None:
    from dataclasses import replace

    rotation = instance_id(replace(request(), secret=secret))
    assert restore_id(rotation).startswith("restore-contoso-kv-")
    assert restore_id(rotation)[-16:] == rotation[-16:]
    assert len(restore_id(rotation)) <= 100
