"""Finds out who uses a secret, once it has a new version; changes nothing."""

from datetime import datetime
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.consumers import read_ids
from rotation.failures import DisabledError, MissingError, RefusedError
from rotation.model import SecretVersion
from rotation.outcomes import Conclusion, OutcomeName
from rotation.patience import UNREADABLE
from rotation.plan import INTERIM
from rotation.request import RotationRequest
from rotation.results import Done, Result, Retry
from rotation.tags import CONSUMERS, MOVE_PINNED, RETIRE_WHEN, ROTATION_ID

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
def find_consumers(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Name everybody who is known to use the secret, and say what its tags want done."""
    return shell.run("find_consumers", _find_consumers, payload)


def _find_consumers(payload: dict[str, Any]) -> Result:
    request, now = RotationRequest.from_json(payload["request"]), datetime.fromisoformat(payload["now"])
    vault = bootstrap.key_vault(request.vault)
    try:
        current = vault.read(request.secret)
    except (MissingError, DisabledError):
        raise Conclusion(OutcomeName.SKIPPED, "nobody can read the secret: it is gone or disabled") from None
    if current.version != request.version:
        told = vault.created(request.secret).get(request.version)
        if told is None or told > current.created_on:
            return Retry(f"version {request.version} cannot be read yet", budget=UNREADABLE)
        raise Conclusion(OutcomeName.SUPERSEDED, f"version {current.version} has already replaced it")
    named, complaints = read_ids(current.tags.get(CONSUMERS, ""))
    if complaints:
        raise RefusedError("tags: " + "; ".join(f"{CONSUMERS} {complaint}" for complaint in complaints))
    found = bootstrap.consumers().of(request.vault, request.secret, named, now)
    ids = {each.casefold(): each for each in [*named, *(consumer.id for consumer in found)]}
    default = str(bootstrap.settings().move_pinned_references)
    return Done(
        {
            "created_on": current.created_on.isoformat(),
            "consumers": sorted(ids.values()),
            "move": current.tags.get(MOVE_PINNED, default).casefold() == "true",
            "rotation": _told_when_ready(current),
        }
    )


def _told_when_ready(current: SecretVersion) -> str | None:
    """Return the rotation that wrote the version, if its grace may end as soon as everybody has it."""
    rotation = current.tags.get(ROTATION_ID, "").removesuffix(INTERIM)
    return rotation if RETIRE_WHEN in current.tags and rotation and "/" not in rotation else None
