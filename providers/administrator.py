"""As whom the app signs in to a database server to change the passwords of others."""

from collections.abc import Callable
from typing import NamedTuple

from providers.escrow import Escrow
from rotation.address import LoginsAddress
from rotation.credential import Credential, CredentialText
from rotation.failures import RefusedError
from rotation.login_form import LoginForm
from rotation.logins import ADMINISTRATOR_LOGIN, ADMINISTRATOR_SECRET


class Administrator(NamedTuple):
    """A login and its password, or a token in its place."""

    login: str
    credential: Credential
    is_token: bool = False


_FORM = LoginForm(takes_bare_password=True)


def administrator_of(
    address: LoginsAddress, escrow: Escrow, token: Callable[[], Credential]
) -> Callable[[], Administrator]:
    """Return what reads the administrator: the login with a password in the same vault, or with the app's own token."""
    options = dict(address.options)
    login, secret = options[ADMINISTRATOR_LOGIN], options.get(ADMINISTRATOR_SECRET)

    def read() -> Administrator:
        if secret is None:
            return Administrator(login, token(), is_token=True)
        text = CredentialText.parse(escrow.beside(secret).value, _FORM)
        if text.key_id not in (None, login):
            raise RefusedError(f"{ADMINISTRATOR_SECRET} is of another login than {ADMINISTRATOR_LOGIN} names")
        return Administrator(login, text.key)

    return read
