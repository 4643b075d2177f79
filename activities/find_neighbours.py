"""Before a slot is regenerated: which other secrets live on it, and until when others may hold it. Changes nothing."""

from datetime import datetime
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.address import is_shared
from rotation.failures import DisabledError, MissingError, RefusedError
from rotation.holding import held_until
from rotation.model import SecretVersion
from rotation.neighbours import Neighbour, grace_of, neighbour_on
from rotation.plan import Plan
from rotation.results import Done, Result, Retry

bp = df.Blueprint()

# A vault that was deleted or is misspelt in KEY_VAULTS must not stop all others for good. Its name leads nowhere; one
# that is there and does not answer is worth waiting for.
_UNKNOWN_BUDGET = 5.0
_UNREACHABLE_BUDGET = 900.0


@bp.activity_trigger(input_name="payload")
def find_neighbours(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Name the managed secrets on a slot, and say from when nobody else can hold its key.

    One that must not be moved stops the rotation.
    """
    return shell.run("find_neighbours", _find_neighbours, payload)


def _find_neighbours(payload: dict[str, Any]) -> Result:
    return look(Plan.from_json(payload["plan"]), payload["slot"], datetime.fromisoformat(payload["now"]))


def look(plan: Plan, slot: str, now: datetime) -> Result:
    """Look who lives on a slot of the plan's target; a dry run asks the same.

    Raises:
        RotationError: Somebody lives there who must not be moved, or it cannot be known now.
    """
    if not is_shared(plan.provider):
        return Done({"neighbours": [], "free_from": now.isoformat()})
    tenants = bootstrap.inventory().tenants(plan.provider, now)
    others = [
        (vault, secret)
        for vault, secret in tenants.secrets
        if (vault, secret.casefold()) != (plan.vault, plan.secret.casefold())
    ]
    found = _neighbours(plan, slot, others, now)
    missing = [*tenants.unreachable, *tenants.unknown]
    if not missing:
        return Done(found)
    if plan.vault in missing:
        # It is there: the plan was made from it. Whoever lives on the slot would be overlooked.
        return Retry(f"{plan.vault} cannot be reached")
    note = f"{', '.join(missing)} cannot be reached: secrets there are not considered"
    budget = _UNREACHABLE_BUDGET if tenants.unreachable else _UNKNOWN_BUDGET
    return Retry(note, budget=budget, fallback={**found, "note": note})


def _neighbours(plan: Plan, slot_name: str, others: list[tuple[str, str]], now: datetime) -> dict[str, Any]:
    neighbours: list[Neighbour] = []
    free_from = now
    provider = bootstrap.provider(plan.provider, plan.subject)
    slot = provider.slots().get(slot_name) if others else None
    if others and slot is None:
        raise RefusedError(f"slot {slot_name} does not exist any more")
    kinds, defaults = bootstrap.surroundings().kinds, bootstrap.settings().defaults
    for vault, secret in others:
        current = _read(vault, secret)
        if slot is None or current is None:
            continue
        neighbour = neighbour_on(slot, provider.form, vault, secret, current, kinds, defaults, now, plan.expires_on)
        if neighbour is not None:
            neighbours.append(neighbour)
            continue
        grace = grace_of(current, kinds, defaults)
        if now < current.created_on + grace:
            replaced = bootstrap.key_vault(vault).replaced(secret, current, provider.form, since=now - grace)
            held = held_until(replaced, slot.key, grace)
            free_from = max(free_from, held or now)
    return {"neighbours": [neighbour.to_json() for neighbour in neighbours], "free_from": free_from.isoformat()}


def _read(vault: str, secret: str) -> SecretVersion | None:
    try:
        return bootstrap.key_vault(vault).read(secret)
    except (MissingError, DisabledError):
        return None  # gone, or unreadable for its consumers too
