"""What an instance of `rotate_secret` is asked to do: rotate one version of one secret."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rotation.failures import RefusedError

# Names as Key Vault allows them: learn.microsoft.com, "Azure Key Vault object identifiers".
VAULT_HOST = re.compile(r"(?P<name>[a-z][a-z0-9-]{1,22}[a-z0-9])(?P<suffix>(?:\.[a-z0-9-]+){3,})", re.ASCII)
SECRET_NAME = re.compile(r"[0-9A-Za-z-]{1,127}", re.ASCII)
VERSION = re.compile(r"[0-9a-f]{32}", re.ASCII)
# Where a rotation keeps what it is about to publish (rotation/pending.py).
PENDING_NAME = re.compile(r"rotation-pending-[0-9a-f]{32}", re.ASCII | re.IGNORECASE)
LONGEST_REASON = 256


@dataclass(frozen=True)
class RotationRequest:
    """The input of `rotate_secret`; holds no credential."""

    vault: str
    """Host name of the vault, in lower case, e.g. `contoso.vault.azure.net`."""
    secret: str
    version: str
    """The version that is to be replaced: 32 hex digits in lower case."""
    force: bool = False
    """Rotate although the version's lead has not begun."""
    reason: str = ""
    """What asked for it: an event type, the sweep, or a person's words."""
    redrives: int = 0
    """How often the sweep has started it again after it came to nothing."""

    @classmethod
    def from_json(cls, data: object) -> "RotationRequest":
        """Check what an instance was started with.

        Raises:
            RefusedError: Names every field that is wrong, its shape and what it should be.
        """
        if not isinstance(data, Mapping):
            raise RefusedError(
                f"the input is {shape(data)}; start rotate_secret with an object of vault, secret and version"
            )
        vault, secret, version = (_text(data.get(field)) for field in ("vault", "secret", "version"))
        force, reason, redrives = data.get("force", False), data.get("reason", ""), data.get("redrives", 0)
        complaints = [
            complaint
            for wrong, complaint in (
                (
                    not VAULT_HOST.fullmatch(vault.casefold()),
                    f"vault is {shape(data.get('vault'))}, expected a host name such as contoso.vault.azure.net",
                ),
                (
                    not SECRET_NAME.fullmatch(secret),
                    f"secret is {shape(data.get('secret'))}, expected 1-127 letters, digits or hyphens",
                ),
                (
                    not VERSION.fullmatch(version.casefold()),
                    f"version is {shape(data.get('version'))}, expected 32 hexadecimal digits",
                ),
                (not isinstance(force, bool), f"force is {shape(force)}, expected true or false"),
                (
                    not isinstance(reason, str) or len(reason) > LONGEST_REASON,
                    f"reason is {shape(reason)}, expected text of at most {LONGEST_REASON} characters",
                ),
                (
                    not isinstance(redrives, int) or isinstance(redrives, bool) or redrives < 0,
                    f"redrives is {shape(redrives)}, expected a whole number, 0 or more",
                ),
            )
            if wrong
        ]
        if complaints:
            raise RefusedError("the input is wrong: " + "; ".join(complaints))
        return cls(vault.casefold(), secret, version.casefold(), force, reason, redrives)

    def to_json(self) -> dict[str, Any]:
        """Return the input to start an instance with."""
        return dict(vars(self))


def shape(value: object) -> str:
    """Describe a value without repeating it: it may be a credential in the wrong place."""
    match value:
        case None:
            return "absent"
        case bool():
            return "a truth value"
        case int() | float():
            return "a number"
        case str():
            return f"text of {len(value)} characters"
        case Mapping():
            return f"an object of {len(value)} fields"
        case list():
            return f"a list of {len(value)}"
        case _:
            return f"a {type(value).__name__}"


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
