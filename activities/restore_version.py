"""Compensation: bring the previous value back, as a new version.

Never by disabling the newest version: whoever reads the secret without naming a version would get 403.
"""

from datetime import datetime
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from providers.protocol import Provider, Verdict
from rotation.credential import CredentialText
from rotation.failures import DisabledError, MissingError, RefusedError, TransientError
from rotation.model import Slot, live_slot
from rotation.outcomes import Conclusion, OutcomeName
from rotation.plan import RESTORED
from rotation.restoring import Restoration
from rotation.results import Done
from rotation.tags import ROTATION_ID, Tags, stamped

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
def restore_version(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Write the previous version's value and expiry as the current version, if the provider still accepts it."""
    return shell.run("restore_version", _restore_version, payload)


def _restore_version(payload: dict[str, Any]) -> Done:
    restoration = Restoration.from_json(payload)
    vault = bootstrap.key_vault(restoration.vault)
    current = vault.read(restoration.secret)
    provider = bootstrap.provider(restoration.provider, restoration.subject)
    slots = provider.slots()
    stamp = restoration.rotation_id + RESTORED
    if current.tags.get(ROTATION_ID) == stamp:
        live = live_slot(CredentialText.parse(current.value, provider.form), slots)
        return _restored(current.version, current.expires_on, live, current.tags)
    if current.version != restoration.version:
        raise Conclusion(OutcomeName.SUPERSEDED, f"version {current.version} was written meanwhile")
    try:
        previous = vault.read(restoration.secret, restoration.previous_version)
    except (MissingError, DisabledError) as error:
        raise RefusedError(f"version {restoration.previous_version} cannot be restored: {error.reason}") from None
    slot = live_slot(CredentialText.parse(previous.value, provider.form), slots)
    if slot is None or (slot.is_remembered and not _still_works(provider, slot)):
        raise RefusedError(f"version {restoration.previous_version} cannot be restored: its key is dead")
    version = vault.write(
        restoration.secret,
        previous.value,
        tags=stamped(current.tags, slot.credential_id, stamp),
        content_type=current.content_type,
        expires_on=previous.expires_on,
    )
    return _restored(version, previous.expires_on, slot, current.tags)


def _still_works(provider: Provider, slot: Slot) -> bool:
    """Ask whether a key is accepted that the target does not list.

    Raises:
        TransientError: Nobody answers, or nobody who knows.
    """
    trial = provider.try_key(slot, provider.describe().probe_endpoint)
    if trial.verdict in (Verdict.UNREACHABLE, Verdict.UNWELL):
        raise TransientError(trial.reason, trial.retry_after, throttled=trial.throttled)
    return trial.verdict is Verdict.ACCEPTED


def _restored(version: str, expires_on: datetime | None, slot: Slot | None, tags: Tags) -> Done:
    expiry = expires_on.isoformat() if expires_on else None
    followed = {"followed": True} if bootstrap.is_followed(tags) else {}
    return Done({"version": version, "expires_on": expiry, "slot": slot.name if slot else None, **followed})
