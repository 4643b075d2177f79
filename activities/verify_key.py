"""Step 3: prove that a slot's key is accepted before anybody is given it."""

from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from providers.protocol import Trial, Verdict
from rotation.credential import UnknownCredential
from rotation.failures import RefusedError
from rotation.outcomes import OutcomeName
from rotation.plan import Plan
from rotation.policy import Verification
from rotation.results import Done, Result, Retry, Stop

bp = df.Blueprint()

# A firewall does not open while we wait; a few tries tell it from a hiccup, a few more where failing is the price.
_UNREACHABLE_BUDGET = 15.0
_UNREACHABLE_BUDGET_REQUIRED = 120.0


@bp.activity_trigger(input_name="payload")
def verify_key(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Read the slot again and try its key; the answer names the key by fingerprint and says how it was verified."""
    return shell.run("verify_key", _verify_key, payload)


def _verify_key(payload: dict[str, Any]) -> Result:
    plan = Plan.from_json(payload["plan"])
    provider = bootstrap.provider(plan.provider, plan.subject)
    slot = provider.slots().get(payload["slot"])
    if slot is None or isinstance(slot.key, UnknownCredential):
        raise RefusedError(f"slot {payload['slot']} does not exist any more")
    fingerprint = slot.fingerprint
    if plan.verification is Verification.OFF:
        return _proof(fingerprint, "off")
    trial = provider.try_key(slot, plan.probe_endpoint)
    return judge(trial, fingerprint, required=plan.verification is Verification.REQUIRED)


def judge(trial: Trial, fingerprint: str, *, required: bool) -> Result:
    """Decide what a trial means: go on, wait, or stop; `required` forbids going on without an accepted key."""
    fallback = None if required else _proof(fingerprint, "control-plane", trial.reason).value
    match trial.verdict:
        case Verdict.ACCEPTED:
            return _proof(fingerprint, "data-plane")
        case Verdict.REJECTED:
            return Retry(f"the new key is not accepted yet ({trial.reason})")
        case Verdict.UNREACHABLE:
            budget = _UNREACHABLE_BUDGET_REQUIRED if required else _UNREACHABLE_BUDGET
            return Retry(trial.reason, budget=budget, fallback=fallback)
        case Verdict.UNWELL:
            return Retry(trial.reason, trial.retry_after, fallback=fallback, throttled=trial.throttled)
        case Verdict.DISALLOWED:
            return Stop(OutcomeName.FAILED, f"access with a key is not permitted ({trial.reason})")
        case Verdict.UNTRIED if required:
            return Stop(OutcomeName.FAILED, f"the new key cannot be verified ({trial.reason})")
        case Verdict.UNTRIED:
            return _proof(fingerprint, "control-plane", trial.reason)


def _proof(fingerprint: str, verified: str, note: str = "") -> Done:
    return Done({"fingerprint": fingerprint, "verified": verified, "note": note})
