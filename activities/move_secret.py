"""Moves another secret off the slot that is about to be regenerated; everything about it but the key stays."""

from datetime import datetime
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.credential import CredentialText
from rotation.failures import DisabledError, MissingError, RefusedError, TransientError
from rotation.neighbours import Neighbour
from rotation.plan import INTERIM, MOVED, Plan
from rotation.results import Done
from rotation.tags import stamped

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
def move_secret(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Write the neighbour's value with the other slot's key as a new version, its expiry unchanged."""
    return shell.run("move_secret", _move_secret, payload)


def _move_secret(payload: dict[str, Any]) -> Done:
    plan, neighbour = Plan.from_json(payload["plan"]), Neighbour.from_json(payload["neighbour"])
    provider = bootstrap.provider(plan.provider, plan.subject)
    slot = provider.slots().get(payload["slot"])
    if slot is None:
        raise RefusedError(f"slot {payload['slot']} does not exist any more")
    vault = bootstrap.key_vault(neighbour.vault)
    try:
        current = vault.read(neighbour.secret)
    except (MissingError, DisabledError):
        return Done({})  # nobody can read it, so nobody lives there
    if current.version != neighbour.version:
        return Done({})  # moved, now or by its own rotation; the next look at the slot tells
    if neighbour.is_closed(datetime.fromisoformat(payload["now"])):
        return Done({"closed": True})
    # A pinned neighbour is on a stopover: its own rotation will take it home.
    stamp = plan.rotation_id + (INTERIM if neighbour.pinned else MOVED)
    vault.write(
        neighbour.secret,
        CredentialText.parse(current.value, provider.form).with_key(slot.key, slot.key_id),
        tags=stamped(current.tags, slot.credential_id, stamp),
        content_type=current.content_type,
        expires_on=current.expires_on,
    )
    written = vault.read(neighbour.secret)
    if CredentialText.parse(written.value, provider.form).key != slot.key:
        raise TransientError("the version read back is not the one written")
    followed = {"followed": True} if bootstrap.is_followed(written.tags) else {}
    return Done({"version": written.version, **followed})
