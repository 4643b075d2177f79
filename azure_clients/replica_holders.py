"""Which replicas still have a key that is about to die, and until when the consumers of the others may hold it."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from azure_clients.key_vault import KeyVault
from rotation.credential import Credential
from rotation.failures import DeniedError, DisabledError, MissingError, UnreachableError
from rotation.forms import KeyForm
from rotation.holding import held_until
from rotation.neighbours import key_in


class ReplicaLook:
    """A look at the replicas of some secrets, for one key."""

    def __init__(self, key: Credential, form: KeyForm, now: datetime) -> None:
        self.held: list[str] = []
        """Replicas that have the key, or may: they are not moved, but follow their own primary."""
        self.away: list[str] = []
        """Vaults that cannot be reached."""
        self.free_from = now
        """From when no consumer of those that have followed can hold the key any more."""
        self._key = key
        self._form = form
        self._now = now
        self._seen: set[tuple[str, str]] = set()

    def at(self, secret: str, hosts: Iterable[str], grace: timedelta, client: Callable[[str], KeyVault]) -> bool:
        """Look at a secret's copies in some vaults, and tell whether any of them has the key, or may.

        Args:
            secret: The secret's name.
            hosts: Where its copies are.
            grace: How long consumers may go without reading them again.
            client: Opens a vault.
        """
        before = len(self.held)
        for host in hosts:
            if (host, secret.casefold()) in self._seen:
                continue
            self._seen.add((host, secret.casefold()))
            try:
                self._at(secret, host, grace, client(host))
            except (MissingError, DisabledError):
                continue  # nobody can read it
            except UnreachableError:
                self.away.append(host)
            except DeniedError as error:
                self.held.append(f"the replica of {secret} in {host}, which must not be read ({error.reason}),")
        return len(self.held) > before

    def _at(self, secret: str, host: str, grace: timedelta, vault: KeyVault) -> None:
        current = vault.read(secret)
        if key_in(current, self._form) == self._key:
            self.held.append(f"the replica of {secret} in {host}")
        elif self._now < current.created_on + grace:
            replaced = vault.replaced(secret, current, self._form, since=self._now - grace)
            self.free_from = max(self.free_from, held_until(replaced, self._key, grace) or self._now)
