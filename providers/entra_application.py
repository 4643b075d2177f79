"""Secrets of an Entra application: a new one is added, tried, published, and the old one removed after the grace."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from azure_clients.graph import Document, Graph
from azure_clients.pacing import present
from azure_clients.settings import Settings
from providers.entra_sign_in import token_endpoint, try_secret
from providers.escrow import CURRENT, NEXT, Escrow
from providers.protocol import Trial, Verdict
from rotation.address import NamedAddress
from rotation.credential import Credential, CredentialText, UnknownCredential
from rotation.failures import RefusedError, TransientError
from rotation.forms import APPLICATION_SECRET
from rotation.model import Slot, Target
from rotation.tags import CREDENTIAL_ID, RETIRE_AFTER, VALIDITY
from rotation.under_way import UnderWay
from rotation.words import Words

# Entra tells of a new secret in one place and refuses it in another for up to 18 seconds, as was seen in
# github.com/microsoftgraph/microsoft-graph-docs/issues/17966. A consumer must never be ahead of that.
_SETTLING = timedelta(minutes=1)

# The vault tells of a version's end, and Entra of a secret's: the former must come first.
_LONGER_THAN_VERSION = timedelta(days=1)

# How many characters of a secret Graph tells.
_HINT = 3

# Graph may leave out of a listing what has just been added.
_LOST_AFTER = timedelta(minutes=10)


class EntraApplication:
    """The secrets of one application, of which the vault's secret holds one."""

    form = APPLICATION_SECRET

    def __init__(self, address: NamedAddress, escrow: Escrow, settings: Settings) -> None:
        self._object_id = address.path
        self._escrow = escrow
        self._settings = settings
        self._graph = Graph(settings.cloud)

    def describe(self) -> Target:
        """Read where the application signs in."""
        client_id = str(self._graph.application(self._object_id).get("appId"))
        return Target(keys_refused=None, probe_endpoint=token_endpoint(self._escrow.subject.vault, client_id))

    def slots(self) -> Mapping[str, Slot]:
        """Read the vault's secret and its successor, and whether the application still has the former."""
        slots, told = self._escrow.slots(self.form), self._told()
        return {CURRENT: _as_entra_has_it(slots[CURRENT], told), NEXT: _unless_lost(slots[NEXT], told)}

    def regenerate(self, slot: Slot) -> bool:
        """Add a secret and keep it until it is published; what an attempt before this one has left is removed."""
        current, told = self._escrow.current(), self._told()
        others = [each for each in told if each.get("displayName") != self._escrow.subject.rotation_id]
        live = _as_entra_has_it(self._escrow.slots(self.form)[CURRENT], others)
        is_known = bool(live.credential_id) or isinstance(live.key, UnknownCredential)
        if RETIRE_AFTER in current.tags and not is_known:
            raise RefusedError(
                "several of the application's secrets may be the one that is to be retired: set CredentialId to its "
                "key id"
            )
        self._remove_orphans(told, but="")
        days = int(current.tags.get(VALIDITY, self._settings.defaults.validity_days))
        ends = present() + timedelta(days=days) + _LONGER_THAN_VERSION
        made = self._graph.add_password(self._object_id, self._escrow.subject.rotation_id, ends)
        text, key_id = made.get("secretText"), made.get("keyId")
        if not text or not key_id:
            raise TransientError("add password: the answer has no secret")
        if str(text)[:_HINT] in {each.get("hint") for each in others}:
            # Later nobody could tell the two apart; the next attempt removes this one, and makes another.
            raise TransientError("add password: it begins as another secret of the application does")
        self._escrow.put(Credential(str(text)), **{CREDENTIAL_ID: str(key_id)})
        return True

    def activate(self, slot: Slot, under_way: UnderWay | None) -> bool:
        """Entra takes a secret as soon as it has made it."""
        return False

    def retire(self, slot: Slot) -> bool:
        """Remove a secret from the application."""
        if any(each["keyId"] == slot.credential_id for each in self._told()):
            # The last look, when all that takes time is done.
            if CredentialText.parse(self._escrow.current().value, self.form).key == slot.key:
                raise TransientError("a version with this secret has just been written")
            self._graph.remove_password(self._object_id, slot.credential_id)
        return True

    def published(self) -> None:
        """Let go of what is in the vault now, and remove what a crash has left with the application."""
        pending = self._escrow.pending()
        if pending is not None:
            # Not by the version's own tag: a secret with fifteen others has no room for it.
            self._remove_orphans(self._told(), but=pending.tags[CREDENTIAL_ID])
            self._escrow.remove()

    def try_key(self, slot: Slot, endpoint: str | None) -> Trial:
        """Sign in with it, once it has had time to be known everywhere."""
        if slot.created_on is not None and present() < slot.created_on + _SETTLING:
            return Trial(Verdict.REJECTED, "Entra takes a minute to know it everywhere")
        return try_secret(slot, endpoint, self._settings.cloud.graph)

    def words(self, endpoint: str | None) -> Words:
        """Name the calls."""
        return Words(
            "graph.getApplication",
            "graph.getApplication",
            "graph.addPassword",
            "entra.signIn",
            retire="graph.removePassword",
            pending=self._escrow.name,
        )

    def _told(self) -> Sequence[Document]:
        return [*self._graph.application(self._object_id).get("passwordCredentials", [])]

    def _remove_orphans(self, told: Sequence[Document], but: str) -> None:
        """Remove this rotation's secrets but one: their text was lost on the way, so nobody holds them."""
        for each in told:
            if each.get("displayName") == self._escrow.subject.rotation_id and each["keyId"] != but:
                self._graph.remove_password(self._object_id, str(each["keyId"]))


def _as_entra_has_it(slot: Slot, told: Sequence[Document]) -> Slot:
    """Say which of the application's secrets a published one is; an unknown credential where it is none of them."""
    if isinstance(slot.key, UnknownCredential):
        return slot
    hint, now = slot.key.reveal()[:_HINT], present()
    ids = [
        str(each["keyId"])
        for each in told
        if each.get("hint") in (hint, None) and datetime.fromisoformat(each["endDateTime"]) > now
    ]
    if not ids:
        return replace(slot, key=UnknownCredential(), mark="removed")
    claimed = next((key_id for key_id in ids if key_id.casefold() == slot.credential_id.casefold()), None)
    return replace(slot, told_as=claimed or (ids[0] if len(ids) == 1 else ""))


def _unless_lost(slot: Slot, told: Sequence[Document]) -> Slot:
    """Take a secret that waits to be published for none, if the application has not had it for a while.

    Two workers may have been at it at once, and each has removed what the other had just added.
    """
    if not slot.is_successor or slot.created_on is None or present() < slot.created_on + _LOST_AFTER:
        return slot
    if any(each["keyId"] == slot.credential_id for each in told):
        return slot
    return Slot(slot.name, UnknownCredential(), None, is_successor=True)
