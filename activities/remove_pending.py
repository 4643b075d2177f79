"""Removes pending secrets that nobody needs any more; the sweep has found them."""

from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.failures import RefusedError
from rotation.request import PENDING_NAME, shape
from rotation.results import Done

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
def remove_pending(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Delete pending secrets by name; one that is gone already is no trouble."""
    return shell.run("remove_pending", _remove_pending, payload)


def _remove_pending(payload: dict[str, Any]) -> Done:
    vault = bootstrap.key_vault(payload["vault"])
    for name in payload["names"]:
        # Whatever a message says, nothing else is ever deleted.
        if not PENDING_NAME.fullmatch(name):
            raise RefusedError(f"the name is {shape(name)}, expected that of a pending secret")
        vault.delete(name)
    return Done({"removed": len(payload["names"])})
