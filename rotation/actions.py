"""What people can do about a rotation, in which state, and why not in another."""

from enum import StrEnum

from rotation.ids import RESTORE
from rotation.instance import APPROVAL, GRACE, Instance
from rotation.locking import LEASE

# The external events that `rotate_secret` listens to during the grace of its own new version.
CONSUMERS_READY = "ConsumersReady"
ROLLBACK = "Rollback"
# And while it waits for somebody's approval.
APPROVE = "Approve"
REJECT = "Reject"
OPEN_GRACE = f"{CONSUMERS_READY}, {ROLLBACK} or the end of the grace"
"""What the custom status says is waited for, as long as they are listened to."""


class Action(StrEnum):
    """What can be asked for, as the HTTP API spells it."""

    RESTART = "restart"
    ROLLBACK = "rollback"
    CONSUMERS_READY = "consumers-ready"
    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"


_IN_GRACE = (Action.CONSUMERS_READY, Action.ROLLBACK)
_WHEN_ASKED = (Action.APPROVE, Action.REJECT)
EVENTS = {
    Action.CONSUMERS_READY: CONSUMERS_READY,
    Action.ROLLBACK: ROLLBACK,
    Action.APPROVE: APPROVE,
    Action.REJECT: REJECT,
}


def possible(instance: Instance) -> list[Action]:
    """Return what can be done about an instance as it stands."""
    if instance.is_in_hand:
        now = _IN_GRACE if in_open_grace(instance) else _WHEN_ASKED if asks_for_approval(instance) else ()
        return [*now, Action.CANCEL]
    return [Action.RESTART, Action.ROLLBACK] if can_go_back(instance) else [Action.RESTART]


def in_open_grace(instance: Instance) -> bool:
    """Tell whether it waits for its consumers, so that an event can end that."""
    # Not every grace listens: one for the consumers of other secrets cannot be cut short for them.
    return instance.status == "Running" and instance.facts.get("waitingFor") == OPEN_GRACE


def asks_for_approval(instance: Instance) -> bool:
    """Tell whether it waits for somebody to approve of it."""
    return instance.status == "Running" and instance.facts.get("step") == APPROVAL


def can_go_back(instance: Instance) -> bool:
    """Tell whether what has ended has written a version whose predecessor may still work."""
    facts = instance.facts
    known = all(isinstance(facts.get(fact), str) for fact in ("version", "previousVersion", "provider"))
    over = facts.get("retired") is True or facts.get("rolledBack") is True or instance.id.startswith(RESTORE)
    return known and not over and facts["version"] != facts["previousVersion"]


def why_not(action: Action, instance: Instance) -> str:
    """Say why an action that is not possible is not."""
    if action is Action.CANCEL:
        return f"it has ended ({instance.status}): there is nothing to cancel"
    if action is Action.RESTART:
        return f"it is {instance.status}: only what has ended can be restarted; cancel it first if it must not go on"
    if not instance.is_in_hand:
        return _why_not_now(action, instance)
    if instance.status == "Suspended":
        return "it is Suspended: resume it first, with the Durable API"
    if action in _WHEN_ASKED:
        return "it is not waiting for approval now"
    if instance.facts.get("step") == GRACE:
        return "this wait is for others who may still hold the key: it cannot be cut short"
    return "it is not waiting for its consumers now"


def _why_not_now(action: Action, instance: Instance) -> str:
    ended = f"it has ended ({instance.status})"
    if action in _WHEN_ASKED:
        return f"{ended}: there is nothing left to approve of or to reject"
    if action is Action.CONSUMERS_READY:
        return f"{ended}: no grace is left to end"
    if instance.facts.get("retired") is True:
        return f"{ended}, and the previous credential is dead: rotate with force instead"
    return f"{ended} without a version of its own that could be rolled back"


def effect(action: Action) -> str:
    """Say what an action has done, once it is done."""
    match action:
        case Action.RESTART:
            return "started again with the same input: it asks of each step first whether it is already done"
        case Action.CONSUMERS_READY:
            return "the grace is over: the previous slot is retired now"
        case Action.APPROVE:
            return "approved: it is planned anew and goes on, in its window if it has one"
        case Action.REJECT:
            return "rejected: it ends as refused; the sweep asks again once as long has passed as it would have waited"
        case Action.ROLLBACK:
            return "the previous version's value is written as a new version; the rotation then ends as failed"
        case Action.CANCEL:
            return (
                "it stops after what it has in hand. A lock that it holds is free again within "
                f"{LEASE.total_seconds() / 3600:.0f} h. An event, a sweep or a restart starts it again: "
                "to keep the secret from being rotated, tag it RotationEnabled=false"
            )
