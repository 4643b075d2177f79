"""Moves the settings of one site that pin an older version of a secret to the new one; nobody else's change is lost."""

from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.request import RotationRequest
from rotation.results import Done

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
def move_reference(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Let every reference of the site that names another version name this one."""
    return shell.run("move_reference", _move_reference, payload)


def _move_reference(payload: dict[str, Any]) -> Done:
    request = RotationRequest.from_json(payload["request"])
    bootstrap.consumers().repin(payload["consumer"], request.vault, request.secret, request.version)
    return Done({})
