"""Which rotations the sweep takes up again: those that came to nothing for a reason that passes, and those that stall.

A worker that dies in an orchestrator's episode fails the instance without any clean-up and without a word, and a lost
message leaves one Running for ever. Starting again is always safe, but not always of use: so it is done a bounded
number of times, and never for what somebody has to mend first, nor against somebody's will.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

from rotation.instance import WAITS, Instance
from rotation.outcomes import OutcomeName

# Longer than any activity (host.json: functionTimeout), the minutes after which the work of a dead host is taken up
# again, and a wait that the custom status does not show.
PATIENCE = timedelta(hours=2)

STOPPED = "it made no progress: the sweep has stopped it, to start it again"
"""Why an instance was terminated, where it was by the sweep."""


class Step(Enum):
    """What to do about an instance."""

    LEAVE = auto()
    """Nothing: it is well, it has ended as it should, or it is somebody's business."""
    REDRIVE = auto()
    """Start it again, once it is stopped if it is in hand."""
    REPORT = auto()
    """Tell somebody."""


@dataclass(frozen=True)
class Decision:
    """What to do about an instance, and why."""

    step: Step
    reason: str = ""


LEFT = Decision(Step.LEAVE)


def decide(instance: Instance, now: datetime, most_redrives: int) -> Decision:
    """Decide about one instance of `rotate_secret`, as the task hub shows it at `now`."""
    if instance.request is None:
        return LEFT
    trouble = _trouble(instance, now)
    if trouble is None:
        return LEFT
    if trouble.step is Step.REDRIVE and instance.request.redrives >= most_redrives:
        return Decision(Step.REPORT, f"{trouble.reason} (started again {instance.request.redrives} times)")
    return trouble


def is_stalled(instance: Instance, now: datetime) -> bool:
    """Tell whether it has made no progress for longer than its own wait explains."""
    return instance.is_in_hand and now - max(instance.updated, _waits_until(instance)) > PATIENCE


def is_at_work(instance: Instance, now: datetime) -> bool:
    """Tell whether it asks anything of Azure for now: it has neither ended nor stalled, and does not wait for days."""
    return instance.is_in_hand and instance.facts.get("step") not in WAITS and not is_stalled(instance, now)


def rejected_until(instance: Instance, now: datetime) -> datetime | None:
    """Return until when a person's rejection stands, so that the sweep does not ask again; None if it does not."""
    if instance.outcome != OutcomeName.REFUSED:
        return None
    until = _moment(instance.facts.get("asksAgain"))
    return until if until > now else None


def _trouble(instance: Instance, now: datetime) -> Decision | None:
    match instance.status:
        case "Failed" if instance.outcome is None:
            return Decision(Step.REDRIVE, "its worker died, and left no word")
        case "Failed" if instance.outcome == OutcomeName.FAILED and instance.facts.get("passes") is True:
            return Decision(Step.REDRIVE, str(instance.facts.get("reason", "")))
        case "Terminated" if instance.output == STOPPED:
            return Decision(Step.REDRIVE, STOPPED)  # and was interrupted before it did
        case "Running" | "ContinuedAsNew" if is_stalled(instance, now):
            return Decision(Step.REDRIVE, f"no progress since {instance.updated.isoformat()}")
        case "Pending" if is_stalled(instance, now):
            # A second start would wait in the same queue.
            return Decision(Step.REPORT, f"started at {instance.created.isoformat()}, and no worker has taken it up")
        case "Suspended" if is_stalled(instance, now):
            return Decision(Step.REPORT, f"suspended since {instance.updated.isoformat()}")
        case _:
            return None


def _waits_until(instance: Instance) -> datetime:
    """Return until when it says that it waits; the beginning of time where it does not wait."""
    return _moment(instance.facts.get("until"))


def _moment(text: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
