"""One JSON document for many databases: the secret `rotation-config` of a vault says what tags would say of each.

It is another way to write tags, for secrets that name no provider themselves; it holds no credential, and is read
like anything that people write: every complaint at once, and nothing of it repeated.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rotation.address import LOGIN, OTHER_LOGIN, SQL_SERVER, Address, NamedAddress, parse_address
from rotation.arm import ResourceId
from rotation.listing import ListedSecret
from rotation.logins import ADMINISTRATOR_LOGIN, ADMINISTRATOR_SECRET, DATABASE
from rotation.request import PENDING_NAME, SECRET_NAME, shape
from rotation.tags import LEAD, PROVIDER_ADDRESS, REPLICA_OF, RETIRE_AFTER, STRATEGY, VALIDITY, Tags, provider_text

CONFIGURATION = "rotation-config"

_KINDS = {
    "postgresql": "Microsoft.DBforPostgreSQL/flexibleServers",
    "sql": "Microsoft.Sql/servers",
    "sqlManagedInstance": "Microsoft.Sql/managedInstances",
    SQL_SERVER: "",
}
_PLACE = ("subscription", "resourceGroup", "kind", "server")
_OWN_PLACE = ("kind", "server")  # no resource of Azure
_TEXTS = {
    "login": LOGIN,
    "otherLogin": OTHER_LOGIN,
    "administratorLogin": ADMINISTRATOR_LOGIN,
    "administratorSecret": ADMINISTRATOR_SECRET,
    "database": DATABASE,
    "slotStrategy": STRATEGY,
    "retireAfter": RETIRE_AFTER,
}
_NUMBERS = {"validityDays": VALIDITY, "rotateBeforeDays": LEAD}
FIELDS = frozenset({"secret", *_PLACE, *_TEXTS, *_NUMBERS})


@dataclass(frozen=True)
class Configuration:
    """What a document says."""

    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    """By name of the secret, in lower case."""
    numbers: dict[str, int] = field(default_factory=dict)
    """Which entry that is; people are told this, since a name may be something else in the wrong place."""
    complaints: list[str] = field(default_factory=list)

    def completed(self, name: str, tags: Tags) -> Tags:
        """Return a secret's tags with what the document says of it; its own count where both say something."""
        return tags.beside(self.tags.get(name.casefold(), {}))

    def idle(self, listed: Iterable[ListedSecret]) -> list[str]:
        """Complain of entries that speak for no secret of the vault."""
        there = {secret.name.casefold(): secret for secret in listed}
        complaints = []
        for name, number in self.numbers.items():
            secret = there.get(name)
            if secret is None:
                complaints.append(f"databases[{number}]: the vault has no such secret")
            elif not may_configure(name, Tags(secret.tags.updated({})), secret.content_type):
                complaints.append(f"databases[{number}]: the secret's own tags say what it holds, and count")
        return complaints


def may_configure(name: str, tags: Tags, content_type: str | None) -> bool:
    """Tell whether a document may speak for a secret: not if that says itself what it holds."""
    if name.casefold() == CONFIGURATION or PENDING_NAME.fullmatch(name) or REPLICA_OF in tags:
        return False
    return provider_text(tags, content_type) is None


def parse_configuration(text: str) -> Configuration:
    """Read a document; an entry with something wrong counts for nothing, the others do."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    entries = document.get("databases") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        return Configuration(complaints=['it is no JSON object with a list, expected {"databases": [...]}'])
    found = Configuration()
    for number, entry in enumerate(entries):
        where = f"databases[{number}]"
        name, tags, wrong = _entry(entry)
        if not wrong and name.casefold() in found.tags:
            wrong.append("secret is that of an entry before it, expected another one")
        if not wrong:
            found.tags[name.casefold()], found.numbers[name.casefold()] = tags, number
        found.complaints.extend(f"{where}: {complaint}" for complaint in wrong)
    return found


def _entry(entry: object) -> tuple[str, dict[str, str], list[str]]:
    """Return the secret's name, its tags, and what is wrong."""
    if not isinstance(entry, Mapping):
        return "", {}, [f"is {shape(entry)}, expected an object"]
    wrong = []
    unknown = len(set(entry) - FIELDS)
    if unknown:
        wrong.append(f"has {unknown} unknown field(s), expected some of {', '.join(sorted(FIELDS))}")
    name = entry.get("secret")
    if not isinstance(name, str) or not SECRET_NAME.fullmatch(name):
        wrong.append(f"secret is {shape(name)}, expected the name of a secret in the same vault")
    tags = {}
    for key, tag in _TEXTS.items():
        if isinstance(text := entry.get(key), str) and text.strip():
            tags[tag] = text
        elif key in entry:
            wrong.append(f"{key} is {shape(text)}, expected text")
    for key, tag in _NUMBERS.items():
        if type(number := entry.get(key)) is int:
            tags[tag] = str(number)
        elif key in entry:
            wrong.append(f"{key} is {shape(number)}, expected a whole number of days")
    server = _server(entry)
    if isinstance(server, list):
        wrong += server
    else:
        tags[PROVIDER_ADDRESS] = str(server)
    return str(name), tags, wrong


def _server(entry: Mapping[str, object]) -> Address | list[str]:
    kinds = {kind.casefold(): kind for kind in _KINDS}
    kind = kinds.get(str(entry.get("kind")).casefold())
    expected = _OWN_PLACE if kind == SQL_SERVER else _PLACE
    place = {key: entry.get(key) for key in expected}
    wrong = [
        f"{key} is {shape(text)}, expected text" for key, text in place.items() if not isinstance(text, str) or not text
    ]
    wrong += [f"{key} is there, expected none" for key in _PLACE if key in entry and key not in expected]
    if kind is None and not any(complaint.startswith("kind ") for complaint in wrong):
        wrong.append(f"kind is {shape(place['kind'])}, expected {' or '.join(_KINDS)}")
    if kind is None or wrong:
        return wrong
    if kind == SQL_SERVER:
        own = parse_address(f"{SQL_SERVER}:{place['server']}")
        return own if isinstance(own, NamedAddress) else ["server is no host name, expected one of SQL_SERVERS"]
    group = f"/subscriptions/{place['subscription']}/resourceGroups/{place['resourceGroup']}"
    found = ResourceId.parse(f"{group}/providers/{_KINDS[kind]}/{place['server']}")
    if found is None or found.kind != _KINDS[kind].casefold():
        return ["subscription, resourceGroup and server make no resource id, expected a GUID and two names"]
    return found
