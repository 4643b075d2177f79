"""What issues a secret's credential: a resource in Azure, or something that has no resource id.

What is no resource is written like a URL: `generated:random_password?length=40`, `entra:{object id}`.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

from rotation.arm import ResourceId

ENTRA = "entra"
GENERATED = "generated"

# An application's object id stands alone in the tags of Microsoft's own rotation functions.
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_NAMED = re.compile(
    r"(?P<kind>[a-z]{1,20}):(?P<path>[a-z0-9][\w.\-]{0,199})(?:\?(?P<options>.*))?",
    re.ASCII | re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True)
class NamedAddress:
    """What issues credentials without being a resource."""

    kind: str
    """Which of the registry's providers it is for, e.g. `generated`."""
    path: str
    options: tuple[tuple[str, str], ...] = ()
    """Names and texts, in their order."""

    @property
    def names(self) -> tuple[str, ...]:
        """What a value may name as its owner."""
        return (self.path,)

    @property
    def label(self) -> str:
        """What people are told."""
        return f"{self.kind}:{self.path}"

    def __str__(self) -> str:
        return self.label + (f"?{urlencode(self.options, quote_via=quote)}" if self.options else "")


Address = ResourceId | NamedAddress


def parse_address(text: str) -> Address | None:
    """Return the address that `text` is; None if it is none."""
    if _GUID.fullmatch(text.strip()):
        return NamedAddress(ENTRA, text.strip().casefold())
    match = _NAMED.fullmatch(text.strip())
    if match is None:
        return ResourceId.parse(text)
    try:
        options = parse_qsl(match["options"] or "", keep_blank_values=True, strict_parsing=bool(match["options"]))
    except ValueError:
        return None
    return NamedAddress(match["kind"].casefold(), match["path"], tuple(options))


def is_shared(address: str) -> bool:
    """Tell whether several secrets may hold what a target issues; a generated value belongs to the secret it is in."""
    return not address.startswith(f"{GENERATED}:")


def lock_address(address: str, vault: str, secret: str) -> str:
    """Return what nobody else may work on while a rotation does: the target, or the secret where that is its own."""
    return address if is_shared(address) else f"{vault}/{secret}"
