"""Before a slot is regenerated: which other secrets live on it, and until when others may hold it. Changes nothing."""

from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from azure_clients.holders import holders
from azure_clients.replica_holders import ReplicaLook
from rotation.address import is_exclusive, is_shared, parse_address
from rotation.consumers import LOOK_AGAIN, Consumer, Current, labels, read_ids
from rotation.credential import UnknownCredential
from rotation.failures import DisabledError, MissingError, RefusedError, RotationError, TransientError
from rotation.forms import KeyForm
from rotation.holding import held_until
from rotation.model import SecretVersion, Slot
from rotation.neighbours import Neighbour, grace_of, neighbour_on
from rotation.patience import UNKNOWN, UNREACHABLE
from rotation.plan import Plan
from rotation.replication import targets
from rotation.results import Done, Result, Retry
from rotation.tags import CONSUMERS

bp = df.Blueprint()

Tenant = tuple[str, str, SecretVersion]
"""Vault host and name of a secret that shares the target, and its current version."""


@bp.activity_trigger(input_name="payload")
def find_neighbours(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Name the managed secrets on a slot, and say from when nobody can hold its key any more.

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
    address = parse_address(plan.provider)
    if address is None or not is_shared(plan.provider):
        return Done({"neighbours": [], "free_from": now.isoformat()})
    tenants = bootstrap.inventory().tenants(address, now)
    others = [
        (vault, secret)
        for vault, secret in tenants.secrets
        if (vault, secret.casefold()) != (plan.vault, plan.secret.casefold())
    ]
    if others and is_exclusive(plan.provider):
        vault, secret = others[0]
        raise RefusedError(f"{secret} in {vault} names the same login: give each secret logins of its own")
    found = _look(plan, slot, others, tenants.replicas, now)
    away = found.pop("away")
    missing = [*tenants.unreachable, *tenants.unknown, *away]
    if not missing:
        return Done(found)
    if plan.vault in missing:
        # It is there: the plan was made from it. Whoever lives on the slot would be overlooked.
        return Retry(f"{plan.vault} cannot be reached")
    note = f"{', '.join(missing)} cannot be reached: secrets there are not considered"
    budget = UNREACHABLE if tenants.unreachable or away else UNKNOWN
    return Retry(note, budget=budget, fallback={**found, "note": note})


def _look(
    plan: Plan, slot_name: str, others: list[tuple[str, str]], copies: list[tuple[str, str]], now: datetime
) -> dict[str, Any]:
    own = [(plan.vault, plan.secret)] if plan.follows else []
    provider = bootstrap.provider(plan.provider, plan.subject)
    slot = provider.slots().get(slot_name) if others or own or copies else None
    if others and slot is None:
        raise RefusedError(f"slot {slot_name} does not exist any more")
    if slot is None:
        return {"neighbours": [], "free_from": now.isoformat(), "away": []}
    tenants = [(*place, current) for place in [*own, *others] if (current := _read(*place))]
    strangers = [tenant for tenant in tenants if tenant[:2] not in own]
    neighbours, free_from = _residents(plan, slot, provider.form, strangers, now)
    found: dict[str, Any] = {"neighbours": [neighbour.to_json() for neighbour in neighbours], "away": []}
    # What has not been made yet, or is not known any more, is held by nobody.
    if isinstance(slot.key, UnknownCredential):
        return found | {"free_from": free_from.isoformat()}
    replicas, behind = _replicas(plan, slot, provider.form, tenants, copies, now)
    found |= {"away": replicas.away, "free_from": max(free_from, replicas.free_from).isoformat()}
    return found | _held(plan, slot, provider.form, tenants, now, replicas.held, behind)


def _residents(
    plan: Plan, slot: Slot, form: KeyForm, strangers: list[Tenant], now: datetime
) -> tuple[list[Neighbour], datetime]:
    """Return who lives on the slot, and from when nobody can hold what he has read there before he left."""
    kinds, defaults = bootstrap.surroundings().kinds, bootstrap.settings().defaults
    neighbours, free_from = [], now
    for vault, secret, current in strangers:
        neighbour = neighbour_on(slot, form, vault, secret, current, kinds, defaults, now, plan.expires_on)
        if neighbour is not None:
            neighbours.append(neighbour)
            continue
        grace = grace_of(current, kinds, defaults)
        if now < current.created_on + grace:
            replaced = bootstrap.key_vault(vault).replaced(secret, current, form, since=now - grace)
            free_from = max(free_from, held_until(replaced, slot.key, grace) or now)
    return neighbours, free_from


def _replicas(
    plan: Plan, slot: Slot, form: KeyForm, tenants: list[Tenant], copies: list[tuple[str, str]], now: datetime
) -> tuple[ReplicaLook, list[dict[str, str]]]:
    """Look at the copies of whoever shares the target; also return the secrets whose copies have not followed."""
    kinds, defaults = bootstrap.surroundings().kinds, bootstrap.settings().defaults
    replicas = ReplicaLook(slot.key, form, now)
    behind = [
        {"vault": vault, "secret": secret, "version": current.version}
        for vault, secret, current in tenants
        if replicas.at(
            secret,
            targets(current.tags, defaults.replica_vaults),
            grace_of(current, kinds, defaults),
            bootstrap.replica_vault,
        )
    ]
    for vault, secret in copies:
        replicas.at(secret, [vault], timedelta(seconds=plan.grace_seconds), bootstrap.key_vault)
    if replicas.away and slot.name == plan.retire_slot:
        replicas.held.append(f"the replicas in {', '.join(replicas.away)}, which cannot be reached,")
    return replicas, behind


def _held(
    plan: Plan,
    slot: Slot,
    form: KeyForm,
    tenants: list[Tenant],
    now: datetime,
    replicas: list[str],
    behind: list[dict[str, str]],
) -> dict[str, Any]:
    """Look whether known consumers, or replicas, may still hold the slot's key, and if so when to look again."""
    told = [f"{replica} may still hold {slot.name}" for replica in replicas]
    late = list(behind)
    for vault, secret, current in tenants:
        try:
            holding = _holding(vault, secret, current, slot, form, now)
        except TransientError:
            raise
        except RotationError as error:
            if slot.name != plan.retire_slot:
                raise
            # Its new version is published: that the previous key lives on is no reason to fail.
            told.append(f"the consumers of {secret} cannot be looked at ({error.reason})")
        else:
            if holding:
                told.append(f"{labels(holding)} may still hold {slot.name}")
                late.append({"vault": vault, "secret": secret, "version": current.version})
    if not told:
        return {}
    return {"held": "; ".join(told), "late": late, "free_from": (now + LOOK_AGAIN).isoformat()}


def _holding(
    vault: str, secret: str, current: SecretVersion, slot: Slot, form: KeyForm, now: datetime
) -> list[Consumer]:
    named = read_ids(current.tags.get(CONSUMERS, ""))[0]
    if not named and not bootstrap.settings().consumer_scopes:
        return []
    everybody, client = bootstrap.consumers(), bootstrap.key_vault(vault)
    newest = Current(current.version, current.created_on)
    suspects = holders(client, secret, newest, everybody.of(vault, secret, named, now), slot.key, form, now)
    # What is known of them may be minutes old.
    looked = [everybody.look(suspect.id, now).of(vault, secret) for suspect in suspects]
    return holders(client, secret, newest, looked, slot.key, form, now)


def _read(vault: str, secret: str) -> SecretVersion | None:
    try:
        return bootstrap.key_vault(vault).read(secret)
    except (MissingError, DisabledError):
        return None  # gone, or unreadable for its consumers too
