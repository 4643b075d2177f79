"""What SQL Server and its driver say, in the one table from there to what a rotation understands.

Only an error's number is taken over. A server's message may repeat a statement or a name, and ours ends up in the task
hub.
"""

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rotation.failures import DeniedError, RefusedError, RotationError, TransientError, UnreachableError

if TYPE_CHECKING:
    from pytds.tds_socket import _TdsSocket

Table = dict[int, type[RotationError]]


class NoDatabaseError(RefusedError):
    """The database cannot be opened by this login, or is not there; that says nothing certain of the password."""


class PolicyError(RefusedError):
    """The server's policy does not take the password."""


def broken() -> tuple[type[Exception], ...]:
    """Return what is raised when a connection breaks."""
    from OpenSSL.SSL import Error as TlsError  # noqa: PLC0415
    from pytds.tds_base import Error  # noqa: PLC0415

    return (Error, TlsError, OSError)


# By number: learn.microsoft.com, "Database Engine events and errors", and for Azure SQL "Troubleshoot connectivity
# issues and other errors". Numbers that are not here are refusals.
_THROTTLED = frozenset({10928, 10929, 40501, 40544, 40549, 40550, 40551, 40552, 40553, 49918, 49919, 49920})
_PASSING = frozenset(
    {
        *(64, 233, 615, 701, 802, 921, 926, 927, 1204, 1205, 1221, 1222, 4221, 8645, 8651),
        *(976, 978, 979, 981, 982, 983, 3906, 3908),  # a secondary, or a database that is read-only for now
        *(6005, 17142, 17148, 17188, 18401, 18461),  # shutting down, paused, starting
        *(40143, 40166, 40197, 40540, 40613, 42108, 42109, 45168, 45169),
    }
)
_FORBIDDEN = frozenset({229, 230, 262, 297, 300, 15151, 15247})
STATEMENT: Table = {
    **dict.fromkeys(_PASSING, TransientError),
    **dict.fromkeys(_FORBIDDEN, DeniedError),
    **dict.fromkeys(range(15113, 15120), PolicyError),
}
SIGN_IN = (
    STATEMENT
    | dict.fromkeys((18452, 18456, 18470, 18486, 18487, 18488), DeniedError)
    | dict.fromkeys((40532, 40615, 40914, 47073), UnreachableError)  # the server's firewall, or no such server
    | dict.fromkeys((916, 4060, 4063, 4064, 40607), NoDatabaseError)
)


# What the driver raises of answers that are damaged.
_UNREADABLE = (RuntimeError, struct.error, LookupError, TypeError, ValueError)


@contextmanager
def answers(
    operation: str,
    tds: "_TdsSocket",
    table: Table,
    lost: type[RotationError] = TransientError,
) -> Iterator[None]:
    """Turn what the driver raises into what a rotation understands; `lost` is what a broken connection becomes."""
    from OpenSSL.SSL import Error as TlsError  # noqa: PLC0415
    from pytds.tds_base import DatabaseError  # noqa: PLC0415

    try:
        yield
    except DatabaseError as error:
        told = [message["msgno"] for message in tds.main_session.messages if message["priv_msg_type"]]
        raise _by_number(operation, told or [int(error.number)], table) from None
    except TlsError:
        raise UnreachableError(f"{operation}: no TLS with a certificate that is trusted and names the server") from None
    except broken():
        text = "no connection" if lost is UnreachableError else "the connection broke before the answer came"
        raise lost(f"{operation}: {text}") from None
    except _UNREADABLE:
        raise TransientError(f"{operation}: an answer that cannot be read") from None


def _by_number(operation: str, numbers: Sequence[int], table: Table) -> RotationError:
    """Return what several errors at once come to: a refused sign-in says last that it is refused, and why before."""
    number = next((number for number in numbers if number in table or number in _THROTTLED), numbers[-1])
    if number in _THROTTLED:
        return TransientError(f"{operation}: error {number}", throttled=True)
    if not number:
        return TransientError(f"{operation}: an answer that cannot be read")
    return table.get(number, RefusedError)(f"{operation}: error {number}")
