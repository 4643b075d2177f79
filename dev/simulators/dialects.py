"""What the statements of the app say to each kind of simulated database server, and how that says no."""

import hashlib
import hmac
import re
from base64 import b64decode
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Codes:
    """How a server says no."""

    wrong: str
    """Login or password."""
    denied: str
    missing: str
    full: str
    unwell: str

    def of(self, status: int) -> str:
        """Return what an HTTP status would be in this language."""
        return {401: self.wrong, 403: self.denied, 429: self.full}.get(status, self.unwell)


@dataclass(frozen=True)
class Change:
    """A login that is to get a password."""

    login: str
    told: str
    """The password, or what it can be recognised by."""
    is_contained: bool = False
    """Whether the login is said to be the database's own."""


Rows = list[list[object]]


class Dialect(Protocol):
    """One kind of server."""

    reads: str
    """What looking a login up is called."""
    codes: Codes

    def change(self, statement: str) -> Change | None:
        """Return the change that a statement is."""

    def is_of(self, told: str, password: str) -> bool:
        """Tell whether what a change tells is of a password."""

    def look(self, statement: str, *, is_contained: bool) -> Rows:
        """Return what a question for a login that is there finds; `is_contained`: in this database, not in `master`."""


class PostgreSql:
    """PostgreSQL, which is told verifiers."""

    reads = "readRole"
    codes = Codes("28P01", "42501", "42704", "53300", "57P03")
    _ALTER = re.compile(r'ALTER ROLE "((?:[^"]|"")+)" PASSWORD \'(SCRAM-SHA-256\$[^\']+)\'')

    def change(self, statement: str) -> Change | None:
        """Read ALTER ROLE."""
        found = self._ALTER.fullmatch(statement)
        return Change(found[1].replace('""', '"'), found[2]) if found else None

    def is_of(self, told: str, password: str) -> bool:
        """Compare a verifier."""
        _, rounds, keys = told.split("$")
        count, salt = rounds.split(":")
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), b64decode(salt), int(count))
        return hmac.digest(salted, b"Server Key", "sha256") == b64decode(keys.split(":")[1])

    def look(self, statement: str, *, is_contained: bool) -> Rows:
        """Nobody here is mighty, and everybody may sign in."""
        return [[False, True]]


class TransactSql:
    """SQL Server, which is told passwords. Numbers: learn.microsoft.com, "Database Engine events and errors"."""

    reads = "readLogin"
    codes = Codes("18456", "15247", "15151", "10928", "40613")
    _ALTER = re.compile(r"ALTER (LOGIN|USER) \[((?:[^\]]|\]\])+)\] WITH PASSWORD = N'((?:[^']|'')*)'")

    def change(self, statement: str) -> Change | None:
        """Read ALTER LOGIN and ALTER USER."""
        found = self._ALTER.fullmatch(statement.strip())
        if found is None:
            return None
        return Change(found[2].replace("]]", "]"), found[3].replace("''", "'"), is_contained=found[1] == "USER")

    def is_of(self, told: str, password: str) -> bool:
        """Compare passwords."""
        return told == password

    def look(self, statement: str, *, is_contained: bool) -> Rows:
        """Tell a user that the database keeps itself, a login that is enabled and has no role, and no permissions."""
        if "sys.server_permissions" in statement:
            return []
        if "sys.sql_logins" in statement:
            return [] if is_contained else [[False, 0]]
        return [[2]] if is_contained else []
