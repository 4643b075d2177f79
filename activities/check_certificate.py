"""The first step of a certificate's renewal: is it wanted, due, and for the app to do? Changes nothing."""

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

# Key Vault makes a request and a key, and waits for a person to bring the certificate.
_BY_HAND = "unknown"


@bp.activity_trigger(input_name="payload")
def check_certificate(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Answer with nothing if the certificate is to be renewed now, or with how this ends right here."""
    return shell.run("check_certificate", _check_certificate, payload)


def _check_certificate(payload: dict[str, Any]) -> Result:
    request, now = RotationRequest.from_json(payload["request"]), datetime.fromisoformat(payload["now"])
    vault = bootstrap.vault_objects(request.vault)
    try:
        held, policy = vault.certificate(request.secret)
    except MissingError:
        return Stop(OutcomeName.SKIPPED, "the certificate does not exist any more")
    if held.version != request.version:
        return another_version(held, request, vault.certificate)
    itself = renews_itself(policy.get("lifetime_actions"), "AutoRenew")
    check(held, request, now, bootstrap.settings().defaults, itself=itself)
    issuer = policy.get("issuer")
    name = issuer.get("name") if isinstance(issuer, dict) else None
    if not isinstance(name, str) or name.casefold() == _BY_HAND:
        reason = "its issuer is unknown to Key Vault: a person has to request, and to merge, the next version"
        return Stop(OutcomeName.REFUSED, reason)
    return Done({})
