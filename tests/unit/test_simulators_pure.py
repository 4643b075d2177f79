"""The parts of simulated Azure that need no network: signatures, keys, secrecy, seeds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.clock import VirtualClock
from dev.simulators import SimulatedAzure
from dev.simulators.account_keys import KeyRing
from dev.simulators.seeds import DEFAULT, plant
from dev.simulators.sensitive import Sensitive
from dev.simulators.shared_key import string_to_sign
from dev.simulators.wire import Request
from dev.simulators.world import World

pytestmark = pytest.mark.unit


def test_the_documented_example_of_a_string_to_sign() -> None:
    """https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key, "Get Container Metadata"."""
    request = Request(
        "GET",
        "myaccount.blob.core.windows.net",
        "/mycontainer",
        "restype=container&comp=metadata&timeout=20",
        {"x-ms-date": "Fri, 26 Jun 2015 23:39:12 GMT", "x-ms-version": "2015-02-21"},
    )
    assert string_to_sign(request, "myaccount") == (
        "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n"
        "/myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20"
    )


def test_repeated_parameters_are_sorted_and_joined() -> None:
    """The same page: `include=snapshots&include=metadata` signs as one line."""
    request = Request("GET", "h", "/c", "include=snapshots&include=metadata%20x&Comp=list", {})
    assert string_to_sign(request, "a").endswith("/a/c\ncomp:list\ninclude:metadata x,snapshots")


def test_the_date_is_left_out_where_x_ms_date_stands_for_it() -> None:
    headers = {"date": "D", "content-length": "0", "content-type": "text/plain", "range": "bytes=0-1"}
    signed = string_to_sign(Request("PUT", "h", "/", "", headers), "a")
    assert signed == "PUT\n\n\n\n\ntext/plain\nD\n\n\n\n\nbytes=0-1\n/a/"
    assert "D" not in string_to_sign(Request("PUT", "h", "/", "", {**headers, "x-ms-date": "now"}), "a")


@given(st.text(min_size=1).filter(lambda value: value not in "Sensitive(…)"))
def test_a_sensitive_value_never_shows(value: str) -> None:
    held = Sensitive(value)
    assert repr(held) == str(held) == f"{held}" == "Sensitive(…)"
    assert held.reveal() == value
    assert held == Sensitive(value) != Sensitive(value + "x")


@given(st.lists(st.sampled_from(["key1", "key2"]), max_size=12))
def test_exactly_one_key_of_each_slot_is_accepted(regenerated: list[str]) -> None:
    ring = KeyRing(World(VirtualClock()), ("key1", "key2"), None)
    for slot in regenerated:
        ring.regenerate(slot)
    assert [key.value for key in ring.accepted()] == [ring.current(slot).value for slot in ("key1", "key2")]
    assert len({key.value for key in ring.history()}) == 2 + len(regenerated)


def test_the_same_seed_gives_the_same_azure() -> None:
    keys = {SimulatedAzure(VirtualClock(), seed=3).add_storage_account("demostore").key("key1") for _ in range(2)}
    other = SimulatedAzure(VirtualClock(), seed=4).add_storage_account("demostore").key("key1")
    assert len(keys) == 1
    assert other not in keys


def test_the_default_seed_is_a_secret_that_holds_a_key() -> None:
    azure = SimulatedAzure(VirtualClock(), seed=1)
    plant(azure, DEFAULT)
    assert azure.serve(Request("GET", "sample-kv.vault.azure.net", "/secrets")) is not None


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "volts = []",
        "vaults = [{ nam = 'x' }]",
        "accounts = [{ name = 'x', kind = 'Other' }]",
        "secrets = [{ vault = 'missing', name = 'x', account = 'y' }]",
    ],
)
def test_a_seed_that_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        plant(SimulatedAzure(VirtualClock()), text)
