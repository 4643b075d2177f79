"""What a trial of a key says, and what the rotation makes of it."""

from typing import Any

import pytest

from activities.verify_key import judge
from providers.protocol import Trial, Verdict
from providers.storage_trial import _refusal, try_key
from rotation.credential import Credential
from rotation.outcomes import OutcomeName
from rotation.results import Done, Retry, Stop
from tests.unit.builders import KEY1

pytestmark = pytest.mark.unit

PRINT = "0123456789abcdef"


@pytest.mark.parametrize(
    ("status", "code", "verdict"),
    [
        (403, "AuthenticationFailed", Verdict.REJECTED),
        (401, "InvalidAuthenticationInfo", Verdict.REJECTED),
        (400, "InvalidAuthenticationInfo", Verdict.REJECTED),
        (401, "", Verdict.REJECTED),
        (403, "KeyBasedAuthenticationNotPermitted", Verdict.DISALLOWED),
        (403, "AuthorizationFailure", Verdict.UNREACHABLE),
        (403, "PublicAccessNotPermitted", Verdict.UNREACHABLE),
        (403, "SomethingNew", Verdict.UNREACHABLE),
        (403, "", Verdict.UNREACHABLE),
        (404, "ResourceNotFound", Verdict.UNREACHABLE),
        (400, "", Verdict.UNREACHABLE),
        (408, "", Verdict.UNWELL),
        (429, "", Verdict.UNWELL),
        (500, "InternalError", Verdict.UNWELL),
        (503, "ServerBusy", Verdict.UNWELL),
    ],
)
def test_a_refusal_is_triaged_by_its_code(status: int, code: str, verdict: Verdict) -> None:
    trial = _refusal(status, code, None)
    assert trial.verdict is verdict
    assert trial.reason == f"data plane: {status} {code}".rstrip()


def test_the_wait_that_the_service_asks_for_is_kept() -> None:
    assert _refusal(503, "ServerBusy", 17.0).retry_after == 17


@pytest.mark.parametrize(
    ("status", "code", "throttled"), [(429, "", True), (503, "ServerBusy", True), (500, "InternalError", False)]
)
def test_too_many_requests_are_told_from_an_outage(status: int, code: str, throttled: bool) -> None:
    trial = _refusal(status, code, None)
    assert trial.throttled is throttled
    result = judge(trial, PRINT, required=True)
    assert isinstance(result, Retry)
    assert result.throttled is throttled


def test_without_an_endpoint_nothing_can_be_tried() -> None:
    assert try_key("contosodata", Credential(KEY1), None).verdict is Verdict.UNREACHABLE


# --- the judgement


@pytest.mark.parametrize("required", [True, False])
def test_an_accepted_key_is_proven_on_the_data_plane(required: bool) -> None:
    assert judge(Trial(Verdict.ACCEPTED), PRINT, required=required) == Done(
        {"fingerprint": PRINT, "verified": "data-plane", "note": ""}
    )


@pytest.mark.parametrize("required", [True, False])
def test_a_rejected_key_is_waited_for_and_never_published(required: bool) -> None:
    result = judge(Trial(Verdict.REJECTED, "data plane: 403 AuthenticationFailed"), PRINT, required=required)
    assert isinstance(result, Retry)
    assert (result.budget, result.fallback) == (None, None)
    assert "403 AuthenticationFailed" in result.reason


@pytest.mark.parametrize("required", [True, False])
def test_a_policy_against_keys_fails_with_that_reason(required: bool) -> None:
    result = judge(Trial(Verdict.DISALLOWED, "data plane: 403 Key"), PRINT, required=required)
    assert isinstance(result, Stop)
    assert result.outcome is OutcomeName.FAILED
    assert result.reason == "access with a key is not permitted (data plane: 403 Key)"


@pytest.mark.parametrize(
    ("verdict", "patient"), [(Verdict.UNREACHABLE, False), (Verdict.UNWELL, True)], ids=["unreachable", "unwell"]
)
def test_what_says_nothing_about_the_key_is_enough_for_best_effort_alone(verdict: Verdict, patient: bool) -> None:
    trial = Trial(verdict, "data plane: no connection", 17.0 if patient else None)
    proof: dict[str, Any] = {
        "fingerprint": PRINT,
        "verified": "control-plane",
        "note": "data plane: no connection",
    }
    effort = judge(trial, PRINT, required=False)
    assert isinstance(effort, Retry)
    assert effort.fallback == proof
    assert (effort.budget is None) is patient
    strict = judge(trial, PRINT, required=True)
    assert isinstance(strict, Retry)
    assert strict.fallback is None
    assert (strict.budget is None) is patient, "a firewall does not open while we wait"


@pytest.mark.parametrize("verdict", Verdict)
def test_nothing_but_an_accepted_key_is_done_at_once(verdict: Verdict) -> None:
    """But for one that nothing is ever going to prove."""
    result = judge(Trial(verdict, "why"), PRINT, required=False)
    assert isinstance(result, Done) is (verdict in (Verdict.ACCEPTED, Verdict.UNTRIED))


def test_a_key_that_cannot_be_tried_is_said_to_be_and_never_enough_where_proof_is_required() -> None:
    trial = Trial(Verdict.UNTRIED, "no harmless way")
    assert judge(trial, PRINT, required=False) == Done(
        {"fingerprint": PRINT, "verified": "control-plane", "note": "no harmless way"}
    )
    assert isinstance(judge(trial, PRINT, required=True), Stop)
