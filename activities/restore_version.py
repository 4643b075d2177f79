"""Compensation: bring the previous value back, as a new version.

Never by disabling the newest version: whoever reads the secret without naming a version would get 403.
"""

from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.credential import CredentialText
from rotation.failures import DisabledError, MissingError, RefusedError
from rotation.model import live_slot
from rotation.outcomes import Conclusion, OutcomeName
from rotation.plan import RESTORED, Plan
from rotation.results import Done
from rotation.tags import ROTATION_ID, stamped

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
def restore_version(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Write the previous version's value and expiry as the current version, if the provider still accepts it."""
    return shell.run("restore_version", _restore_version, payload)


def _restore_version(payload: dict[str, Any]) -> Done:
    plan = Plan.from_json(payload["plan"])
    vault = bootstrap.key_vault(plan.vault)
    current = vault.read(plan.secret)
    stamp = plan.rotation_id + RESTORED
    if current.tags.get(ROTATION_ID) == stamp:
        return Done({"version": current.version})
    if current.version != payload["expected_version"]:
        raise Conclusion(OutcomeName.SUPERSEDED, f"version {current.version} was written meanwhile")
    try:
        previous = vault.read(plan.secret, plan.previous_version)
    except (MissingError, DisabledError) as error:
        raise RefusedError(f"version {plan.previous_version} cannot be restored: {error.reason}") from None
    slot = live_slot(CredentialText.parse(previous.value), bootstrap.provider(plan.provider).slots())
    if slot is None:
        raise RefusedError(f"version {plan.previous_version} cannot be restored: its key is dead")
    version = vault.write(
        plan.secret,
        previous.value,
        tags=stamped(current.tags, slot.name, stamp),
        content_type=current.content_type,
        expires_on=previous.expires_on,
    )
    return Done({"version": version})
