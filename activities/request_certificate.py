"""Asks for a certificate's next version, by the policy of the present one; joins a request that is there already."""

from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.request import RotationRequest
from rotation.results import Done

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
def request_certificate(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Ask once: not if the version has been replaced, nor while a request is in progress, whoever has made it."""
    return shell.run("request_certificate", _request_certificate, payload)


def _request_certificate(payload: dict[str, Any]) -> Done:
    request = RotationRequest.from_json(payload["request"])
    vault = bootstrap.vault_objects(request.vault)
    pending = vault.pending(request.secret)
    if pending is not None and str(pending.get("status")).casefold() == "inprogress":
        return Done({"joined": True})
    # Read after the request: one that ends in between has made a version by now.
    held, policy = vault.certificate(request.secret)
    if held.version != request.version:
        return Done({"joined": True})
    vault.request_certificate(request.secret, policy, held.tags.updated({}))
    return Done({"joined": False})
