"""Logins of database servers, whose passwords only the vault remembers: two that take turns, or a single one.

A password waits in the pending secret before the server is told of it. Telling it again is harmless, so whatever a
crash leaves is mended by doing the step again with the same password.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from random import SystemRandom

from providers.escrow import CURRENT, Escrow
from providers.login_server import DescribedServer, LoginServer
from providers.protocol import Provider, Trial, Verdict
from rotation.address import LoginsAddress
from rotation.credential import Credential, CredentialText, UnknownCredential
from rotation.failures import RefusedError, TransientError
from rotation.login_form import LoginForm
from rotation.model import SecretVersion, Slot, Target
from rotation.recipes import parse_recipe
from rotation.tags import CREDENTIAL_ID
from rotation.under_way import UnderWay
from rotation.words import Words

_ISSUED = "Issued"
# What forms call the server: libpq, ADO.NET and its older names, ODBC, JDBC.
_SERVER = ("host", "server", "data source", "address", "addr", "servername")
_PASSWORD = parse_recipe("random_password", [("length", "40")])


def logins(address: LoginsAddress, escrow: Escrow, server: LoginServer) -> Provider:
    """Return the provider of what an address names."""
    return (LoginPair if len(address.logins) > 1 else SingleLogin)(address, escrow, server)


class _DeadError(Exception):
    """The password that is to die is refused already."""


class _Logins(ABC):
    """What both have in common."""

    form: LoginForm

    def __init__(self, address: LoginsAddress, escrow: Escrow, described: DescribedServer) -> None:
        self._logins = address.logins
        self._escrow = escrow
        self._described = described

    def published(self) -> None:
        """Let go of what is in the secret now."""
        self._escrow.remove()

    @abstractmethod
    def slots(self) -> Mapping[str, Slot]:
        """Read what the vault remembers."""

    def _read(self, version: SecretVersion) -> CredentialText:
        """Read a version, which must be of a login that is ours, at a server that is."""
        text = CredentialText.parse(version.value, self.form)
        if text.key_id is not None and text.key_id not in self._logins:
            raise RefusedError("the value's login is none that the tags name: correct one of the two")
        host = next((text.fields[name] for name in _SERVER if name in text.fields), "")
        if not self._described.is_own_host(host):
            raise RefusedError("the value is for another server than ProviderAddress names: correct one of the two")
        return text


class LoginPair(_Logins):
    """Two logins, each a slot: consumers go on with one while the other gets its password."""

    form = LoginForm(takes_bare_password=False)

    def __init__(self, address: LoginsAddress, escrow: Escrow, server: LoginServer) -> None:
        super().__init__(address, escrow, server)
        self._server = server

    def describe(self) -> Target:
        """Read whether the server takes passwords, and where one can be tried."""
        state = self._server.state()
        return Target(state.passwords_refused, state.host)

    def slots(self) -> Mapping[str, Slot]:
        """Read the login that the value names, and what is remembered of the other one."""
        current = self._escrow.current()
        text = self._read(current)
        live = str(text.key_id)
        idle = next(login for login in self._logins if login != live)
        slot = Slot(live, text.key, None, key_id=live, mark=current.version, is_remembered=True)
        return {live: slot, idle: self._idle(idle, current, text)}

    def _idle(self, login: str, current: SecretVersion, text: CredentialText) -> Slot:
        pending = self._escrow.pending()
        if pending is not None and pending.tags.get(CREDENTIAL_ID) == login and _ISSUED in pending.tags:
            return Slot(login, pending.value, None, key_id=login, mark=pending.version)
        for version in self._escrow.earlier(current):
            password = _password_of(login, version, self.form)
            if password is not None:
                # Two logins with one password, as people make them, are still two.
                key = UnknownCredential() if password == text.key else password
                return Slot(login, key, None, key_id=login, mark=version.version, is_remembered=True)
        return Slot(login, UnknownCredential(), None, key_id=login)

    def regenerate(self, slot: Slot) -> bool:
        """Give the idle login a new password: kept first, then in force, then said to be."""
        pending = self._escrow.pending()
        if pending is not None and pending.tags.get(CREDENTIAL_ID) == slot.name:
            password = pending.value
        else:
            password = _made()
            self._escrow.put(password, **{CREDENTIAL_ID: slot.name})
        self._server.set_password(slot.name, password, partial(self._nobody_came, slot.name))
        self._escrow.put(password, **{CREDENTIAL_ID: slot.name, _ISSUED: "true"})
        return True

    def retire(self, slot: Slot) -> bool:
        """Give the login that the secret has left a password that nobody knows, unless its old one is dead already."""
        with suppress(_DeadError):
            self._server.set_password(slot.name, _made(), partial(self._is_to_die, slot))
        return True

    def _is_to_die(self, slot: Slot) -> None:
        """Raise if the old password is dead, or somebody has come back to it.

        Asked while an administrator is signed in, so that a refusal is not that of a firewall.
        """
        if not isinstance(slot.key, UnknownCredential):
            trial = self._server.try_login(self._server.state().host, slot.name, slot.key)
            if trial.verdict is Verdict.REJECTED:
                raise _DeadError
        self._nobody_came(slot.name)

    def _nobody_came(self, login: str) -> None:
        """Raise if somebody has just written a version that lives on a login."""
        if CredentialText.parse(self._escrow.current().value, self.form).key_id == login:
            raise TransientError("a version with this login has just been written")

    def activate(self, slot: Slot, under_way: UnderWay | None) -> bool:
        """It has been in force since it was made."""
        return False

    def try_key(self, slot: Slot, endpoint: str | None) -> Trial:
        """Sign in."""
        if endpoint is None:
            return Trial(Verdict.UNREACHABLE, "the server does not say where it is")
        return self._server.try_login(endpoint, slot.name, slot.key)

    def words(self, endpoint: str | None) -> Words:
        """Name the calls."""
        service = self._server.service
        return Words(
            self._server.described_by, None, f"{service}.setPassword", f"{service}.signIn",
            pending=self._escrow.name, is_kept_before=True,
        )  # fmt: skip


class OneLogin(_Logins):
    """A login, and its next password, which kills the old one before it is published."""

    form = LoginForm(takes_bare_password=True)

    def describe(self) -> Target:
        """Read whether the server takes passwords; the next one cannot be tried before it is in force."""
        return Target(self._described.state().passwords_refused, None)

    def slots(self) -> Mapping[str, Slot]:
        """Read the password and the next one as far as it has been made."""
        current = self._escrow.current()
        self._read(current)
        slots = self._escrow.slots(self.form)
        if self._escrow.is_published(current):
            slots[CURRENT] = Slot(CURRENT, UnknownCredential(), None, mark=slots[CURRENT].mark)
        return slots

    def regenerate(self, slot: Slot) -> bool:
        """Make the next password and keep it; one that is kept already may be in force."""
        if self._escrow.pending() is None:
            self._escrow.put(_made(), **{CREDENTIAL_ID: self._logins[0]})
        return True

    def retire(self, slot: Slot) -> bool:
        """The old password has died already."""
        return True


class SingleLogin(OneLogin):
    """One login whose password the app changes on the server itself, the moment before it is published."""

    def __init__(self, address: LoginsAddress, escrow: Escrow, server: LoginServer) -> None:
        super().__init__(address, escrow, server)
        self._server = server

    def activate(self, slot: Slot, under_way: UnderWay | None) -> bool:
        """Let the next password be in force, and the old one die."""
        self._server.set_password(self._logins[0], slot.key, lambda: None)
        return True

    def try_key(self, slot: Slot, endpoint: str | None) -> Trial:
        """Find out whether the app may change the password, as long as nothing has been changed."""
        self._server.check(self._logins[0])
        return Trial(Verdict.UNTRIED, "a single login's password is in force when it is published, not before")

    def words(self, endpoint: str | None) -> Words:
        """Name the calls."""
        service = self._server.service
        return Words(
            self._server.described_by, None, None, f"{service}.signIn",
            pending=self._escrow.name, activate=f"{service}.setPassword",
        )  # fmt: skip


def _password_of(login: str, version: SecretVersion, form: LoginForm) -> Credential | None:
    try:
        text = CredentialText.parse(version.value, form)
    except RefusedError:
        return None
    return text.key if text.key_id == login else None


def _made() -> Credential:
    return Credential(_PASSWORD.make(SystemRandom()))
