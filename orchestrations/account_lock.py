"""Holds an account's lock across the steps that must not be interleaved with another rotation's."""

import hashlib
from collections.abc import Generator
from typing import Any

import azure.durable_functions as df

from orchestrations.progress import Progress
from orchestrations.timers import now, wait_until
from rotation.locking import RENEW_WHEN_LEFT, Lease
from rotation.outcomes import Conclusion, OutcomeName
from rotation.waiting import delay


class AccountLock:
    """The lock of one provider address, held by this instance or not."""

    def __init__(self, context: df.DurableOrchestrationContext, progress: Progress) -> None:
        self._context = context
        self._progress = progress
        self._entity: df.EntityId | None = None
        self._name = ""
        self._lease = Lease()

    @property
    def is_held(self) -> bool:
        """Whether this instance holds the lock."""
        return self._entity is not None

    def acquire(self, address: str) -> Generator[Any, Any, Lease]:
        """Wait until this instance holds the lock, showing who does, and return the lease."""
        self._name = address.rpartition("/")[2]
        self._entity = df.EntityId("ResourceLock", _key(address))
        attempt, since = 1, now(self._context)
        while not (yield from self._ask(self._entity)):
            until = now(self._context) + delay(attempt, f"{self._context.instance_id}/lock")
            holder = f"{self._lease.owner or 'the lock'}, which holds {self._name}"
            self._progress.show("lock", attempt=attempt, waiting_for=holder, until=until)
            yield from wait_until(self._context, until)
            attempt += 1
        if attempt > 1:
            self._progress.waited_for_lock(since)
        return self._lease

    def keep(self) -> Generator[Any, Any, None]:
        """Renew the lease in time.

        Raises:
            Conclusion: It had run out (the host was down for long) and somebody else has it now.
        """
        if self._entity is None or self._lease.until is None:
            return
        if self._lease.until - now(self._context) > RENEW_WHEN_LEFT:
            return
        if not (yield from self._ask(self._entity)) and self._lease.owner != self._context.instance_id:
            self._entity = None
            reason = f"{self._lease.owner} has taken over {self._name}: restart to plan anew"
            raise Conclusion(OutcomeName.FAILED, reason, passes=True)

    def release(self) -> None:
        """Give it back, without waiting for anything; harmless when it isn't held."""
        if self._entity is not None:
            self._context.signal_entity(self._entity, "release", self._request())
            self._entity = None

    def _ask(self, entity: df.EntityId) -> Generator[Any, Any, bool]:
        """Ask for the lease, or for more of it, and tell whether that was granted."""
        try:
            answer = yield self._context.call_entity(entity, "acquire", self._request())
        except Exception:  # a worker that died in the entity; asking again is harmless
            return False
        self._lease = Lease.from_json(answer)
        return self._lease.owner == self._context.instance_id

    def _request(self) -> dict[str, str]:
        return {"owner": self._context.instance_id, "now": now(self._context).isoformat()}


def _key(address: str) -> str:
    """Return an entity key that shows the account and holds no slash, which storage keys must not."""
    digest = hashlib.sha256(address.casefold().encode()).hexdigest()[:16]
    return f"{address.rpartition('/')[2].casefold()}-{digest}"
