"""What can be done about a rotation in which state, and what is said where it cannot."""

from datetime import UTC, datetime
from typing import Any

import pytest

from rotation.actions import OPEN_GRACE, Action, effect, possible, why_not
from rotation.instance import Instance

pytestmark = pytest.mark.unit

THEN = datetime(2026, 7, 25, 1, 8, tzinfo=UTC)
WROTE: dict[str, Any] = {"version": "b" * 32, "previousVersion": "a" * 32, "provider": "/subscriptions/…"}
GRACE: dict[str, Any] = {"step": "grace", "waitingFor": OPEN_GRACE}


def instance(status: str, *, name: str = "rotate-contoso-key-0", **facts: Any) -> Instance:
    return Instance(name, status, THEN, THEN, facts=facts)


@pytest.mark.parametrize(
    ("state", "can"),
    [
        (instance("Pending"), ["cancel"]),
        (instance("Running", step="verify_key"), ["cancel"]),
        (instance("Running", **WROTE | GRACE), ["consumers-ready", "rollback", "cancel"]),
        (instance("Running", step="grace", waitingFor="those who may still hold key2"), ["cancel"]),
        (instance("Suspended", **WROTE | GRACE), ["cancel"]),
        (instance("Running", step="approval"), ["approve", "reject", "cancel"]),
        (instance("Suspended", step="approval"), ["cancel"]),
        (instance("Running", step="window", waitingFor="its window"), ["cancel"]),
        (instance("Completed", outcome="rotated", **WROTE), ["restart", "rollback"]),
        (instance("Completed", outcome="rotated", retired=False, **WROTE), ["restart", "rollback"]),
        (instance("Completed", outcome="rotated", retired=True, **WROTE), ["restart"]),
        (instance("Completed", outcome="not_due"), ["restart"]),
        (instance("Failed", outcome="failed", **WROTE), ["restart", "rollback"]),
        (instance("Failed", outcome="failed", rolledBack=True, **WROTE), ["restart"]),
        (instance("Failed", outcome="refused"), ["restart"]),
        (instance("Failed"), ["restart"]),
        (instance("Terminated", **WROTE | GRACE), ["restart", "rollback"]),
        (instance("Completed", **WROTE | {"version": "a" * 32}), ["restart"]),
        (instance("Completed", **WROTE | {"provider": None}), ["restart"]),
        (instance("Completed", name="restore-contoso-key-0", outcome="restored", **WROTE), ["restart"]),
    ],
)
def test_what_can_be_done(state: Instance, can: list[str]) -> None:
    assert [str(action) for action in possible(state)] == can


@pytest.mark.parametrize(
    ("action", "state", "told"),
    [
        (Action.RESTART, instance("Running"), "only what has ended"),
        (Action.CANCEL, instance("Completed"), "nothing to cancel"),
        (Action.CONSUMERS_READY, instance("Failed"), "no grace is left"),
        (Action.CONSUMERS_READY, instance("Running", step="verify_key"), "not waiting for its consumers"),
        (Action.ROLLBACK, instance("Running", step="grace", waitingFor="those who"), "others who may still hold"),
        (Action.ROLLBACK, instance("Suspended", **GRACE), "resume it first"),
        (Action.APPROVE, instance("Running", step="window"), "not waiting for approval"),
        (Action.REJECT, instance("Running", step="verify_key"), "not waiting for approval"),
        (Action.REJECT, instance("Suspended", step="approval"), "resume it first"),
        (Action.APPROVE, instance("Failed", outcome="refused"), "nothing left to approve of"),
        (Action.ROLLBACK, instance("Completed", outcome="not_due"), "without a version of its own"),
        (Action.ROLLBACK, instance("Completed", retired=True, **WROTE), "rotate with force"),
    ],
)
def test_what_cannot_be_done_says_why(action: Action, state: Instance, told: str) -> None:
    assert action not in possible(state)
    assert told in why_not(action, state)


def test_each_action_says_what_it_has_done() -> None:
    assert len({effect(action) for action in Action}) == len(Action)
    assert "1 h" in effect(Action.CANCEL), "how long a lock outlives its owner"
