"""Logins of a database server: what the tags say of them, taken into the address."""

from dataclasses import dataclass

from rotation.address import LOGIN, OTHER_LOGIN, SQL_SERVER, Address, LoginsAddress
from rotation.arm import ResourceId
from rotation.policy import SlotStrategy
from rotation.request import PENDING_NAME, SECRET_NAME, shape
from rotation.tags import CREDENTIAL_ID, PROVIDER_ADDRESS, RETIRE_AFTER, STRATEGY, Tags

ADMINISTRATOR_LOGIN = "AdministratorLogin"
ADMINISTRATOR_SECRET = "AdministratorSecret"  # noqa: S105 - the name of a tag
DATABASE = "Database"
TAGS = (LOGIN, OTHER_LOGIN, ADMINISTRATOR_LOGIN, ADMINISTRATOR_SECRET, DATABASE)


@dataclass(frozen=True)
class NameRule:
    """What names a kind of server takes."""

    longest: int
    """Bytes of UTF-8; a server may cut a longer name short, and so mean another one."""
    is_azure: bool = True
    """Whether Azure keeps the server: it changes the password of its own administrator, and issues tokens for it."""

    def complaint(self, text: str) -> str | None:
        """Say what is wrong with a name; None if nothing is."""
        size = len(text.encode())
        if not text.isprintable() or not 0 < size <= self.longest:
            return f"is {shape(text)} of {size} bytes, expected a name of 1-{self.longest} bytes that can be printed"
        return None

    def interpret(self, address: Address, tags: Tags) -> Address | list[str]:
        """Take the logins into the address, or complain of every tag that is wrong."""
        if isinstance(address, LoginsAddress) or isinstance(address, ResourceId) != self.is_azure:
            expected = "the server's resource id" if self.is_azure else f"{SQL_SERVER}: and the server's host name"
            return [f"{PROVIDER_ADDRESS} is {shape(str(address))}, expected {expected}"]
        options = {name: tags[name] for name in TAGS if name in tags}
        is_administrator = self.is_azure and not {OTHER_LOGIN, ADMINISTRATOR_LOGIN} & set(options)
        if is_administrator and LOGIN not in options and CREDENTIAL_ID in tags:
            options[LOGIN] = tags[CREDENTIAL_ID]
        complaints = [f"{name} is there more than once, expected once" for name in tags.ambiguous(TAGS)]
        for name in (LOGIN, OTHER_LOGIN, ADMINISTRATOR_LOGIN, DATABASE):
            complaint = self.complaint(options[name]) if name in options else None
            if complaint is not None:
                complaints.append(f"{name} {complaint}")
        if is_administrator:
            complaints += _misplaced(options, tags)
        else:
            needed = (LOGIN, ADMINISTRATOR_LOGIN, *(() if self.is_azure else (ADMINISTRATOR_SECRET,)))
            complaints += [f"{name} is absent, expected it" for name in needed if name not in options]
            complaints += _contradictions(options, tags)
        return complaints or LoginsAddress(address, tuple(options.items()))


def is_administrator(address: LoginsAddress) -> bool:
    """Tell whether it is about the server's own administrator, whose password Azure changes."""
    return ADMINISTRATOR_LOGIN not in dict(address.options)


def _misplaced(options: dict[str, str], tags: Tags) -> list[str]:
    """Complain of what means nothing beside the password of a server's own administrator."""
    complaints = []
    if LOGIN not in options:
        complaints.append(f"{LOGIN} and {CREDENTIAL_ID} are absent, expected the name of the server's administrator")
    complaints += [
        f"{name} is there, expected none: only the password of the server's own administrator is changed, by Azure"
        for name in (OTHER_LOGIN, ADMINISTRATOR_LOGIN, ADMINISTRATOR_SECRET, DATABASE)
        if name in options
    ]
    if RETIRE_AFTER in tags:
        complaints.append(f"{RETIRE_AFTER} is for two logins, expected none beside the server's own administrator")
    return complaints


def _contradictions(options: dict[str, str], tags: Tags) -> list[str]:
    complaints = []
    login, other = (options.get(name, "").casefold() for name in (LOGIN, OTHER_LOGIN))
    is_pinned = tags.get(STRATEGY, "").casefold() == SlotStrategy.PINNED
    if other and login == other:
        complaints.append(f"{OTHER_LOGIN} is the same as {LOGIN}, expected a second one")
    if not other and not is_pinned:
        complaints.append(
            f"{OTHER_LOGIN} is absent, expected the login that takes turns with {LOGIN}; or {STRATEGY} pinned, "
            "if the old password may die the moment before the new one is published"
        )
    if other and is_pinned:
        complaints.append(f"{STRATEGY} is pinned beside {OTHER_LOGIN}, expected one of the two")
    if is_pinned and RETIRE_AFTER in tags:
        complaints.append(f"{RETIRE_AFTER} is for two logins, expected none beside {STRATEGY} pinned")
    if options.get(ADMINISTRATOR_LOGIN, "").casefold() in {login, other} - {""}:
        complaints.append(f"{ADMINISTRATOR_LOGIN} is a login that is rotated, expected another one")
    secret = options.get(ADMINISTRATOR_SECRET)
    if secret is not None and (not SECRET_NAME.fullmatch(secret) or PENDING_NAME.fullmatch(secret)):
        complaints.append(f"{ADMINISTRATOR_SECRET} is {shape(secret)}, expected the name of a secret in the same vault")
    return complaints
