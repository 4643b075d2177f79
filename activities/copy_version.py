"""Brings one replica up to its primary's current version, and never back to an older one.

Whichever version asked for it, the current one is copied. Key Vault has no conditional write, so two that race can
write in the wrong order; but each looks at the primary once more after it has written, and whoever wrote last finds
out that it was too late. So the replica ends with the newest version in any case.
"""

from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from azure_clients.key_vault import KeyVault
from rotation.failures import DisabledError, MissingError, RefusedError
from rotation.model import SecretVersion
from rotation.replication import Origin, copied_tags, is_equal, targets
from rotation.results import Done, Result, Retry
from rotation.tags import OURS, Tags

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
def copy_version(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Write the secret's current version to one other vault, unless that has it; disable the copy of a disabled one.

    Answers with `state`: `copied`, `mended` (the same version was there, and differed), `equal`, `disabled` or `left`.
    """
    return shell.run("copy_version", _copy_version, payload)


def _copy_version(payload: dict[str, Any]) -> Result:
    vault, secret, host = payload["vault"], payload["secret"], payload["replica"]
    if host == vault:
        raise RefusedError("ReplicateTo names the secret's own vault: remove it there")
    here, there = bootstrap.key_vault(vault), bootstrap.replica_vault(host)
    try:
        primary = here.read(secret)
    except MissingError:
        return _state("left", note="the secret does not exist any more")
    except DisabledError:
        return _disable(there, vault, secret)
    if host not in targets(primary.tags, bootstrap.settings().replica_vaults):
        return _state("left", note="ReplicateTo does not name it any more")
    held, tags = _held(there, secret)
    origin = None if tags is None else _origin(there, tags, vault, secret)
    if origin is not None and origin.created_on > primary.created_on:
        return Retry(f"{host} holds a newer version than the secret has")
    wanted = Origin.of(vault, secret, primary)
    if held is not None and is_equal(held, primary, wanted):
        return _state("equal", held.version)
    written = there.write(
        secret,
        primary.value,
        tags=copied_tags(primary.tags, wanted),
        content_type=primary.content_type,
        expires_on=primary.expires_on,
    )
    if not _is_current(here, secret, primary.version):
        return Retry("a newer version was written meanwhile")
    return _state("mended" if origin is not None and origin.version == primary.version else "copied", written)


def _disable(there: KeyVault, vault: str, secret: str) -> Result:
    """Keep readers out of the copy as well; its value stays, since that of the secret cannot be read."""
    held, tags = _held(there, secret)
    if tags is not None:
        _origin(there, tags, vault, secret)
    if held is not None:
        there.disable(secret, held.version)
    return _state("disabled", held.version if held else None)


def _held(there: KeyVault, secret: str) -> tuple[SecretVersion | None, Tags | None]:
    """Return the copy as it can be read, and its tags even if it cannot."""
    try:
        held = there.read(secret)
    except MissingError:
        return None, None
    except DisabledError:
        return None, there.history(secret)[-1][1].tags
    return held, held.tags


def _origin(there: KeyVault, tags: Tags, vault: str, secret: str) -> Origin:
    """Return what the copy is of; whatever else has that name is never written over.

    The portal and `az` drop all tags with each version that is written by hand, so a version without any of ours is
    taken for a copy if the one before was. With others of ours it is somebody's own: a copy that was made a primary.
    """
    origin = Origin.told_by(tags)
    if origin is None and not any(name in tags for name in OURS):
        earlier = (Origin.told_by(listed.tags) for _, listed in reversed(there.history(secret)))
        origin = next((each for each in earlier if each is not None), None)
    if origin is None or not origin.is_of(vault, secret):
        raise RefusedError("a secret of that name is there that is no replica of this one: delete or rename it")
    return origin


def _is_current(here: KeyVault, secret: str, version: str) -> bool:
    try:
        return here.read(secret).version == version
    except MissingError:
        return True
    except DisabledError:
        return False


def _state(state: str, version: str | None = None, note: str | None = None) -> Done:
    known = {"state": state, "version": version, "note": note}
    return Done({name: value for name, value in known.items() if value is not None})
