"""What PostgreSQL keeps of a password, made on this side, so that the password itself is in no statement.

A server writes statements into its log, its statistics and its audit trail. It takes a verifier in a password's place,
from which signing in is as hard as from its own: https://www.postgresql.org/docs/current/sql-createrole.html, and the
format in RFC 5803.
"""

import hashlib
import hmac
from base64 import b64encode

from rotation.credential import Credential

SALT_BYTES = 16
# PostgreSQL's own default (scram_iterations); the passwords are random, so that more would protect nothing.
_ITERATIONS = 4096


def scram_verifier(password: Credential, salt: bytes) -> str:
    """Return the SCRAM-SHA-256 verifier of a password in printable ASCII, which SASLprep leaves as it is."""
    secret = password.reveal()
    if not secret.isascii() or not secret.isprintable():
        raise ValueError("the password is not printable ASCII")
    salted = hashlib.pbkdf2_hmac("sha256", secret.encode(), salt, _ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${_ITERATIONS}:{_base64(salt)}${_base64(stored_key)}:{_base64(server_key)}"


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
