"""Packets of TDS 7.4, and the messages in them that a simulated SQL server reads.

Layouts: https://learn.microsoft.com/openspecs/windows_protocols/ms-tds. Numbers are little-endian except in packet
headers and PRELOGIN; text is UTF-16LE, its length counted in characters or in bytes.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

Value: TypeAlias = int | str | None

PACKET_SIZE = 4096
NULL = 0xFFFF
"""The length of a text that is NULL; as the length of a type, that of nvarchar(max), whose values come in chunks."""
FEDAUTH = 0x02
"""The feature of signing in with a token."""
_HEADER_SIZE = 8
_TDS_7_4 = 0x74000004
_LONGEST_NAME = 128
_SECURITY_TOKEN = 1


class Kind(IntEnum):
    """What a message is."""

    BATCH = 0x01
    RPC = 0x03
    REPLY = 0x04
    ATTENTION = 0x06
    LOGIN7 = 0x10
    PRELOGIN = 0x12


class UnreadableError(ValueError):
    """What has arrived is not what this server reads."""


class Reader:
    """Bytes, read from their beginning."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def left(self) -> int:
        """How many bytes are left to read."""
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        """Read bytes."""
        if size > self.left:
            raise UnreadableError("it ends too early")
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, size: int, *, signed: bool = False) -> int:
        """Read a number of so many bytes."""
        return int.from_bytes(self.take(size), "little", signed=signed)

    def text(self, size: int) -> str:
        """Read a text of so many bytes."""
        try:
            return self.take(size).decode("utf-16-le")
        except UnicodeDecodeError as error:
            raise UnreadableError("it is no text") from error


class Inbox:
    """Packets on their way to being messages."""

    def __init__(self) -> None:
        self._waiting, self._body, self._kind = bytearray(), bytearray(), 0

    def feed(self, data: bytes) -> None:
        """Add what has arrived."""
        self._waiting += data

    def message(self) -> tuple[int, bytes] | None:
        """Return the kind and the body of the next message, if all of it has arrived."""
        while len(self._waiting) >= _HEADER_SIZE:
            kind, is_last, size = self._waiting[0], self._waiting[1] & 1, int.from_bytes(self._waiting[2:4])
            if not _HEADER_SIZE <= size <= PACKET_SIZE or (self._body and kind != self._kind):
                raise UnreadableError("no such packet")
            if len(self._waiting) < size:
                break
            self._kind = kind
            self._body += self._waiting[_HEADER_SIZE:size]
            del self._waiting[:size]
            if is_last:
                body = bytes(self._body)
                self._body.clear()
                return kind, body
        return None


def in_packets(kind: Kind, body: bytes) -> bytes:
    """Return a message in as many packets as it needs."""
    room = PACKET_SIZE - _HEADER_SIZE
    packets = b""
    for number, start in enumerate(range(0, len(body), room), 1):
        part = body[start : start + room]
        is_last = start + room >= len(body)
        packets += bytes((kind, is_last)) + (_HEADER_SIZE + len(part)).to_bytes(2)
        packets += bytes((0, 0, number % 256, 0)) + part
    return packets


def read_prelogin(body: bytes) -> dict[int, bytes]:
    """Return the options by their number."""
    reader, options = Reader(body), {}
    while (option := reader.number(1)) != 0xFF:
        start, size = int.from_bytes(reader.take(2)), int.from_bytes(reader.take(2))
        options[option] = _from(body, start).take(size)
    return options


@dataclass(frozen=True)
class Login:
    """LOGIN7, read."""

    user: str
    password: str
    server: str
    database: str
    token: str | None
    says_token_required: bool
    """Whether it repeats that the server has asked for a token."""


def read_login(body: bytes) -> Login:
    """Read LOGIN7, whose names are pointed to from fixed places."""

    def name(place: int, *, is_password: bool = False) -> str:
        pointer = _from(body, place)
        start, characters = pointer.number(2), pointer.number(2)
        if characters > _LONGEST_NAME:
            raise UnreadableError("no such name")
        data = _from(body, start).take(2 * characters)
        if is_password:
            data = bytes((byte ^ 0xA5) >> 4 | ((byte ^ 0xA5) & 0x0F) << 4 for byte in data)
        return Reader(data).text(len(data))

    reader = Reader(body)
    if (reader.number(4), reader.number(4)) != (len(body), _TDS_7_4):
        raise UnreadableError("no such LOGIN7")
    token, says_required = None, False
    if (fedauth := _features(body).get(FEDAUTH)) is not None:
        reader = Reader(fedauth)
        options = reader.number(1)
        if options >> 1 != _SECURITY_TOKEN:
            raise UnreadableError("no such library of tokens")
        token, says_required = reader.text(reader.number(4)), bool(options & 1)
    return Login(name(40), name(44, is_password=True), name(52), name(68), token, says_required)


def _features(body: bytes) -> dict[int, bytes]:
    """Return what the feature extension holds; a flag tells whether there is one, a pointer to a pointer where."""
    features: dict[int, bytes] = {}
    if _from(body, 27).number(1) & 0x10:
        reader = _from(body, _from(body, _from(body, 56).number(2)).number(4))
        while (feature := reader.number(1)) != 0xFF:
            features[feature] = reader.take(reader.number(4))
    return features


def read_batch(body: bytes) -> str:
    """Return the statement of a SQL batch."""
    reader = _behind_headers(body)
    return reader.text(reader.left)


def read_rpc(body: bytes) -> tuple[str, dict[str, Value]]:
    """Return the statement of sp_executesql and its parameters, by name without the at sign."""
    reader = _behind_headers(body)
    length = reader.number(2)
    procedure = reader.number(2) if length == 0xFFFF else reader.text(2 * length).lower()
    if procedure not in {10, "sp_executesql"}:
        raise UnreadableError("no such procedure")
    reader.take(2)
    parameters = []
    while reader.left:
        name = reader.text(2 * reader.number(1)).removeprefix("@")
        reader.take(1)
        parameters.append((name, _value(reader)))
    statement = parameters[0][1] if parameters else None
    # The second one declares the others.
    values = dict(parameters[2:])
    if not isinstance(statement, str) or "" in values:
        raise UnreadableError("no such call")
    return statement, values


def _from(body: bytes, start: int) -> Reader:
    reader = Reader(body)
    reader.take(start)
    return reader


def _behind_headers(body: bytes) -> Reader:
    size = Reader(body).number(4)
    if size < 4:
        raise UnreadableError("no such headers")
    return _from(body, size)


def _value(reader: Reader) -> Value:
    kind = reader.number(1)
    if kind in {0x26, 0x68}:  # INTN, BITN
        reader.take(1)
        size = reader.number(1)
        return reader.number(size, signed=size > 1) if size else None
    if kind != 0xE7:  # NVARCHAR
        raise UnreadableError("no such type")
    longest = reader.number(2)
    reader.take(5)
    if longest != NULL:
        size = reader.number(2)
        return None if size == NULL else reader.text(size)
    if reader.number(8) == 2**64 - 1:
        return None
    text = b""
    while size := reader.number(4):
        text += reader.take(size)
    return Reader(text).text(len(text))
