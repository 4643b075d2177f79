"""Before a slot is regenerated: which other secrets live on it. Changes nothing."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.failures import DisabledError, MissingError, RefusedError
from rotation.model import SecretVersion
from rotation.neighbours import Neighbour, neighbour_on
from rotation.plan import Plan
from rotation.results import Done, Result, Retry

bp = df.Blueprint()

_UNREACHABLE_BUDGET = 15.0


@bp.activity_trigger(input_name="payload")
def find_neighbours(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Name the managed secrets on a slot; one that must not be moved stops the rotation."""
    return shell.run("find_neighbours", _find_neighbours, payload)


def _find_neighbours(payload: dict[str, Any]) -> Result:
    plan = Plan.from_json(payload["plan"])
    tenants = bootstrap.inventory().tenants(plan.provider, datetime.fromisoformat(payload["now"]))
    others = [
        (vault, secret)
        for vault, secret in tenants.secrets
        if (vault, secret.casefold()) != (plan.vault, plan.secret.casefold())
    ]
    found = [neighbour.to_json() for neighbour in _living_on(plan, payload["slot"], others)]
    if not tenants.unreachable:
        return Done({"neighbours": found})
    # A vault of which nothing was ever seen (deleted, misspelt in KEY_VAULTS) must not stop all others for good.
    note = f"{', '.join(tenants.unreachable)} cannot be reached: secrets there are not considered"
    return Retry(note, budget=_UNREACHABLE_BUDGET, fallback={"neighbours": found, "note": note})


def _living_on(plan: Plan, slot_name: str, others: list[tuple[str, str]]) -> Iterator[Neighbour]:
    if not others:
        return
    slot = bootstrap.provider(plan.provider).slots().get(slot_name)
    if slot is None:
        raise RefusedError(f"slot {slot_name} does not exist any more")
    settings, surroundings = bootstrap.settings(), bootstrap.surroundings()
    for vault, secret in others:
        current = _read(vault, secret)
        if current is None:
            continue
        neighbour = neighbour_on(slot, vault, secret, current, surroundings.known_types, settings.defaults)
        if neighbour is not None:
            yield neighbour


def _read(vault: str, secret: str) -> SecretVersion | None:
    try:
        return bootstrap.key_vault(vault).read(secret)
    except (MissingError, DisabledError):
        return None  # gone, or unreadable for its consumers too
