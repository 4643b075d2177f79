"""Step 4: make the verified key the secret's new version, everything else about the secret kept."""

from datetime import datetime, timedelta
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from azure_clients.key_vault import KeyVault
from rotation.credential import Credential, CredentialText
from rotation.failures import RefusedError, TransientError
from rotation.model import SecretVersion, Slot
from rotation.outcomes import Conclusion, OutcomeName
from rotation.plan import INTERIM, Plan
from rotation.results import Done
from rotation.tags import ROTATION_ID, provider_text, stamped

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
def write_version(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Write the new version, unless it is there already or somebody else's is."""
    return shell.run("write_version", _write_version, payload)


def _write_version(payload: dict[str, Any]) -> Done:
    plan = Plan.from_json(payload["plan"])
    vault = bootstrap.key_vault(plan.vault)
    slot = bootstrap.provider(plan.provider).slots().get(payload["slot"])
    if slot is None or slot.key.fingerprint() != payload["fingerprint"]:
        # Regenerated again after it was verified: the orchestrator verifies what is there now.
        return Done({"changed": True})
    current = vault.read(plan.secret)
    stamp = plan.rotation_id + (INTERIM if payload["interim"] else "")
    if current.version != payload["expected_version"]:
        return _already_written(current, stamp)
    # Key Vault keeps whole seconds.
    now = datetime.fromisoformat(payload["now"]).replace(microsecond=0)
    expires_on = now + timedelta(days=plan.validity_days)
    _write(vault, plan, current, slot, stamp, expires_on)
    return _read_back(vault, plan, slot, stamp)


def _already_written(current: SecretVersion, stamp: str) -> Done:
    if current.tags.get(ROTATION_ID) == stamp:
        return _written(current)
    raise Conclusion(OutcomeName.SUPERSEDED, f"version {current.version} was written meanwhile")


def _write(vault: KeyVault, plan: Plan, current: SecretVersion, slot: Slot, stamp: str, expires_on: datetime) -> None:
    """Tags and content type are taken as they are now: an operator may have edited them while the rotation ran."""
    address = provider_text(current.tags, current.content_type) or ""
    if address.rstrip("/").casefold() != plan.provider.casefold():
        raise RefusedError("ProviderAddress was changed while the rotation ran: restart it to plan anew")
    vault.write(
        plan.secret,
        CredentialText.parse(current.value).with_key(slot.key),
        tags=stamped(current.tags, slot.name, stamp),
        content_type=current.content_type,
        expires_on=expires_on,
    )


def _read_back(vault: KeyVault, plan: Plan, slot: Slot, stamp: str) -> Done:
    current = vault.read(plan.secret)
    if current.tags.get(ROTATION_ID) != stamp:
        raise Conclusion(OutcomeName.SUPERSEDED, f"version {current.version} was written at the same time")
    if not holds(current.value, slot.key):
        raise TransientError("the version read back is not the one written")
    return _written(current)


def holds(value: Credential, key: Credential) -> bool:
    """Tell whether a secret's value carries this key."""
    return CredentialText.parse(value).key == key


def _written(current: SecretVersion) -> Done:
    expires_on = current.expires_on.isoformat() if current.expires_on else None
    return Done({"version": current.version, "expires_on": expires_on})
