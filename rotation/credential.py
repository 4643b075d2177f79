"""Values that must not be seen: the credential itself, and the text that carries it in a secret.

A secret's value is a raw key or a connection string around one, as the kind of provider has it (`rotation.forms`).
`CredentialText` finds the key in either, so that a rotation replaces the key and nothing else.
"""

import hashlib
import hmac
import re
from typing import NoReturn

from rotation.failures import RefusedError
from rotation.forms import KeyForm


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

    __slots__ = ("_id_span", "_key_span", "_text", "fields")

    def __init__(
        self, text: str, key_span: tuple[int, int], id_span: tuple[int, int] | None, fields: dict[str, str]
    ) -> None:
        self._text = text
        self._key_span = key_span
        self._id_span = id_span
        self.fields = fields
        """The other fields of a connection string, by name in lower case; empty for a raw key."""

    @classmethod
    def parse(cls, value: Credential, form: KeyForm) -> "CredentialText":
        """Recognise a raw key, or a connection string with exactly one key.

        Raises:
            RefusedError: The value is not of this form, so that writing a key over it would break it.
        """
        text = value.reveal()
        if form.is_whole:
            return cls(text, (0, len(text)), None, {})
        if form.takes_bare_key and re.fullmatch(form.bare_key, text.strip(), re.ASCII):
            return cls(text, _trimmed(text, 0, len(text)), None, {})
        found = list(form.fields(text)) if form.key_field else []
        spans = {
            wanted: [_trimmed(text, start, end) for name, start, end in found if name == wanted.casefold()]
            for wanted in (form.key_field, form.id_field)
            if wanted
        }
        for wanted in spans.values():
            if len(wanted) != 1:
                raise _misfit(text, form, len(wanted))
        if not spans:
            raise _misfit(text, form, 0)
        fields: dict[str, str] = {}
        for name, start, end in found:
            if name != form.key_field.casefold() and text[start:end].strip():
                fields.setdefault(name, text[start:end].strip())
        return cls(text, spans[form.key_field][0], spans[form.id_field][0] if form.id_field else None, fields)

    @property
    def key(self) -> Credential:
        """The key in it."""
        start, end = self._key_span
        return Credential(self._text[start:end])

    def with_key(self, key: Credential, key_id: str | None = None) -> Credential:
        """Return the same text around another key, and around its id where the form has one."""
        changes = [(*self._key_span, key.reveal())]
        if self._id_span is not None and key_id is not None:
            changes.append((*self._id_span, key_id))
        text = self._text
        for start, end, new in sorted(changes, reverse=True):
            text = text[:start] + new + text[end:]
        return Credential(text)

    def __repr__(self) -> str:
        return "<credential text>"


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave the white space around a part of a text to its neighbours."""
    part = text[start:end]
    start += len(part) - len(part.lstrip())
    return start, start + len(part.strip())


def _misfit(text: str, form: KeyForm, found: int) -> RefusedError:
    complaint = form.complaint(found)
    return RefusedError(f"the secret's value ({len(text)} characters) {complaint}, or remove the ProviderAddress tag")
