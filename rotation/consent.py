"""What a rotation may have to wait for although it could go on: its window, and somebody's approval."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from rotation.actions import APPROVE, REJECT
from rotation.plan import Plan
from rotation.request import LONGEST_REASON

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Answer(StrEnum):
    """What came of asking for approval."""

    APPROVED = "approved"
    REJECTED = "rejected"
    TIMED_OUT = "timed out"


class NotNow(Exception):  # noqa: N818 - waiting is no error
    """Ends this attempt of a rotation: what comes next may begin later, and is planned anew then."""

    def __init__(self, until: datetime, waiting_for: str) -> None:
        super().__init__(waiting_for)
        self.until = until
        self.waiting_for = waiting_for


class AskFirst(Exception):  # noqa: N818 - asking is no error
    """Ends this attempt of a rotation: somebody has to approve of what comes next, and it is planned anew then."""

    def __init__(self, plan: Plan, patience: timedelta, whom: str = "") -> None:
        super().__init__(f"approval of {plan.secret}")
        self.plan = plan
        self.patience = patience
        """How long somebody may take to answer."""
        self.whom = whom
        """Another secret that would have to make way and wants to be asked for; empty where it is the plan's own."""

    @property
    def waiting_for(self) -> str:
        """What the custom status says is waited for."""
        expires_on = self.plan.expires_on
        presses = f"; the version expires on {expires_on.isoformat()}" if expires_on else ""
        about = f" of moving {self.whom}" if self.whom else ""
        return f"{APPROVE} or {REJECT}{about}{presses}"


def said(event: object) -> str:
    """Return what somebody has said with an answer: the text `reason` of the event, bounded and in one line."""
    reason = event.get("reason") if isinstance(event, Mapping) else None
    return _CONTROLS.sub(" ", reason)[:LONGEST_REASON].strip() if isinstance(reason, str) else ""
