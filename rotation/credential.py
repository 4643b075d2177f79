"""Values that must not be seen: the credential itself, and the text that carries it in a secret.

A secret's value is a raw key or a connection string around one. `CredentialText` splits either into what stands
before the key, the key, and what stands after it, so that a rotation replaces the key and nothing else.
"""

import hashlib
import hmac
import re
from typing import NoReturn

from rotation.failures import RefusedError

_RAW_KEY = re.compile(r"[A-Za-z0-9+/_\-]+={0,2}", re.ASCII)
_KEY_FIELD = "accountkey"


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


class CredentialText:
    """A secret's value, seen as the text before its key, the key, and the text after it."""

    __slots__ = ("_after", "_before", "account_name", "key")

    def __init__(self, before: str, key: Credential, after: str, account_name: str | None = None) -> None:
        self._before = before
        self._after = after
        self.key = key
        self.account_name = account_name
        """What a connection string calls its account; None for a raw key."""

    @classmethod
    def parse(cls, value: Credential) -> "CredentialText":
        """Recognise a raw key or a connection string with exactly one `AccountKey`.

        Raises:
            RefusedError: The value is neither, so that writing a key over it would break its format.
        """
        text = value.reveal()
        if _RAW_KEY.fullmatch(text.strip()):
            return cls._around(text, 0, len(text))
        fields = _fields(text)
        keys = [(start, end) for name, start, end in fields if name == _KEY_FIELD]
        if len(keys) != 1:
            raise RefusedError(
                f"the secret's value ({len(text)} characters) is neither a raw key nor a connection string with one "
                f"AccountKey (found {len(keys)}): store one of the two, or remove the ProviderAddress tag"
            )
        accounts = [text[start:end].strip() for name, start, end in fields if name == "accountname"]
        return cls._around(text, *keys[0], account_name=accounts[0] if accounts else None)

    @classmethod
    def _around(cls, text: str, start: int, end: int, account_name: str | None = None) -> "CredentialText":
        """Split a text around the key between two positions, leaving white space to its neighbours."""
        part = text[start:end]
        start += len(part) - len(part.lstrip())
        end -= len(part) - len(part.rstrip())
        return cls(text[:start], Credential(text[start:end]), text[end:], account_name)

    def with_key(self, key: Credential) -> Credential:
        """Return the same text around another key."""
        return Credential(f"{self._before}{key.reveal()}{self._after}")

    def __repr__(self) -> str:
        return "<credential text>"


def _fields(text: str) -> list[tuple[str, int, int]]:
    """Return the fields of a connection string: name in lower case, where its value starts, where it ends."""
    found = []
    position = 0
    for part in text.split(";"):
        name, separator, _ = part.partition("=")
        if separator:
            found.append((name.strip().casefold(), position + len(name) + 1, position + len(part)))
        position += len(part) + 1
    return found
