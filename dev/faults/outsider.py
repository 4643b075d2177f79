"""Somebody else: edits of the secret and its account in the middle of a rotation, and how they are mended.

An edit that the secret cannot take any more (it has been deleted meanwhile, say) does nothing.
"""

from collections.abc import Callable
from datetime import timedelta

from dev.simulators import SecretVersion

from .ledger import Ledger
from .stage import Managed, Stage

EDIT_TAGS = {"owner": "billing", "ticket": "4711"}


class Outsider:
    """A colleague in the portal."""

    def __init__(self, stage: Stage, ledger: Ledger, secret: Managed) -> None:
        self._stage = stage
        self._ledger = ledger
        self._secret = secret
        self.edits: dict[str, Callable[[], object]] = {
            "version with the live key": lambda: self._write(self._live(), keep_tags=True),
            "version with the idle key": lambda: self._write(self._idle(), keep_tags=False),
            "tags edited": self._edit_tags,
            "rotation paused": lambda: self._stage.vault.update(self._secret.name, tags=self._tags() | _PAUSED),
            "idle slot regenerated": lambda: self._secret.account.regenerate(self._idle()),
            "live slot regenerated": lambda: self._secret.account.regenerate(self._live()),
            "secret disabled": lambda: self._stage.vault.disable(self._secret.name),
            "secret deleted": lambda: self._stage.vault.delete(self._secret.name),
            "access denied": lambda: self._secret.account.deny("listKeys", "regenerateKey"),
        }

    def make(self, edit: str) -> None:
        """Make one edit."""
        if self._current() is None:
            return
        with self._ledger.by_hand(edit):
            self.edits[edit]()
        if edit in ("secret disabled", "secret deleted"):
            self._ledger.hidden.add(self._secret.name)

    def mend(self) -> None:
        """Take back what keeps a rotation from ending; versions, tags and keys stay as they are."""
        vault, name = self._stage.vault, self._secret.name
        with self._ledger.by_hand("mends"):
            self._secret.account.allow()
            if name.lower() in vault.deleted_secrets():
                vault.recover(name)
            if not vault.current(name).enabled:
                vault.update(name, enabled=True)
            if self._tags().get("RotationEnabled") == "false":
                vault.update(name, tags={key: value for key, value in self._tags().items() if key not in _PAUSED})

    def _current(self) -> SecretVersion | None:
        return self._stage.vault.find(self._secret.name)

    def _tags(self) -> dict[str, str]:
        return dict(self._stage.vault.current(self._secret.name).tags)

    def _live(self) -> str:
        """Return the slot that the secret lives on; on drift, the first."""
        return self._secret.slot_of(self._stage.vault.value(self._secret.name))

    def _idle(self) -> str:
        return self._secret.account.other_slot(self._live())

    def _write(self, slot: str, *, keep_tags: bool) -> None:
        """Write a version: by a tool that copies the tags, or by one that knows those of old."""
        current = self._stage.vault.current(self._secret.name)
        self._stage.vault.set_secret(
            self._secret.name,
            self._secret.account.with_slot(current.value.reveal(), slot),
            tags=self._tags() if keep_tags else self._secret.seeded.tags,
            content_type=current.content_type,
            expires_on=self._stage.clock.now() + timedelta(days=20),
        )

    def _edit_tags(self) -> None:
        self._stage.vault.update(self._secret.name, tags=self._tags() | EDIT_TAGS)
        self._ledger.tags_edited.add(self._secret.name)


_PAUSED = {"RotationEnabled": "false"}
EDITS = (
    "version with the live key",
    "version with the idle key",
    "tags edited",
    "rotation paused",
    "idle slot regenerated",
    "live slot regenerated",
    "secret disabled",
    "secret deleted",
    "access denied",
)
