"""A storage account's keys and their history: which value lived in which slot, from when, until when.

A regenerated key need not be accepted at once: `propagation_delay` is the time until the data plane knows it.
The old key dies at once unless `old_key_lingers`, in which case it lives on until the new one has arrived
everywhere.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .sensitive import Sensitive
from .world import World


@dataclass(frozen=True)
class KeyGeneration:
    """One value that a slot had; `created` is what Resource Manager tells of it, and may be unknown."""

    slot: str
    value: Sensitive
    created: datetime | None
    accepted_from: datetime
    retired_at: datetime | None = None

    def accepted(self, now: datetime) -> bool:
        """Tell whether the data plane takes it at an instant."""
        return self.accepted_from <= now and (self.retired_at is None or now < self.retired_at)


class KeyRing:
    """All keys that an account ever had."""

    def __init__(self, world: World, slots: tuple[str, ...], created: datetime | None) -> None:
        self.propagation_delay = timedelta(0)
        self.old_key_lingers = False
        self._world = world
        beginning = created or world.now()
        self._history = {
            slot: [KeyGeneration(slot, world.new_key(), created, min(beginning, world.now()))] for slot in slots
        }

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of the slots."""
        return tuple(self._history)

    def current(self, slot: str) -> KeyGeneration:
        """Return what Resource Manager shows for a slot."""
        return self._history[slot][-1]

    def history(self, slot: str | None = None) -> list[KeyGeneration]:
        """Return every key of one slot, or of all, oldest first in each."""
        return [each for name in ([slot] if slot else self.slots) for each in self._history[name]]

    def accepted(self) -> list[KeyGeneration]:
        """Return the keys that the data plane takes right now."""
        now = self._world.now()
        return [each for each in self.history() if each.accepted(now)]

    def regenerate(self, slot: str) -> KeyGeneration:
        """Put a fresh key into a slot."""
        return self._put(slot, self._world.new_key())

    def install(self, slot: str, value: str) -> KeyGeneration:
        """Put a key into a slot that somebody else has made."""
        return self._put(slot, Sensitive(value))

    def _put(self, slot: str, value: Sensitive) -> KeyGeneration:
        now = self._world.now()
        arrival = now + self.propagation_delay
        old = self._history[slot][-1]
        self._history[slot][-1] = replace(old, retired_at=arrival if self.old_key_lingers else now)
        made = KeyGeneration(slot, value, now, arrival)
        self._history[slot].append(made)
        return made

    def set_created(self, slot: str, created: datetime | None) -> None:
        """Change what Resource Manager tells of the current key's age; None as on accounts older than 2021."""
        self._history[slot][-1] = replace(self._history[slot][-1], created=created)
