"""The forms that a secret's value may have: a bare key, or a text of fields with the key in one of them.

A form is a fact about a kind of provider, and holds no value. `rotation.credential` reads values by it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Owner:
    """A field that says whose key a connection string carries."""

    field: str
    """As people write it; empty for what stands there without a name, as the host in a Redis connection string."""
    noun: str
    """What it names, for people: `account`."""
    position: int = 0
    """Which of the names in the target's resource id it is."""
    is_address: bool = False
    """A URL or host whose first label is the name, unless it is an alias or a custom domain."""

    def matches(self, text: str, names: Sequence[str]) -> bool:
        """Tell whether a field's text is of the target with these names."""
        if self.is_address:
            text = text.rpartition("://")[2].partition(".")[0]
        # Resource Manager writes the slashes in the name of an entity of Service Bus as tildes.
        return text.replace("/", "~").casefold() == names[self.position].casefold()


@dataclass(frozen=True)
class KeyForm:
    """How the values of one kind of provider carry a key."""

    key_field: str = ""
    """The field of a connection string that holds the key, as people write it; empty: a value is a bare key."""
    separator: str = ";"
    id_field: str = ""
    """A second field that changes with the key, where a service names its keys by ids of their own."""
    owners: tuple[Owner, ...] = ()
    takes_bare_key: bool = True
    bare_key: str = r"[A-Za-z0-9+/_\-]+={0,2}"
    """What a bare key looks like, as a regular expression."""
    is_whole: bool = False
    """The whole value is the credential, whatever it looks like."""

    def complaint(self, found: int) -> str:
        """Say what is wrong with a value in which the key's field, or the id's, was found so many times."""
        fields = " and ".join(f"one {field}" for field in (self.id_field, self.key_field) if field)
        if not fields:
            return "is no raw key: store one"
        if not self.takes_bare_key:
            return f"is no connection string with {fields}: store one"
        return f"is neither a raw key nor a connection string with {fields} (found {found}): store one of the two"

    def stranger(self, fields: Mapping[str, str], names: Sequence[str], *, is_proven: bool) -> Owner | None:
        """Return the field that names another target, if one does.

        Args:
            fields: Texts of the value's fields, by name in lower case.
            names: The names in the target's resource id.
            is_proven: Whether the target has the value's key. Then an address is an alias, or a custom domain.
        """
        for owner in self.owners:
            text = fields.get(owner.field.casefold())
            if text is None or owner.matches(text, names) or (owner.is_address and is_proven):
                continue
            return owner
        return None

    def fields(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Yield the fields of a connection string: name in lower case, where its text starts, where it ends."""
        position = 0
        for part in text.split(self.separator):
            name, separator, _ = part.partition("=")
            start = position + len(name) + 1 if separator else position
            yield name.strip().casefold() if separator else "", start, position + len(part)
            position += len(part) + 1


BARE_KEY = KeyForm()
WHOLE_VALUE = KeyForm(is_whole=True)
# learn.microsoft.com, "application: addPassword": 16 to 64 characters. In a connection string as "Azure service
# authentication" has it.
APPLICATION_SECRET = KeyForm("AppKey", bare_key=r"[A-Za-z0-9._~\-]{16,64}")
ACCOUNT_KEY = KeyForm("AccountKey", owners=(Owner("AccountName", "account"),))
