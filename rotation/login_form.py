"""How people write down a login and its password: JSON, URLs, and connection strings of libpq, ADO.NET, ODBC, JDBC.

Each reader returns nothing for a text that is not of its kind. What it finds is replaced in place, so that everything
else stays as it was written.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from rotation.forms import Found, Owner, Span, misfit, trimmed

_PASSWORD = frozenset({"password", "pwd"})
_USER = frozenset({"username", "user", "user id", "userid", "user name", "uid"})

_SPACE = re.compile(r"[ \t\r\n]*")
_URL = re.compile(
    r"[a-z][a-z0-9+.\-]*://(?P<userinfo>[^/?#\s]*@)?(?P<host>[^/?#\s@]*)[^?#\s]*(?:\?(?P<query>[^#\s]*))?",
    re.IGNORECASE,
)
# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING; a semicolon that is not quoted is taken
# for one of ADO.NET.
_LIBPQ = re.compile(r"\s*(?P<name>[a-z_]+)\s*=\s*(?P<value>'(?:[^'\\]|\\.)*'|(?:[^\s'\\;]|\\.)*)(?=\s|$)", re.DOTALL)
# The grammar of DbConnectionStringBuilder: learn.microsoft.com, "Connection String Syntax".
_ADO_NET = re.compile(
    r"""\s*(?P<name>[^=;'"]+?)\s*=\s*(?P<value>"(?:[^"]|"")*"|'(?:[^']|'')*'|[^;'"][^;]*?|)\s*(?:;|$)""", re.DOTALL
)
# ODBC, and JDBC behind the server: what has signs of theirs in it stands in braces. learn.microsoft.com, "Connection
# string syntax" of ODBC's SQLDriverConnect, and "Building the connection URL" of the JDBC driver for SQL Server.
_BRACED = re.compile(
    r"\s*(?P<name>[^=;{}]+?)\s*=\s*(?P<value>\{(?:[^}]|\}\})*\}|[^;{}\s](?:[^;{}]*[^;{}\s])?|)\s*(?:;|$)", re.DOTALL
)
_JDBC = re.compile(r"jdbc:sqlserver://(?P<host>[^;]*)(?:;|$)", re.IGNORECASE)
_MEANT_OTHERWISE = re.compile(r"(?i)://|^\s*[{\[]|\b(?:password|pwd|host|server|data source|user(?: id)?|uid)\s*=")

Field = tuple[str, Span]


@dataclass(frozen=True)
class LoginForm:
    """The values of a kind whose credential is a password; in most, the login stands beside it."""

    takes_bare_password: bool
    """Whether there is one login only, so that its password alone says enough."""

    def find(self, text: str) -> Found:
        """Find the password, and the login where the text names it."""
        found = [one for one in (_found(read(text)) for read in _READERS) if one is not None]
        if len(found) == 1 and (self.takes_bare_password or found[0].id is not None):
            return found[0]
        if not found and self.takes_bare_password and text.strip() and not _MEANT_OTHERWISE.search(text):
            return Found(trimmed(text, 0, len(text)))
        what = "one password" if self.takes_bare_password else "one login and its password"
        bare = "the bare password, or " if self.takes_bare_password else ""
        raise misfit(text, f"has not {what}: store {bare}a JSON object, a URL or a connection string with them")

    def stranger(self, fields: Mapping[str, str], names: Sequence[str], *, is_proven: bool) -> Owner | None:
        """No field names a server by what it is called in Azure; its provider knows its host names."""
        return None


def _found(fields: list[Field] | None) -> Found | None:
    """Return what is in fields with one password and no more than one login."""
    passwords = [span for name, span in fields or () if name in _PASSWORD]
    users = [span for name, span in fields or () if name in _USER]
    if len(passwords) != 1 or len(users) > 1:
        return None
    others = {name: span.text for name, span in fields or () if span not in (*passwords, *users)}
    return Found(passwords[0], users[0] if users else None, others)


def _json(text: str) -> list[Field] | None:
    """Read the top level of a JSON object, where AWS and its tools keep `username` and `password`."""
    try:
        if not isinstance(json.loads(text), dict):
            return None
    except (ValueError, RecursionError):
        return None
    fields, decoder = [], json.JSONDecoder()
    position = _after_space(text, text.index("{") + 1)
    while text[position] != "}":
        name, position = decoder.raw_decode(text, position)
        start = _after_space(text, _after_space(text, position) + 1)
        value, end = decoder.raw_decode(text, start)
        if isinstance(value, str):
            fields.append((name.casefold(), Span(start, end, value, _json_string)))
        position = _after_space(text, end)
        if text[position] == ",":
            position = _after_space(text, position + 1)
    return fields


def _after_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _json_string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _url(text: str) -> list[Field] | None:
    """Read a URL, with the login in front of the host or in the query, as JDBC has it."""
    if _JDBC.match(text):
        return None
    start = 5 if text[:5].casefold() == "jdbc:" else 0
    match = _URL.fullmatch(text.rstrip(), start)
    if match is None:
        return None
    fields: list[Field] = [("host", _percent(text, match.start("host"), match.end("host")))]
    if match["userinfo"]:
        begin, end = match.start("userinfo"), match.end("userinfo") - 1
        colon = text.find(":", begin, end)
        fields.append(("user", _percent(text, begin, end if colon < 0 else colon)))
        if colon >= 0:
            fields.append(("password", _percent(text, colon + 1, end)))
    position = match.start("query")
    for part in (match["query"] or "").split("&"):
        name, equals, _ = part.partition("=")
        if equals:
            fields.append((unquote(name).casefold(), _percent(text, position + len(name) + 1, position + len(part))))
        position += len(part) + 1
    return fields


def _percent(text: str, start: int, end: int) -> Span:
    return Span(start, end, unquote(text[start:end]), lambda new: quote(new, safe=""))


def _libpq(text: str) -> list[Field] | None:
    return _fields(text, 0, _LIBPQ, _libpq_text, _libpq_value)


def _libpq_text(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1] if value[:1] == "'" else value, flags=re.DOTALL)


def _libpq_value(text: str) -> str:
    escaped = re.sub(r"(['\\])", r"\\\1", text)
    return f"'{escaped}'" if not text or re.search(r"[\s;]", text) else escaped


def _ado_net(text: str) -> list[Field] | None:
    fields = _fields(text, 0, _ADO_NET, _ado_net_text, _ado_net_value)
    return None if _is_odbc(fields) else fields


def _ado_net_text(value: str) -> str:
    quotes = value[:1]
    return value[1:-1].replace(quotes * 2, quotes) if quotes in ('"', "'") and quotes else value


def _ado_net_value(text: str) -> str:
    if not text or text != text.strip() or re.search("[;'\"=]", text):
        return '"' + text.replace('"', '""') + '"'
    return text


def _odbc(text: str) -> list[Field] | None:
    fields = _fields(text, 0, _BRACED, _braced_text, _braced_value)
    return fields if _is_odbc(fields) else None


def _is_odbc(fields: list[Field] | None) -> bool:
    return any(name == "driver" for name, _ in fields or ())


def _jdbc(text: str) -> list[Field] | None:
    server = _JDBC.match(text)
    fields = _fields(text, server.end(), _BRACED, _braced_text, _braced_value) if server else None
    if server is None or fields is None:
        return None
    return [("host", Span(*server.span("host"), server["host"], str)), *fields]


def _braced_text(value: str) -> str:
    return value[1:-1].replace("}}", "}") if value[:1] == "{" else value


def _braced_value(text: str) -> str:
    if not text or text != text.strip() or re.search(r"[\[\]{}(),;?*=!@]", text):
        return "{" + text.replace("}", "}}") + "}"
    return text


def _fields(
    text: str, position: int, field: re.Pattern[str], decode: Callable[[str], str], encode: Callable[[str], str]
) -> list[Field] | None:
    """Read a text that is nothing but fields."""
    fields: list[Field] = []
    end = len(text.rstrip())
    while position < end:
        match = field.match(text, position, end)
        if match is None:
            return None
        start, stop = match.span("value")
        fields.append((match["name"].casefold(), Span(start, stop, decode(match["value"]), encode)))
        position = match.end()
    return fields


_READERS: tuple[Callable[[str], list[Field] | None], ...] = (_json, _url, _libpq, _ado_net, _odbc, _jdbc)
