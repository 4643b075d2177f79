"""Has Key Vault make a key's next version, once."""

from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.renewal import Held
from rotation.request import RotationRequest
from rotation.results import Done

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
def add_key_version(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Rotate the key, unless the version has been replaced; the answer names the new one."""
    return shell.run("add_key_version", _add_key_version, payload)


def _add_key_version(payload: dict[str, Any]) -> Done:
    request = RotationRequest.from_json(payload["request"])
    vault = bootstrap.vault_objects(request.vault)
    held, _ = vault.key(request.secret)
    return _made(held if held.version != request.version else vault.rotate_key(request.secret))


def _made(held: Held) -> Done:
    return Done({"version": held.version, "expires_on": held.expires_on.isoformat() if held.expires_on else None})
