"""A holder for credentials, so that none reaches a log, a traceback or an assertion message by accident.

The value comes out through `reveal` alone; everything that formats an object sees a placeholder instead.
"""

import hmac
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Sensitive:
    """A string that is never shown."""

    _value: str

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return "Sensitive(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sensitive) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)
