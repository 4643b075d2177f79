"""Looks what has become of the request for a certificate's next version; changes nothing."""

import re
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.outcomes import OutcomeName
from rotation.request import RotationRequest
from rotation.results import Done, Result, Retry, Stop

bp = df.Blueprint()

# An authority may have people look at a request. The waits grow to three hours: some 70 looks in a week.
_BUDGET = 7 * 86400.0
_LONGEST_WAIT = 3 * 3600.0
_FIRST_WAIT = 5.0
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9._]{0,63}", re.ASCII)


@bp.activity_trigger(input_name="payload")
def await_certificate(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Answer with the version that has replaced the one to be renewed, once it is there."""
    return shell.run("await_certificate", _await_certificate, payload)


def _await_certificate(payload: dict[str, Any]) -> Result:
    request = RotationRequest.from_json(payload["request"])
    vault = bootstrap.vault_objects(request.vault)
    pending = vault.pending(request.secret)
    # Read after the request, which may end in between.
    held, _ = vault.certificate(request.secret)
    if held.version != request.version:
        followed = {"followed": True} if bootstrap.is_followed(held.tags) else {}
        expires_on = held.expires_on.isoformat() if held.expires_on else None
        return Done({"version": held.version, "expires_on": expires_on, **followed})
    if pending is None:
        return Stop(OutcomeName.FAILED, "the request for the next version has been deleted: restart to make another")
    match str(pending.get("status")).casefold():
        case "inprogress" | "completed":
            wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(payload["attempt"], 16))
            return Retry("the issuer has not answered yet", wait, _BUDGET)
        case "cancelled" | "canceled":
            return Stop(OutcomeName.FAILED, "the request for the next version has been cancelled")
        case _:
            return Stop(OutcomeName.FAILED, f"the issuer has refused ({_code(pending)}): look at the certificate")


def _code(pending: Any) -> str:
    """Return the error's code alone: its text is the issuer's own."""
    error = pending.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "no code"
