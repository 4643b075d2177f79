"""The forms that a secret's value may have: a bare key, or a text of fields with the key in one of them.

A form is a fact about a kind of provider, and holds no value. `rotation.credential` reads values by it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rotation.failures import RefusedError


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True)
class Span:
    """A part of a value: where it is, what it says, and how something else is written there."""

    start: int
    end: int
    text: str = field(repr=False)
    encode: Callable[[str], str] = field(default=_as_it_is, repr=False)


@dataclass(frozen=True)
class Found:
    """What a form has found in a value."""

    key: Span
    id: Span | None = None
    """What the service calls the key, or the login whose password it is."""
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The other fields, by name in lower case; empty for a raw key."""


class KeyForm(Protocol):
    """How the values of one kind of provider carry a key."""

    def find(self, text: str) -> Found:
        """Find the key in a value.

        Raises:
            RefusedError: The value is not of this form, so that writing a key over it would break it.
        """

    def stranger(self, fields: Mapping[str, str], names: Sequence[str], *, is_proven: bool) -> "Owner | None":
        """Return what names another target among a value's fields, if anything does.

        Args:
            fields: Texts of the value's fields, by name in lower case.
            names: The names in the target's resource id.
            is_proven: Whether the target has the value's key. Then an address is an alias, or a custom domain.
        """


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
class FieldForm:
    """A bare key, or fields of which one is the key."""

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

    def find(self, text: str) -> Found:
        """Find the raw key, or the one field that is the key."""
        if self.is_whole:
            return Found(Span(0, len(text), text))
        if self.takes_bare_key and re.fullmatch(self.bare_key, text.strip(), re.ASCII):
            return Found(trimmed(text, 0, len(text)))
        found = list(self.fields(text)) if self.key_field else []
        spans = {
            wanted: [trimmed(text, start, end) for name, start, end in found if name == wanted.casefold()]
            for wanted in (self.key_field, self.id_field)
            if wanted
        }
        for wanted in spans.values():
            if len(wanted) != 1:
                raise misfit(text, self.complaint(len(wanted)))
        if not spans:
            raise misfit(text, self.complaint(0))
        fields: dict[str, str] = {}
        for name, start, end in found:
            if name != self.key_field.casefold() and text[start:end].strip():
                fields.setdefault(name, text[start:end].strip())
        return Found(spans[self.key_field][0], spans[self.id_field][0] if self.id_field else None, fields)

    def complaint(self, found: int) -> str:
        """Say what is wrong with a value in which the key's field, or the id's, was found so many times."""
        fields = " and ".join(f"one {field}" for field in (self.id_field, self.key_field) if field)
        if not fields:
            return "is no raw key: store one"
        if not self.takes_bare_key:
            return f"is no connection string with {fields}: store one"
        return f"is neither a raw key nor a connection string with {fields} (found {found}): store one of the two"

    def stranger(self, fields: Mapping[str, str], names: Sequence[str], *, is_proven: bool) -> Owner | None:
        """Return the field that names another target, if one does."""
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


def trimmed(text: str, start: int, end: int) -> Span:
    """Leave the white space around a part of a text to its neighbours."""
    part = text[start:end]
    start += len(part) - len(part.lstrip())
    part = part.strip()
    return Span(start, start + len(part), part)


def misfit(text: str, complaint: str) -> RefusedError:
    """Say what is wrong with a value, without a word of it."""
    return RefusedError(f"the secret's value ({len(text)} characters) {complaint}, or remove the ProviderAddress tag")


BARE_KEY = FieldForm()
WHOLE_VALUE = FieldForm(is_whole=True)
# learn.microsoft.com, "application: addPassword": 16 to 64 characters. In a connection string as "Azure service
# authentication" has it.
APPLICATION_SECRET = FieldForm("AppKey", bare_key=r"[A-Za-z0-9._~\-]{16,64}")
ACCOUNT_KEY = FieldForm("AccountKey", owners=(Owner("AccountName", "account"),))
