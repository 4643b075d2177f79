"""What a simulated SQL server says, in tokens of TDS 7.4 and the options before them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import TypeAlias

from .tds_wire import FEDAUTH, NULL, PACKET_SIZE, Value

Row: TypeAlias = tuple[Value, ...]

VERSION = bytes((16, 0, 0x03, 0xE8))
"""SQL Server 2022: major, minor, and the build in two bytes."""
_COLLATION = bytes.fromhex("0904d00034")  # SQL_Latin1_General_CP1_CI_AS
_LONGEST_TEXT = 8000  # in bytes, of a column that is not nvarchar(max)


class Done(IntEnum):
    """What has ended."""

    STATEMENT = 0xFD
    PROCEDURE = 0xFE
    STATEMENT_IN_PROCEDURE = 0xFF


class Status(IntFlag):
    """How it has ended."""

    FINAL = 0x00
    MORE_TO_COME = 0x01
    ERROR = 0x02
    COUNTED = 0x10
    ATTENTION = 0x20


@dataclass(frozen=True)
class ServerError:
    """An error of SQL Server's."""

    number: int
    state: int
    severity: int
    message: str


def prelogin(options: Mapping[int, bytes]) -> bytes:
    """Return PRELOGIN with these options."""
    index, start = b"", 5 * len(options) + 1
    for option, data in options.items():
        index += bytes((option,)) + start.to_bytes(2) + len(data).to_bytes(2)
        start += len(data)
    return index + b"\xff" + b"".join(options.values())


def login_ack() -> bytes:
    """Tell that the client is in."""
    version = bytes.fromhex("74000004")
    return _token(0xAD, b"\x01" + version + _text("Microsoft SQL Server", 1) + VERSION)


def environment(database: str) -> bytes:
    """Tell where the client is: the database, its collation, and how long packets are."""
    collation = b"\x07" + bytes((len(_COLLATION),)) + _COLLATION + b"\x00"
    size = _text(str(PACKET_SIZE), 1)
    return (
        _token(0xE3, b"\x01" + _text(database, 1) + _text("master", 1))
        + _token(0xE3, collation)
        + _token(0xE3, b"\x04" + size + size)
    )


def feature_ack() -> bytes:
    """Tell that the token was understood."""
    return bytes((0xAE, FEDAUTH, 0, 0, 0, 0, 0xFF))


def routing(host: str, port: int) -> bytes:
    """Send the client elsewhere, over TCP."""
    where = b"\x00" + port.to_bytes(2, "little") + _text(host, 2)
    return _token(0xE3, b"\x14" + len(where).to_bytes(2, "little") + where + bytes(2))


def errors(told: Iterable[ServerError]) -> bytes:
    """Tell errors, of no server and no procedure, in line 1."""
    said = b""
    for one in told:
        number, line = one.number.to_bytes(4, "little"), (1).to_bytes(4, "little")
        said += _token(0xAA, number + bytes((one.state, one.severity)) + _text(one.message, 2) + bytes(2) + line)
    return said


def table(columns: Iterable[Sequence[Value]]) -> bytes:
    """Return columns without names, whose types follow from their values, and the rows across them."""
    drawn = [_column(values) for values in columns]
    head = b"\x81" + len(drawn).to_bytes(2, "little")
    head += b"".join(bytes(4) + b"\x01\x00" + kind + b"\x00" for kind, _ in drawn)
    return head + b"".join(b"\xd1" + b"".join(row) for row in zip(*(cells for _, cells in drawn), strict=True))


def return_status(number: int) -> bytes:
    """Tell what a procedure returns."""
    return b"\x79" + number.to_bytes(4, "little")


def done(what: Done, how: Status = Status.FINAL, count: int = 0) -> bytes:
    """End it."""
    return bytes((what,)) + how.to_bytes(2, "little") + bytes(2) + count.to_bytes(8, "little")


def _column(values: Sequence[Value]) -> tuple[bytes, list[bytes]]:
    """Return the type of a column, and its values."""
    known = [value for value in values if value is not None]
    if any(isinstance(value, str) for value in known):
        return _text_column(values)
    if any(isinstance(value, bool) for value in known):
        return b"\x68\x01", [b"\x00" if value is None else bytes((1, bool(value))) for value in values]
    size = 4 if all(-(2**31) <= int(value) < 2**31 for value in known) else 8
    numbers = [
        b"\x00" if value is None else bytes((size,)) + int(value).to_bytes(size, "little", signed=True)
        for value in values
    ]
    return bytes((0x26, size)), numbers


def _text_column(values: Sequence[Value]) -> tuple[bytes, list[bytes]]:
    texts = [None if value is None else str(value).encode("utf-16-le") for value in values]
    is_long = any(len(text) > _LONGEST_TEXT for text in texts if text is not None)
    size = (NULL if is_long else _LONGEST_TEXT).to_bytes(2, "little")
    return b"\xe7" + size + _COLLATION, [_chunks(text) if is_long else _short(text) for text in texts]


def _short(text: bytes | None) -> bytes:
    return NULL.to_bytes(2, "little") if text is None else len(text).to_bytes(2, "little") + text


def _chunks(text: bytes | None) -> bytes:
    if text is None:
        return b"\xff" * 8
    chunk = len(text).to_bytes(4, "little") + text if text else b""
    return len(text).to_bytes(8, "little") + chunk + bytes(4)


def _text(text: str, size: int) -> bytes:
    """Return a text behind its length in characters, which takes so many bytes."""
    data = text.encode("utf-16-le")
    return (len(data) // 2).to_bytes(size, "little") + data


def _token(kind: int, data: bytes) -> bytes:
    return bytes((kind,)) + len(data).to_bytes(2, "little") + data
