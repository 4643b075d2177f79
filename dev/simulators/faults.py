"""Faults by rule: which call goes wrong, on which side of its effect, and how.

A rule counts the calls that match it and strikes from the `nth` on, `times` times. `when="before"` strikes
instead of the effect; `when="after"` lets the effect happen and spoils the answer, which is what a lost reply
looks like. A rule that has only a callback or a delay spoils nothing: it is the place where somebody else
edits the vault in between.
"""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from fnmatch import fnmatchcase
from operator import itemgetter
from typing import Literal

from .wire import Operation

When = Literal["before", "after"]
_ANYWHERE = "*"


@dataclass
class FaultRule:
    """One rule and how often it has struck."""

    operation: str
    when: When
    nth: int
    times: int | None
    target: str | None
    caller: str | None
    status: int | None
    retry_after: int | None
    drop: bool
    delay: timedelta
    callback: Callable[[], object] | None
    seen: int = 0
    fired: int = 0
    removed: bool = field(default=False, repr=False)

    @property
    def spoils(self) -> bool:
        """Whether the caller gets something other than the true answer."""
        return self.drop or self.status is not None

    def remove(self) -> None:
        """Let the rule strike no more."""
        self.removed = True

    def matches(self, operation: Operation, caller: str) -> bool:
        """Tell whether a call is one that this rule counts."""
        if self.removed or not fnmatchcase(operation.name, self.operation):
            return False
        if self.caller is not None and self.caller != caller:
            return False
        wanted = (self.target or "*").lower()
        return any(fnmatchcase(name, wanted) for name in _names(operation))

    def strikes(self) -> bool:
        """Count one matching call and tell whether it is struck."""
        self.seen += 1
        struck = self.seen >= self.nth and (self.times is None or self.seen < self.nth + self.times)
        self.fired += struck
        return struck


def _names(operation: Operation) -> list[str]:
    """Return what a rule may call the thing that a call concerns: `vault/secret`, or either of the two."""
    target = operation.target.lower()
    return [target, *target.split("/")] if "/" in target else [target]


def _place(rule: FaultRule) -> str:
    """Return where to look a rule up: under the one name that it is for, or among those for several."""
    target = (rule.target or _ANYWHERE).lower()
    return _ANYWHERE if any(wild in target for wild in "*?[") else target


class Faults:
    """The rules in force, in the order of their making."""

    def __init__(self) -> None:
        # A year of faults is thousands of rules, nearly all for one secret or account each.
        self._rules: dict[str, list[tuple[int, FaultRule]]] = {}
        self._made = itertools.count()
        self._lock = threading.Lock()

    def add(
        self,
        operation: str,
        *,
        nth: int = 1,
        times: int | None = 1,
        when: When = "before",
        status: int | None = None,
        retry_after: int | None = None,
        drop: bool = False,
        delay: timedelta = timedelta(0),
        callback: Callable[[], object] | None = None,
        target: str | None = None,
        caller: str | None = "app",
    ) -> FaultRule:
        """Add a rule.

        Args:
            operation: Name of the operation, such as `storage.regenerateKey`; `*` matches any part.
            nth: The first matching call to strike, counted from this rule's making.
            times: How many calls to strike in a row; None for all that follow.
            when: Before the effect (which then doesn't happen) or after it (which then isn't reported).
            status: Answer with this HTTP status, in the words of the service asked.
            retry_after: Seconds to put into a `Retry-After` header.
            drop: Close the connection without an answer.
            delay: How long to hold the call, in real time: a slow service is slow for the SDK's timeouts too.
            callback: Called at that point, outside all locks; it may change anything.
            target: Only calls that concern this name: a vault, a secret, an account, a slot, or
            `vault/secret`.
            caller: Only calls of this caller (`app` or `consumer`); None for any.
        """
        if not (status or drop or delay or callback):
            raise ValueError("a fault needs a status, a drop, a delay or a callback")
        if nth < 1 or (times is not None and times < 1):
            raise ValueError("nth and times count from 1")
        rule = FaultRule(operation, when, nth, times, target, caller, status, retry_after, drop, delay, callback)
        with self._lock:
            self._rules.setdefault(_place(rule), []).append((next(self._made), rule))
        return rule

    def struck(self, operation: Operation, caller: str, when: When) -> list[FaultRule]:
        """Count a call against every rule of one side and return those that strike it."""
        with self._lock:
            known = [entry for name in (*_names(operation), _ANYWHERE) for entry in self._rules.get(name, ())]
            return [
                rule
                for _, rule in sorted(known, key=itemgetter(0))
                if rule.when == when and rule.matches(operation, caller) and rule.strikes()
            ]

    def clear(self) -> None:
        """Forget all rules."""
        with self._lock:
            self._rules.clear()
