"""Instances as the status API tells them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from rotation.instance import Instance

pytestmark = pytest.mark.unit

REQUEST = {"vault": "contoso.vault.azure.net", "secret": "storage-key", "version": "a" * 32}


def payload(**changes: Any) -> dict[str, Any]:
    return {
        "name": "rotate_secret",
        "instanceId": "rotate-contoso-storage-key-0123456789abcdef",
        "runtimeStatus": "Completed",
        "input": REQUEST,
        "customStatus": {"outcome": "rotated"},
        "output": {"outcome": "rotated"},
        "createdTime": "2026-07-25T01:08:33Z",
        "lastUpdatedTime": "2026-07-25T01:08:40Z",
    } | changes


def test_times_are_aware() -> None:
    instance = Instance.from_json(payload(lastUpdatedTime="2026-07-25T01:08:40"))
    assert instance.created == datetime(2026, 7, 25, 1, 8, 33, tzinfo=UTC)
    assert instance.updated == datetime(2026, 7, 25, 1, 8, 40, tzinfo=UTC)


@pytest.mark.parametrize("status", ["Pending", "Running", "Suspended", "ContinuedAsNew"])
def test_what_is_in_hand_has_no_outcome_yet(status: str) -> None:
    instance = Instance.from_json(payload(runtimeStatus=status, customStatus={"outcome": "not_due"}))
    assert instance.is_in_hand
    assert instance.outcome is None


@pytest.mark.parametrize("facts", [None, "Terminated", [], {"outcome": 3}, {}])
def test_what_ended_without_a_word_has_no_outcome(facts: object) -> None:
    instance = Instance.from_json(payload(runtimeStatus="Failed", customStatus=facts))
    assert not instance.is_in_hand
    assert instance.outcome is None


def test_the_request_is_read_from_the_input() -> None:
    request = Instance.from_json(payload()).request
    assert request is not None
    assert (request.vault, request.secret, request.version) == tuple(REQUEST.values())


def test_an_input_is_understood_whoever_gave_it() -> None:
    by_http, by_the_sdk = (Instance.from_json(payload(input=given)) for given in (REQUEST, json.dumps(REQUEST)))
    assert by_http.request == by_the_sdk.request is not None


@pytest.mark.parametrize("given", [None, "text", "[" * 9999, '"text"', {"vault": "x"}, [REQUEST], "7"])
def test_an_input_that_is_none_of_ours_is_no_request(given: object) -> None:
    assert Instance.from_json(payload(input=given)).request is None
