"""Values that must not be seen: the credential itself, and the text that carries it in a secret.

A secret's value is a raw key or a connection string around one, as the kind of provider has it (`rotation.forms`).
`CredentialText` finds the key in either, so that a rotation replaces the key and nothing else.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import NoReturn

from rotation.forms import Found, KeyForm


class Credential:
    """A value that a provider accepts; hidden from `repr`, compared in constant time, never serialised."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value, at the one place that sends it to Azure."""
        return self._value

    def fingerprint(self) -> str:
        """Return 16 hex digits of its SHA-256: enough to tell keys apart, useless for finding them.

        Only for keys that a provider issued; a guessable value could be found from its digest.
        """
        return hashlib.sha256(self._value.encode()).hexdigest()[:16]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Credential):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "<credential>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a credential is never serialised")


class UnknownCredential(Credential):
    """A credential that nobody has kept, or that has yet to be made: equal to none."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("")

    def __eq__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return id(self)

    def fingerprint(self) -> str:
        """Return what is no digest."""
        return "unknown"


class CredentialText:
    """A secret's value, with the key found in it."""

    __slots__ = ("_found", "_text")

    def __init__(self, text: str, found: Found) -> None:
        self._text = text
        self._found = found

    @classmethod
    def parse(cls, value: Credential, form: KeyForm) -> "CredentialText":
        """Find the key in a value, as its kind of provider carries one.

        Raises:
            RefusedError: The value is not of this form, so that writing a key over it would break it.
        """
        return cls(value.reveal(), form.find(value.reveal()))

    @property
    def fields(self) -> Mapping[str, str]:
        """The other fields of a connection string, by name in lower case; empty for a raw key."""
        return self._found.fields

    @property
    def key(self) -> Credential:
        """The key in it."""
        return Credential(self._found.key.text)

    @property
    def key_id(self) -> str | None:
        """What the value calls the key, or the login whose password it is; None where it does not say."""
        return self._found.id.text if self._found.id else None

    def with_key(self, key: Credential, key_id: str | None = None) -> Credential:
        """Return the same text around another key, and around its id where the form has one."""
        changes = [(self._found.key, key.reveal())]
        if self._found.id is not None and key_id is not None:
            changes.append((self._found.id, key_id))
        text = self._text
        for span, new in sorted(changes, key=lambda change: change[0].start, reverse=True):
            text = text[: span.start] + span.encode(new) + text[span.end :]
        return Credential(text)

    def __repr__(self) -> str:
        return "<credential text>"
