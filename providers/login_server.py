"""What a kind of database server has to offer so that the passwords of its logins can be rotated."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from providers.protocol import Trial
from rotation.credential import Credential


@dataclass(frozen=True)
class ServerState:
    """What a server says of itself."""

    host: str
    """Where to sign in: a name, perhaps with `:port`."""
    passwords_refused: str | None
    """How it says that it takes no new passwords; None: it does."""
    administrator: str = ""
    """The login that it was made with, whose password is changed in another way."""


class DescribedServer(Protocol):
    """One server, as it is described; every method raises `RotationError`s."""

    @property
    def service(self) -> str:
        """What its calls begin with in docs/security.md."""

    @property
    def described_by(self) -> str | None:
        """The call that describes it; None where the settings do."""

    def state(self) -> ServerState:
        """Read what the server says of itself."""

    def is_own_host(self, host: str) -> bool:
        """Tell whether a host name in a value may be this server's: an alias, or none that names another."""


class LoginServer(DescribedServer, Protocol):
    """One server that can be spoken to; every method but `try_login` raises `RotationError`s."""

    def check(self, login: str) -> None:
        """Find out whether the app may give a login a password, and raise if not; changes nothing."""

    def set_password(self, login: str, password: Credential, last_look: Callable[[], None]) -> None:
        """Give a login a password, which is in force at once; the same one again changes nothing.

        `last_look` is called right before that, when all that takes time is done; it raises if it must not be.
        """

    def try_login(self, host: str, login: str, password: Credential) -> Trial:
        """Sign in, and do nothing else."""


def bare_host(text: str) -> str:
    """Return the name in what connection strings say of a server, such as `tcp:contoso,1433`, in lower case."""
    return re.split(r"[:,\\]", re.sub(r"^tcp:", "", text.strip().casefold()))[0]
