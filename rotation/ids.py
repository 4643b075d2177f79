"""Instance ids: the same version of the same secret always gets the same id, so that repeats collapse.

`rotate-{vault}-{secret}-{digest}`, at most 100 characters, is what `instanceIdPrefix` of the Durable status API can
list by vault or by secret (a secret name that would make the id too long is cut; the digest keeps it unique).
"""

import hashlib
import re

from rotation.request import RotationRequest

ROTATE = "rotate-"
RESTORE = "restore-"
REFRESH = "refresh-"
REPLICATE = "replicate-"
# What an id of ours may look like, whoever has chosen it: nothing that means anything in a URL.
INSTANCE_ID = re.compile(rf"(?:{ROTATE}|{RESTORE})[0-9A-Za-z-]{{1,93}}", re.ASCII)

_LONGEST = 100
_DIGEST = 16


def instance_id(request: RotationRequest) -> str:
    """Return the id of the one instance that rotates `request.version`; letter case of names makes no difference."""
    return _id(ROTATE, request)


def refresh_id(request: RotationRequest) -> str:
    """Return the id of the one instance that brings `request.version` to its consumers."""
    return _id(REFRESH, request)


def replicate_id(request: RotationRequest) -> str:
    """Return the id of the one instance that copies `request.version` to other vaults."""
    return _id(REPLICATE, request)


def _id(kind: str, request: RotationRequest) -> str:
    vault = request.vault.casefold()
    secret = request.secret.casefold()
    digest = hashlib.sha256(f"{vault}/{secret}/{request.version}".encode()).hexdigest()[:_DIGEST]
    return _within_limits(f"{kind}{vault.split('.')[0]}-{secret}", digest)


def id_prefix(vault: str = "", secret: str = "", kind: str = ROTATE) -> str:
    """Return what the ids of all rotations begin with, or of a vault's, or of a secret's; so may those of others."""
    names = [vault.casefold().split(".")[0], secret.casefold()] if vault else []
    prefix = kind + "".join(f"{name}-" for name in names if name)
    return prefix[: _LONGEST - _DIGEST - 1]


def restore_id(rotation: str) -> str:
    """Return the id of the one instance that rolls a rotation back once it has ended, given that rotation's id."""
    head, _, digest = rotation.removeprefix(ROTATE).rpartition("-")
    return _within_limits(RESTORE + head, digest)


def renewal_id(kind: str, request: RotationRequest) -> str:
    """Return the id of the one instance that replaces a version of a `certificate` or a `key`."""
    return _id(f"{kind}-", request)


def _id_of(prefix: str, request: RotationRequest) -> str:
    vault = request.vault.casefold()
    secret = request.secret.casefold()
    digest = hashlib.sha256(f"{vault}/{secret}/{request.version}".encode()).hexdigest()[:_DIGEST]
    return _within_limits(f"{prefix}{vault.split('.')[0]}-{secret}", digest)


def _within_limits(head: str, digest: str) -> str:
    return f"{head[: _LONGEST - _DIGEST - 1]}-{digest}"


def rotation_id(request: RotationRequest) -> str:
    """Return what the tag `RotationId` of the new version says.

    It follows from the request, not from the instance: `restart` gives the same work a new instance id by default.
    """
    return instance_id(request)
