"""Instance ids: the same version of the same secret always gets the same id, so that repeats collapse.

`rotate-{vault}-{secret}-{digest}`, at most 100 characters, is what `instanceIdPrefix` of the Durable status API can
list by vault or by secret (a secret name that would make the id too long is cut; the digest keeps it unique).
"""

import hashlib

from rotation.request import RotationRequest

_LONGEST = 100
_DIGEST = 16


def instance_id(request: RotationRequest) -> str:
    """Return the id of the one instance that rotates `request.version`; letter case of names makes no difference."""
    vault = request.vault.casefold()
    secret = request.secret.casefold()
    digest = hashlib.sha256(f"{vault}/{secret}/{request.version}".encode()).hexdigest()[:_DIGEST]
    prefix = f"rotate-{vault.split('.')[0]}-{secret}"
    return f"{prefix[: _LONGEST - _DIGEST - 1]}-{digest}"


def rotation_id(request: RotationRequest) -> str:
    """Return what the tag `RotationId` of the new version says.

    It follows from the request, not from the instance: `restart` gives the same work a new instance id by default.
    """
    return instance_id(request)
