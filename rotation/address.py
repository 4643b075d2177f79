"""What issues a secret's credential: a resource in Azure, or something that has no resource id.

What is no resource is written like a URL: `generated:random_password?length=40`, `entra:{object id}`,
`sqlserver:{host}`. So is a part of a target that has no address of its own, once its kind has taken the tags in:
`/subscriptions/…/contoso?Login=app`.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

from rotation.arm import ResourceId

ENTRA = "entra"
GENERATED = "generated"
SQL_SERVER = "sqlserver"
"""A SQL Server that is no resource of Azure, by its host name."""

# An application's object id stands alone in the tags of Microsoft's own rotation functions.
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
LOGIN = "Login"
OTHER_LOGIN = "OtherLogin"

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


@dataclass(frozen=True)
class LoginsAddress:
    """Logins of a database server; each belongs to one secret alone."""

    server: ResourceId | NamedAddress
    options: tuple[tuple[str, str], ...]
    """What the tags say, by their names."""

    @property
    def kind(self) -> str:
        """Which of the registry's providers it is for."""
        return self.server.kind

    @property
    def names(self) -> tuple[str, ...]:
        """What a value may name as its owner."""
        return self.server.names

    @property
    def label(self) -> str:
        """What people are told."""
        return self.server.label

    @property
    def logins(self) -> tuple[str, ...]:
        """The logins that it is about: the one, or the two that take turns."""
        return tuple(text for name, text in self.options if name in (LOGIN, OTHER_LOGIN))

    def __str__(self) -> str:
        return f"{self.server}?{urlencode(self.options, quote_via=quote)}"


Address = ResourceId | NamedAddress | LoginsAddress


def parse_address(text: str) -> Address | None:
    """Return the address that `text` is; None if it is none."""
    if GUID.fullmatch(text.strip()):
        return NamedAddress(ENTRA, text.strip().casefold())
    match = _NAMED.fullmatch(text.strip())
    resource, mark, query = text.strip().partition("?")
    if match is None and not mark:
        return ResourceId.parse(text)
    options = _options((match["options"] or "") if match else query)
    if options is None:
        return None
    if match is not None:
        named = NamedAddress(match["kind"].casefold(), match["path"], options)
        return _at_server(named) if named.kind == SQL_SERVER else named
    server = ResourceId.parse(resource)
    return LoginsAddress(server, options) if server else None


def _at_server(named: NamedAddress) -> Address:
    server = NamedAddress(named.kind, named.path.casefold())
    return LoginsAddress(server, named.options) if named.options else server


def _options(query: str) -> tuple[tuple[str, str], ...] | None:
    try:
        return tuple(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
    except ValueError:
        return None


def claims(address: Address) -> tuple[str, ...]:
    """Return what another secret may claim too: a resource, each of some logins, or nothing."""
    match address:
        case ResourceId():
            return (str(address).casefold(),)
        case LoginsAddress():
            return tuple(f"{address.server}?{login}".casefold() for login in address.logins)
        case NamedAddress():
            return (str(address).casefold(),) if is_shared(str(address)) else ()


def is_shared(address: str) -> bool:
    """Tell whether several secrets may hold what a target issues; a generated value belongs to the secret it is in."""
    return not address.startswith(f"{GENERATED}:")


def is_exclusive(address: str) -> bool:
    """Tell whether what a target issues is one secret's alone, so that another that claims it too is a mistake."""
    return isinstance(parse_address(address), LoginsAddress)


def lock_address(address: str, vault: str, secret: str) -> str:
    """Return what nobody else may work on while a rotation does: the target, or the secret where that is its own."""
    if not is_shared(address):
        return f"{vault}/{secret}"
    return address.partition("?")[0]
