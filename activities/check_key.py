"""The first step of a key's rotation: is it wanted, due, and for the app to do? Changes nothing."""

from datetime import datetime
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.failures import MissingError
from rotation.outcomes import OutcomeName
from rotation.renewal import another_version, check, renews_itself
from rotation.request import RotationRequest
from rotation.results import Done, Result, Stop

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
def check_key(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Answer with nothing if the key is to be rotated now, or with how this ends right here."""
    return shell.run("check_key", _check_key, payload)


def _check_key(payload: dict[str, Any]) -> Result:
    request, now = RotationRequest.from_json(payload["request"]), datetime.fromisoformat(payload["now"])
    vault = bootstrap.vault_objects(request.vault)
    try:
        held, is_managed = vault.key(request.secret)
    except MissingError:
        return Stop(OutcomeName.SKIPPED, "the key does not exist any more")
    if is_managed:
        return Stop(OutcomeName.SKIPPED, "it is the key of a certificate, and renewed with that")
    if held.version != request.version:
        return another_version(held, request, vault.key)
    itself = renews_itself(vault.key_policy(request.secret).get("lifetimeActions"), "Rotate")
    check(held, request, now, bootstrap.settings().defaults, itself=itself)
    return Done({})
