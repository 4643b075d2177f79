"""What every simulated target has that issues keys: slots, rights that can be taken away, a lock, a closed firewall."""

from datetime import datetime, timedelta

from .account_keys import KeyGeneration, KeyRing
from .clouds import Cloud
from .world import World


class KeyHolder:
    """A target and its keys, with the knobs and questions that tests put to it."""

    key_fields: tuple[str, ...] = ()
    """What a connection string calls the key, in lower case."""
    separator = ";"
    tells_ages = True
    """Whether Resource Manager says when a key was made."""

    def __init__(self, world: World, name: str, cloud: Cloud, slots: tuple[str, ...], created: datetime | None) -> None:
        self.name = name
        self.cloud = cloud
        self.firewall_closed = False
        self.read_only_lock = False
        self.keys = KeyRing(world, slots, created)
        self._world = world
        self._denied: set[str] = set()

    @property
    def is_busy(self) -> bool:
        """Whether a regeneration that has been taken in is still going on."""
        return False

    @property
    def resource_id(self) -> str:
        """The Resource Manager id."""
        raise NotImplementedError

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names at which a key of it can be used."""
        raise NotImplementedError

    # --- knobs ------------------------------------------------------------------------------------------

    @property
    def propagation_delay(self) -> timedelta:
        """How long a regenerated key takes to be accepted."""
        return self.keys.propagation_delay

    @propagation_delay.setter
    def propagation_delay(self, delay: timedelta) -> None:
        self.keys.propagation_delay = delay

    @property
    def old_key_lingers(self) -> bool:
        """Whether a replaced key lives on until the new one is accepted."""
        return self.keys.old_key_lingers

    @old_key_lingers.setter
    def old_key_lingers(self, lingers: bool) -> None:
        self.keys.old_key_lingers = lingers

    def set_key_created(self, slot: str, created: datetime | None) -> None:
        """Change what Resource Manager tells of a key's age; None as on old accounts."""
        with self._world.lock:
            self.keys.set_created(slot, created)

    def deny(self, *actions: str) -> None:
        """Take the app's right to `read`, `listKeys` or `regenerateKey`, or to all when none is named."""
        with self._world.lock:
            self._denied.update(_known(actions))

    def allow(self, *actions: str) -> None:
        """Give rights back: to some actions, or to all when none is named."""
        with self._world.lock:
            self._denied.difference_update(_known(actions))

    def denies(self, action: str) -> bool:
        """Tell whether an action is refused for want of a role."""
        return action in self._denied

    # --- questions and effects --------------------------------------------------------------------------

    def key(self, slot: str) -> str:
        """Return the key in a slot, as Resource Manager shows it."""
        with self._world.lock:
            return self.keys.current(slot).value.reveal()

    def key_history(self, slot: str | None = None) -> list[KeyGeneration]:
        """Return every key of one slot, or of all, oldest first in each."""
        with self._world.lock:
            return self.keys.history(slot)

    def slot_of(self, key: str) -> str | None:
        """Return the slot that holds a key now, if any does."""
        with self._world.lock:
            return next((slot for slot in self.keys.slots if self.key(slot) == key), None)

    def other_slot(self, slot: str) -> str:
        """Return the slot that stands in for one while it is regenerated."""
        return next(other for other in self.keys.slots if other != slot)

    def accepts(self, key: str) -> bool:
        """Tell whether the data plane takes a key right now, leaving firewalls and policies aside."""
        with self._world.lock:
            return any(each.value.reveal() == key for each in self.keys.accepted())

    def takes(self, value: str) -> bool:
        """Tell whether a consumer that holds a secret's value gets in with it."""
        return self.accepts(self.key_in(value))

    def key_in(self, value: str) -> str:
        """Return the key in a secret's value: a field of a connection string, or the value itself."""
        parts = (part.partition("=") for part in value.split(self.separator))
        return next((key for name, _, key in parts if name.strip().lower() in self.key_fields), value)

    def around_key(self, value: str) -> str:
        """Return what must never change about a secret's value: all of it but the key."""
        return value.replace(self.key_in(value), "…")

    def with_slot(self, value: str, slot: str) -> str:
        """Return a secret's value with another slot's key in it, as a colleague would write it."""
        return value.replace(self.key_in(value), self.key(slot))

    def regenerate(self, slot: str) -> str:
        """Regenerate a slot by hand, as somebody in the portal would, and return its new key."""
        with self._world.lock:
            made = self.keys.regenerate(slot)
            self._world.changed(f"{self.name}/{slot}: regenerated")
        for death in {each.retired_at for each in self.key_history(slot)} - {None}:
            if death is not None and death > self._world.now():
                # A lingering key dies by the passing of time alone; that is a change of state too.
                self._world.clock.call_at(death, self._key_died)
        return made.value.reveal()

    def _key_died(self) -> None:
        with self._world.lock:
            self._world.changed(f"{self.name}: a lingering key died")

    def connection_string(self, slot: str) -> str:
        """Return the connection string for a slot, as the portal shows it."""
        raise NotImplementedError


def _known(actions: tuple[str, ...]) -> set[str]:
    every = {"read", "listKeys", "regenerateKey"}
    if not set(actions) <= every:
        raise ValueError(f"actions are {', '.join(sorted(every))}, not {', '.join(actions)}")
    return set(actions) or every
