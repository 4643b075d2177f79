"""What can befall a rotation at one of its calls, or in one of its episodes.

A blow is data (it crosses process borders and is printed); `FAULTS` says what each name does to the trial.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from .outsider import EDITS
from .points import Point

if TYPE_CHECKING:
    from .trial import Trial

_SLOW = timedelta(seconds=50)
_TIMEOUT = timedelta(seconds=60)
_OUTAGE = timedelta(seconds=20)
_CHECKED = (".setPassword", "graph.removePassword", ".regenerateKey", "keyvault.setSecret")
"""What these do was decided by reads just before; an edit right in front of them cannot be seen."""

DEATH_IN_EPISODE = "worker dies in an episode"


@dataclass(frozen=True)
class Blow:
    """One fault at one place: a call, or the nth episode of the orchestrator."""

    fault: str
    point: Point | None = None
    episode: int = 0

    def __str__(self) -> str:
        return f"{self.fault} at {self.point}" if self.point else f"{self.fault} {self.episode}"

    @property
    def is_edit(self) -> bool:
        """Whether it is somebody else's doing."""
        return self.fault in EDITS

    @property
    def kind(self) -> str:
        """What to count it as."""
        if self.is_edit:
            return "edit"
        return self.fault if self.fault in (DEATH_IN_EPISODE, *HOST_DEATHS) else _KINDS[self.fault]

    def land(self, trial: "Trial") -> None:
        """Prepare it, before the rotation begins."""
        if self.point is None:
            trial.host.crash_worker("orchestrator", "rotate_secret", nth=self.episode)
        elif self.is_edit:
            _edit(trial, self.point, self.fault)
        else:
            FAULTS[self.fault](trial, self.point)


def _status(status: int, *, after: bool = False, retry_after: int | None = None) -> Callable[["Trial", Point], None]:
    def land(trial: "Trial", point: Point) -> None:
        trial.azure.faults.add(
            point.operation,
            nth=point.nth,
            status=status,
            # The SDK waits by itself, in real time, for a token.
            retry_after=None if point.operation == "identity.token" else retry_after,
            when="after" if after else "before",
        )

    return land


def _drop(*, after: bool, lasting: timedelta = timedelta(0)) -> Callable[["Trial", Point], None]:
    def land(trial: "Trial", point: Point) -> None:
        trial.azure.faults.add(
            point.operation,
            nth=point.nth,
            drop=True,
            when="after" if after else "before",
            callback=lambda: trial.clock.slip(lasting),
        )

    return land


def _slow(trial: "Trial", point: Point) -> None:
    trial.azure.faults.add(point.operation, nth=point.nth, when="after", callback=lambda: trial.clock.slip(_SLOW))


def _unreachable(trial: "Trial", point: Point) -> None:
    trial.azure.faults.add(point.operation, nth=point.nth, drop=True, callback=lambda: trial.cut_off(_OUTAGE))


def _worker_dies(*, after: bool) -> Callable[["Trial", Point], None]:
    """The call is the last thing that the activity does: nothing of it comes afterwards, least of all its answer."""

    def land(trial: "Trial", point: Point) -> None:
        trial.host.crash_worker("activity", point.activity, nth=point.activity_nth, when="after")
        trial.azure.faults.add(
            point.operation,
            nth=point.nth,
            drop=True,
            when="after" if after else "before",
            callback=trial.lose_worker,
        )

    return land


def _host_dies(*, after: bool) -> Callable[["Trial", Point], None]:
    def land(trial: "Trial", point: Point) -> None:
        trial.azure.faults.add(
            point.operation, nth=point.nth, drop=True, when="after" if after else "before", callback=trial.kill_host
        )

    return land


def _token_expires(trial: "Trial", point: Point) -> None:
    trial.azure.faults.add(
        point.operation, nth=point.nth, callback=lambda: trial.azure.expire_tokens(ask_for_claims=True)
    )


def _edit(trial: "Trial", point: Point, edit: str) -> None:
    def strike() -> None:
        trial.ledger.in_window = trial.ledger.in_window or _is_unseen(trial, point)
        trial.outsider.make(edit)

    trial.azure.faults.add(point.operation, nth=point.nth, callback=strike)


def _is_unseen(trial: "Trial", point: Point) -> bool:
    """Tell whether an edit comes after the last check before an effect; neighbours are checked one activity earlier.

    So does one while a regeneration goes on that has been asked for already.
    """
    if any(account.is_busy for account in trial.stage.accounts):
        return True
    late = point.activity in ("regenerate_key", "swap_slot") and len(trial.stage.managed) > 1
    return late or point.operation.endswith(_CHECKED)


FAULTS: dict[str, Callable[["Trial", Point], None]] = {
    "throttled": _status(429, retry_after=30),
    "broken": _status(500),
    "unavailable": _status(503),
    "dropped": _drop(after=False),
    "unreachable": _unreachable,
    "broken after the effect": _status(500, after=True),
    "reply lost": _drop(after=True),
    "timed out": _drop(after=True, lasting=_TIMEOUT),
    "slow": _slow,
    "token expired": _token_expires,
    "worker dies before the effect": _worker_dies(after=False),
    "worker dies after the effect": _worker_dies(after=True),
    "host dies before the effect": _host_dies(after=False),
    "host dies after the effect": _host_dies(after=True),
}
HOST_DEATHS = ("host dies before the effect", "host dies after the effect")
_KINDS = {
    "throttled": "error before the effect",
    "broken": "error before the effect",
    "unavailable": "error before the effect",
    "dropped": "error before the effect",
    "unreachable": "error before the effect",
    "broken after the effect": "error after the effect",
    "reply lost": "error after the effect",
    "timed out": "slow",
    "slow": "slow",
    "token expired": "token expired",
    "worker dies before the effect": "worker dies in an activity",
    "worker dies after the effect": "worker dies in an activity",
}
EVERY_FAULT = (*FAULTS, *EDITS)
"""All that can befall a call."""
