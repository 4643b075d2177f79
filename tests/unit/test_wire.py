"""What stands in the task hub: plans, results and outcomes, plain JSON there and back."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotation.model import Witness
from rotation.outcomes import FAILING, PROVISIONAL, Conclusion, Outcome, OutcomeName
from rotation.plan import Plan, witness_from_json
from rotation.policy import Verification
from rotation.results import Done, Result, Retry, Stop, from_json
from tests.unit.builders import KEY1, KEY2, planned, secret, slots

pytestmark = pytest.mark.unit

times = st.datetimes(
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7))]),
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001
)
witnesses = st.builds(Witness, st.text(), st.none() | times)
plans = st.builds(
    Plan,
    grace_seconds=st.floats(0, 1e7),
    witness=witnesses,
    verification=st.sampled_from(Verification),
    outcome=st.sampled_from(OutcomeName),
    not_before=st.none() | times,
    retire_witness=st.none() | witnesses,
    retire_at=st.none() | times,
    retire_slot=st.none() | st.text(),
    interim_slot=st.none() | st.text(),
    live_slot=st.none() | st.text(),
    regenerate=st.booleans(),
    publish=st.booleans(),
)
plain = st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text(), max_size=4)
seconds = st.none() | st.floats(0, 1e6)
results = (
    st.builds(Done, plain)
    | st.builds(Retry, st.text(), seconds, seconds, st.none() | plain)
    | st.builds(Stop, st.sampled_from(OutcomeName), st.text())
)


def types(value: Any) -> set[type]:
    if isinstance(value, dict):
        return {dict}.union(*(types(key) | types(inner) for key, inner in value.items()))
    return {type(value)}


@given(plans)
def test_a_plan_survives_the_wire(plan: Plan) -> None:
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


@given(plans)
def test_a_plan_on_the_wire_is_plain_json(plan: Plan) -> None:
    wire = plan.to_json()
    assert json.loads(json.dumps(wire)) == wire
    assert {"regenerate", "publish", "witness", "slot"} <= wire.keys()


def test_a_plan_names_its_keys_by_fingerprint_alone() -> None:
    plan = planned(secret(tagged={"RetireAfter": "P1D"}))
    text = json.dumps(plan.to_json()) + repr(plan)
    assert KEY1 not in text
    assert KEY2 not in text
    assert slots()["key2"].key.fingerprint() in text


def test_a_witness_matches_until_the_key_or_its_time_differs() -> None:
    slot = slots()["key2"]
    wire = json.loads(json.dumps(planned(secret()).to_json()))["witness"]
    witness = witness_from_json(wire)
    assert witness is not None
    assert witness.matches(slot)
    assert not witness.matches(slots(key2=KEY1)["key2"])
    assert not witness.matches(slots(made2=None)["key2"])
    assert witness_from_json(None) is None


@given(results)
def test_a_result_survives_the_wire(result: Result) -> None:
    assert from_json(json.loads(json.dumps(result.to_json()))) == result


@pytest.mark.parametrize("name", OutcomeName)
def test_every_outcome_either_completes_or_fails_the_instance(name: OutcomeName) -> None:
    assert Outcome(name).fails is (name in {"refused", "failed"})


def test_a_failure_is_never_taken_for_not_now() -> None:
    assert not FAILING & PROVISIONAL
    assert {"not_due", "skipped"} == PROVISIONAL


def test_an_outcome_shows_what_is_known_and_leaves_the_rest_out() -> None:
    details = {"slot": "key2", "note": "", "version": None, "retired": False, "attempts": 0}
    assert Outcome(OutcomeName.ROTATED, "", details).to_json() == {
        "outcome": "rotated",
        "slot": "key2",
        "retired": False,
        "attempts": 0,
    }


def test_an_outcome_is_told_by_its_own_name_and_reason_whatever_the_details_say() -> None:
    shown = Outcome(OutcomeName.FAILED, "because", {"slot": "key1"}).to_json()
    assert (shown["outcome"], shown["reason"]) == ("failed", "because")


@given(plain)
def test_an_outcome_on_the_wire_is_plain_json(details: dict[str, Any]) -> None:
    shown = Outcome(OutcomeName.ROTATED, "why", details).to_json()
    assert json.loads(json.dumps(shown)) == shown
    assert types(shown) <= {dict, str, int, bool}


def test_a_conclusion_carries_its_outcome() -> None:
    conclusion = Conclusion(OutcomeName.SKIPPED, "paused")
    assert conclusion.outcome == Outcome(OutcomeName.SKIPPED, "paused")
    assert str(conclusion) == "skipped: paused"
