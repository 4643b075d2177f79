"""Sessions with PostgreSQL servers, and the one table from what is raised there to what a rotation understands.

Only the SQLSTATE is taken over. A server's message may repeat a statement or a name, and ours ends up in the task hub.
"""

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from rotation.credential import Credential
from rotation.failures import (
    DeniedError,
    MissingError,
    RefusedError,
    RotationError,
    TransientError,
    UnreachableError,
)

if TYPE_CHECKING:
    from pg8000.native import Connection

_PORT = 5432
_TIMEOUT = 15  # seconds, for a connection and for each answer
_STATE = re.compile(r"[0-9A-Z]{5}", re.ASCII)


class SignedInError(RefusedError):
    """The server has taken login and password, and turned the session away for something else."""


@contextmanager
def session(operation: str, host: str, login: str, password: Credential, database: str) -> Iterator["Connection"]:
    """Sign in and be connected meanwhile; TLS with a certificate that names the host, or nothing.

    Raises:
        RotationError: `DeniedError` if login or password is wrong, `UnreachableError` if nobody answers,
            `SignedInError` if it is the database that is refused; in the body as `_ANSWERS` has it.
    """
    # Imported here, so that a broken driver costs this kind only, and a cold start nothing.
    from pg8000 import exceptions  # noqa: PLC0415
    from pg8000.native import Connection  # noqa: PLC0415
    from scramp import ScramException  # noqa: PLC0415

    try:
        connection = Connection(
            user=login,
            password=password.reveal(),
            host=host,
            port=_PORT,
            database=database,
            timeout=_TIMEOUT,
            ssl_context=ssl.create_default_context(),
            application_name="secret-rotation",
        )
    except exceptions.DatabaseError as error:
        raise _by_state(operation, error, _SIGN_IN) from None
    except ScramException:
        # SASLprep forbids characters in names and passwords, which the server itself would take.
        raise UnreachableError(f"{operation}: the driver cannot sign in with this name or password") from None
    except ssl.SSLCertVerificationError:
        raise UnreachableError(f"{operation}: the server's certificate is not trusted") from None
    except (exceptions.Error, OSError):
        raise UnreachableError(f"{operation}: no connection") from None
    try:
        yield connection
    except exceptions.DatabaseError as error:
        raise _by_state(operation, error, _STATEMENT) from None
    except (exceptions.Error, OSError):
        raise TransientError(f"{operation}: the connection broke before the answer came") from None
    finally:
        with suppress(exceptions.Error, OSError):
            connection.close()


def identifier(name: str) -> str:
    """Return a name as an identifier of SQL, whatever is in it.

    Raises:
        RefusedError: It has a NUL, which ends a statement.
    """
    if not name or "\0" in name:
        raise RefusedError("a name of a login is empty or has a NUL")
    return '"' + name.replace('"', '""') + '"'


# By SQLSTATE, or by its class: https://www.postgresql.org/docs/current/errcodes-appendix.html
_ANSWERS: dict[str, type[RotationError]] = {
    "08": TransientError,  # connection
    "25": TransientError,  # read-only: a failover, or a full disk
    "40": TransientError,
    "53": TransientError,  # too many connections, out of memory
    "55": TransientError,
    "57": TransientError,  # shutting down, starting up, cancelled
    "58": TransientError,
    "XX": TransientError,  # also what two at work on one role come to: "tuple concurrently updated"
    "42501": DeniedError,
    "42704": MissingError,
}
_STATEMENT = _ANSWERS
# The server looks for the database once it knows who is there.
_SIGN_IN = _ANSWERS | {"28": DeniedError, "3D000": SignedInError, "42501": SignedInError}


def _by_state(operation: str, error: Exception, table: dict[str, type[RotationError]]) -> RotationError:
    fields: Any = error.args[0] if error.args else None
    state = str(fields.get("C", "")) if isinstance(fields, dict) else ""
    if not _STATE.fullmatch(state):
        return TransientError(f"{operation}: an answer that cannot be read")
    kind = table.get(state) or table.get(state[:2]) or RefusedError
    if state == "53300":
        return TransientError(f"{operation}: {state}", throttled=True)
    return kind(f"{operation}: {state}")
