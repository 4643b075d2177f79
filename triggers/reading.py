"""Reads what a request asks for: strictly, every complaint at once, and without repeating what it complains about."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func

import bootstrap
from rotation.paging import Place, read_place, read_token
from rotation.request import LONGEST_REASON, SECRET_NAME, VAULT_HOST, shape
from triggers.problems import Problem, invalid

LONGEST_BODY = 16 * 1024
# A vault may be called by its name alone: settings allow one vault of each name.
VAULT = re.compile(rf"[a-z][a-z0-9-]{{1,22}}[a-z0-9]|{VAULT_HOST.pattern}", re.ASCII | re.IGNORECASE)
REASON = re.compile(rf"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{{0,{LONGEST_REASON}}}")
# The Functions host takes its key from this parameter, where it is in no header.
_OF_THE_HOST = "code"
_MOST_PARAMETERS = 50


class Fields:
    """The fields of a request; what is wrong about them is collected, and raised by `done`."""

    def __init__(self, fields: Mapping[str, Any], known: Iterable[str]) -> None:
        self._fields = fields
        self._known = tuple(known)
        self._foreign = ""
        self.complaints: list[str] = []
        if unknown := len(set(fields) - set(self._known)):
            expected = ", ".join(self._known) or "none"
            self.complaints.append(f"unknown fields: {unknown}, expected {expected}")

    def done(self) -> None:
        """Raise everything that was wrong, if anything was."""
        if self.complaints:
            raise invalid(self.complaints)
        if self._foreign:
            raise Problem(HTTPStatus.FORBIDDEN, f"vault {self._foreign} is not in KEY_VAULTS")

    def vault(self, *, required: bool = False) -> str:
        """Return the host name of a vault on the allow-list; empty where it is absent or wrong."""
        name = self._text("vault", VAULT, "a vault's name or host name", required=required).casefold()
        host = next((host for host in bootstrap.settings().vaults if name in (host, host.partition(".")[0])), "")
        self._foreign = "" if host else name
        return host

    def secret(self, *, required: bool = False) -> str:
        """Return a secret's name; empty where it is absent or wrong."""
        return self._text("secret", SECRET_NAME, "1-127 letters, digits or hyphens", required=required)

    def reason(self) -> str:
        """Return somebody's reason; empty where there is none."""
        return self._text("reason", REASON, f"text of at most {LONGEST_REASON} printable characters")

    def complain(self, name: str, expected: str) -> None:
        """Say what a field is and what it should be."""
        self.complaints.append(f"{name} is {shape(self._fields.get(name))}, expected {expected}")

    def _text(self, name: str, pattern: re.Pattern[str], expected: str, *, required: bool = False) -> str:
        if name not in self._fields and not required:
            return ""
        value = self._fields.get(name)
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        self.complain(name, expected)
        return ""


class Body(Fields):
    """The JSON object of a POST; no body at all is an empty one."""

    def __init__(self, request: func.HttpRequest, known: Iterable[str]) -> None:
        super().__init__(_object(request), known)

    def flag(self, name: str) -> bool:
        """Return a truth value, false where it is absent."""
        value = self._fields.get(name, False)
        if not isinstance(value, bool):
            self.complain(name, "true or false")
        return value is True


class Query(Fields):
    """The parameters of a GET: each at most once, and none without a value."""

    def __init__(self, request: func.HttpRequest, known: Iterable[str]) -> None:
        pairs = _pairs(request)
        super().__init__(dict(pairs), known)
        names = [name for name, _ in pairs]
        repeated = [name for name in self._known if names.count(name) > 1]
        self.complaints += [f"{name} is there {names.count(name)} times, expected once" for name in repeated]

    def flag(self, name: str) -> bool:
        """Return a truth value, false where it is absent."""
        value = self._fields.get(name, "false")
        if value not in ("true", "false"):
            self.complain(name, "true or false")
        return bool(value == "true")

    def number(self, name: str, least: int, most: int, default: int) -> int:
        """Return a whole number."""
        text = self._fields.get(name, str(default))
        if re.fullmatch(r"[0-9]{1,6}", text, re.ASCII) and least <= int(text) <= most:
            return int(text)
        self.complain(name, f"a whole number, {least}-{most}")
        return default

    def words(self, name: str, known: Collection[str]) -> list[str]:
        """Return one or more of the known words; none where it is absent."""
        if name not in self._fields:
            return []
        words = str(self._fields[name]).split(",")
        if any(word not in known for word in words):
            self.complain(name, f"one or more of {', '.join(known)}, separated by commas")
        return words

    def moment(self, name: str) -> datetime | None:
        """Return a moment; one without an offset is UTC."""
        if name not in self._fields:
            return None
        # A plus that nobody has quoted arrives as a blank.
        text = re.sub(r" (?=[0-9]{2}:?[0-9]{2}$)", "+", self._fields[name])
        try:
            moment = datetime.fromisoformat(text)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            self.complain(name, "a date and time in ISO 8601, such as 2026-07-25T01:08:00Z")
            return None

    def place(self) -> Place | None:
        """Return where the page before this one ended, in a list of rotations."""
        place = read_place(self._fields.get("continuationToken", ""))
        self._check_continued(place)
        return place

    def names(self) -> tuple[str, ...] | None:
        """Return the vault and the secret that the page before this one ended with."""
        names = read_token(self._fields.get("continuationToken", ""), 2)
        self._check_continued(names)
        return names

    def _check_continued(self, end: object) -> None:
        if end is None and "continuationToken" in self._fields:
            self.complain("continuationToken", "the one that came with the page before")


def _pairs(request: func.HttpRequest) -> list[tuple[str, str]]:
    # From the URL: the host's own reading of it joins repeated parameters and drops empty ones.
    query = urlsplit(request.url).query
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise Problem(HTTPStatus.BAD_REQUEST, "the query is not UTF-8, or has too many parameters") from None
    return [(name, value) for name, value in pairs if name != _OF_THE_HOST]


def _object(request: func.HttpRequest) -> dict[str, Any]:
    body = request.get_body() or b""
    if len(body) > LONGEST_BODY:
        told = f"the body has {len(body)} bytes, expected at most {LONGEST_BODY}"
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, told)
    if not body:
        return {}
    kind, _, parameters = request.headers.get("content-type", "").casefold().partition(";")
    if kind.strip() != "application/json" or parameters.strip().strip('"') not in ("", "charset=utf-8"):
        told = "the body is read as application/json in UTF-8 only: say so in Content-Type"
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, told)
    try:
        # The decoder's own text is left alone: it may quote the body.
        value = json.loads(body.decode(), object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        told = f"the body of {len(body)} bytes is not JSON with each field once"
        raise Problem(HTTPStatus.BAD_REQUEST, told) from None
    if not isinstance(value, dict):
        raise invalid([f"the body is {shape(value)}, expected an object"])
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError
    return fields


def _refuse(constant: str) -> None:
    raise ValueError(constant)
