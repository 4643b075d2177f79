"""What hosts the peers, and what becomes of an event that they fail at."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from dev.bench.baselines.clients import PeerClients, ProcessDiedError
from dev.bench.baselines.kssedr import VALIDITY, Kssedr
from dev.bench.baselines.powershell import PowerShellRotation
from dev.clock import VirtualClock

from .contender import DOWN
from .notices import NEAR_EXPIRY, Event
from .stage import Stage


class _Peer:
    """What both peers have in common: one process, which is down for a while when it has died.

    KSSEDR runs in its host's process. Microsoft's function has a worker of its own, which would be back sooner; that
    makes no difference to it, since Event Grid waits before it pushes again and the slot it works on is idle.
    """

    def __init__(self, stage: Stage) -> None:
        self._clock: VirtualClock = stage.clock
        self._clients = PeerClients(lambda seconds: self._clock.slip(timedelta(seconds=seconds)))
        self._down_until = self._clock.now()

    @property
    def _is_up(self) -> bool:
        return self._clock.now() >= self._down_until

    def _died(self) -> None:
        self._down_until = self._clock.now() + DOWN
        self._clock.call_at(self._down_until, lambda: None)

    def kill_worker(self) -> None:
        """Die in the call that is under way."""
        self._clients.doomed.set()

    kill_host = kill_worker

    def failed(self) -> list[str]:
        """Name nothing: what neither can do is not kept anywhere."""
        return []

    def close(self) -> None:
        """Nothing is left to end."""


class OnEventHub(_Peer):
    """KSSEDR on its Event Hub: at least once, and the checkpoint advances when the function ends, however it does.

    A process that dies has written no checkpoint, so its batch comes again.
    """

    def __init__(self, stage: Stage, validity: Callable[[str], timedelta]) -> None:
        super().__init__(stage)
        self._function = Kssedr(self._clients, self._clock.now, validity)
        self._hub: list[str] = []

    def deliver(self, event: Event) -> None:
        """Take one event in; its subscription is to one type."""
        if event["type"] == NEAR_EXPIRY:
            self._hub.append(json.dumps([event]))

    def step(self) -> None:
        """Handle all that has arrived, as one batch."""
        if not self._hub or not self._is_up:
            return
        batch, self._hub = self._hub, []
        try:
            self._function.on_batch(batch)
        except ProcessDiedError:
            self._hub = batch + self._hub
            self._died()
        except ExceptionGroup:
            return  # and the events with it


def as_written(secret: str) -> timedelta:
    """Return KSSEDR's own validity."""
    return VALIDITY


class OnEventGrid(_Peer):
    """Microsoft's function behind Event Grid's push, which tries again for a day.

    https://learn.microsoft.com/azure/event-grid/delivery-and-retry, with the default policy and no dead-lettering.
    """

    _WAITS = tuple(timedelta(seconds=each) for each in (10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 43_200))
    _FOR = timedelta(hours=24)

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self._function = PowerShellRotation(self._clients, self._clock.now)
        self._due: list[tuple[Event, datetime, int]] = []

    def deliver(self, event: Event) -> None:
        """Take one event in; its subscription is to one type."""
        if event["type"] == NEAR_EXPIRY:
            self._due.append((event, self._clock.now(), 0))

    def step(self) -> None:
        """Push what is due, one event at a time."""
        while self._due and self._is_up:
            event, first, attempt = self._due.pop(0)
            try:
                self._function.on_event(event)
            except ProcessDiedError:
                self._died()
                self._again(event, first, attempt)
            except Exception:  # whatever it is, the answer is no success
                self._again(event, first, attempt)

    def _again(self, event: Event, first: datetime, attempt: int) -> None:
        when = self._clock.now() + self._WAITS[min(attempt, len(self._WAITS) - 1)]
        if when - first <= self._FOR:
            self._clock.call_at(when, lambda: self._due.append((event, first, attempt + 1)))
