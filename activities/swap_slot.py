"""Step 5: after the grace, regenerate the slot that the secret has left, so that the old credential dies."""

from datetime import datetime
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.credential import CredentialText
from rotation.failures import DisabledError, MissingError
from rotation.model import live_slot
from rotation.plan import Plan
from rotation.results import Done, Result
from rotation.under_way import accepted, still_going_on

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
def swap_slot(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Retire the previous slot, unless that has been done or the secret lives on it again."""
    return shell.run("swap_slot", _swap_slot, payload)


def _swap_slot(payload: dict[str, Any]) -> Result:
    plan = Plan.from_json(payload["plan"])
    provider = bootstrap.provider(plan.provider, plan.subject)
    slots = provider.slots()
    slot = slots.get(plan.retire_slot or "")
    if slot is None or plan.retire_witness is None:
        return _kept("the previous slot does not exist any more")
    if not plan.retire_witness.matches(slot):
        return Done({"retired": True})
    going_on = still_going_on(payload)
    if going_on is not None:
        return going_on
    try:
        current = bootstrap.key_vault(plan.vault).read(plan.secret)
    except (MissingError, DisabledError):
        return _kept("the secret was deleted or disabled during the grace")
    live = live_slot(CredentialText.parse(current.value, provider.form), slots)
    # With the value on no slot at all, the previous one may be the last that still works for somebody.
    if live is None or live.name == slot.name:
        return _kept(f"version {current.version} does not live on another slot")
    closes = payload.get("closes")
    if closes is not None and datetime.fromisoformat(payload["now"]) >= datetime.fromisoformat(closes):
        return Done({"closed": True})
    return Done({"retired": True}) if provider.retire(slot) else accepted(payload)


def _kept(note: str) -> Done:
    return Done({"retired": False, "note": note})
