"""Step 2: regenerate the idle slot; only ever the idle one, and only once."""

from datetime import datetime
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.credential import CredentialText
from rotation.failures import RefusedError
from rotation.outcomes import Conclusion, OutcomeName
from rotation.plan import Plan
from rotation.results import Done, Result
from rotation.under_way import accepted, still_going_on

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
def regenerate_key(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Replace the key of the plan's slot, unless that has happened since the plan was made."""
    return shell.run("regenerate_key", _regenerate_key, payload)


def _regenerate_key(payload: dict[str, Any]) -> Result:
    plan = Plan.from_json(payload["plan"])
    provider = bootstrap.provider(plan.provider, plan.subject)
    slot = provider.slots().get(plan.slot)
    if slot is None:
        raise RefusedError(f"slot {plan.slot} does not exist any more")
    if not plan.witness.matches(slot):
        return Done({"regenerated": False})
    going_on = still_going_on(payload)
    if going_on is not None:
        return going_on
    # Hours may lie between the plan and this moment. Whoever wrote a version since then may live on this very slot.
    current = bootstrap.key_vault(plan.vault).read(plan.secret)
    live_key = CredentialText.parse(current.value, provider.form).key
    if current.version != payload["expected_version"] or live_key == slot.key:
        raise Conclusion(OutcomeName.SUPERSEDED, f"version {current.version} was written meanwhile")
    if plan.is_closed(datetime.fromisoformat(payload["now"])):
        return Done({"closed": True})
    return Done({"regenerated": True}) if provider.regenerate(slot) else accepted(payload)
