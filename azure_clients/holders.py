"""Who still holds a slot's key: consumers on a version of the secret that carries it."""

from collections.abc import Iterable
from datetime import datetime

from azure_clients.key_vault import KeyVault
from rotation.consumers import Consumer, Current, State
from rotation.credential import Credential, CredentialText
from rotation.failures import DisabledError, MissingError, RefusedError
from rotation.forms import KeyForm


def holders(
    vault: KeyVault,
    secret: str,
    current: Current,
    consumers: Iterable[Consumer],
    key: Credential,
    form: KeyForm,
    now: datetime,
) -> list[Consumer]:
    """Return the consumers that hold `key`, or may: by the value of the version that they have, whatever it is called.

    The current version's own key is not asked about: whoever has that version holds it.

    Raises:
        RotationError: The vault cannot be asked.
    """
    carries: dict[str, bool] = {}

    def may_hold(consumer: Consumer) -> bool:
        for use in consumer.uses:
            state, version = use.stands(current, now)
            if state is State.UNRESOLVED or version == current.version:
                continue
            if version not in carries:
                carries[version] = not version or _carries(vault, secret, version, key, form)
            if carries[version]:
                return True
        return False

    return [consumer for consumer in consumers if may_hold(consumer)]


def _carries(vault: KeyVault, secret: str, version: str, key: Credential, form: KeyForm) -> bool:
    try:
        return CredentialText.parse(vault.read(secret, version).value, form).key == key
    except MissingError:
        return False  # there is no such version: nobody can have read it lately
    except (DisabledError, RefusedError):
        return True  # it cannot be read any more, and may have been before
