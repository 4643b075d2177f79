"""The audit trail: one record for each thing that happened, written to the log as one line of JSON.

Azure's Python worker hands on nothing of a log record but its text, so the text is the record: queries read it with
`parse_json(Message)`. Field names are an interface, documented in docs/monitoring.md. A field is always there, null
where nothing is known, and none ever holds a credential. Records are written at least once: whoever counts them counts
distinct instances.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rotation.outcomes import FAILING, Outcome, OutcomeName
from rotation.parking import ParkedEvent
from rotation.refreshing import BEHIND, Refreshing
from rotation.request import RotationRequest
from rotation.results import Done, Result, Retry, Stop
from rotation.sweep import Report

LOGGER = "secret_rotation.audit"

# The log cuts a line of more than 32 KB.
_MOST_CONSUMERS = 50

_WRITING = frozenset({"move_secret", "restore_version", "write_version"})


@dataclass(frozen=True)
class Record:
    """One thing that happened."""

    kind: str
    fields: Mapping[str, Any]
    is_trouble: bool = False
    """Whether somebody has to look at it."""

    @property
    def level(self) -> int:
        """The level to log it at."""
        return logging.WARNING if self.is_trouble else logging.INFO

    @property
    def line(self) -> str:
        """The record as the text of a log record; queries rely on how it begins."""
        return json.dumps({"record": self.kind, **self.fields}, separators=(",", ":"))


@dataclass(frozen=True)
class Spent:
    """Where a rotation's time went."""

    whole: timedelta = timedelta(0)
    grace: timedelta = timedelta(0)
    """Waiting for consumers, which is no delay."""
    lock: timedelta = timedelta(0)
    """Waiting for another rotation on the same account."""
    consent: timedelta = timedelta(0)
    """Waiting for its window, and for somebody's approval."""


def start(instance: str, request: RotationRequest, result: str) -> Record:
    """Say what became of a wish to rotate: `started`, `joined` or `settled`."""
    return Record(
        "start",
        {
            "instanceId": instance,
            "vault": request.vault,
            "secret": request.secret,
            "version": request.version,
            "cause": request.reason,
            "force": request.force,
            "redrives": request.redrives,
            "result": result,
        },
    )


def action(instance: str, request: RotationRequest | None, name: str, cause: str) -> Record:
    """Say what somebody has had done about an instance: `restart`, `rollback`, `approve` and so on."""
    return Record(
        "action",
        {
            "instanceId": instance,
            "vault": request.vault if request else None,
            "secret": request.secret if request else None,
            "action": name,
            "cause": cause or None,
        },
    )


def step(name: str, payload: Mapping[str, Any], result: Result, seconds: float) -> Record:
    """Say what an activity answered; `payload` is its input, of which only names and ids are taken."""
    plan, neighbour, request = (_object(payload.get(name)) for name in ("plan", "neighbour", "request"))
    # A neighbour that is moved has its own name and gets its own version; a step of the sweep may be about a vault.
    about = neighbour or plan or request or payload
    value = result.value if isinstance(result, Done) else {}
    slots = {
        "regenerate_key": plan.get("slot"),
        "swap_slot": plan.get("retire_slot"),
        "restore_version": value.get("slot"),
    }
    return Record(
        "step",
        {
            "instanceId": payload.get("instance"),
            "vault": about.get("vault"),
            "secret": about.get("secret"),
            "provider": plan.get("provider") or payload.get("provider"),
            "step": name,
            "slot": payload.get("slot") or slots.get(name),
            "attempt": payload.get("attempt"),
            **_answer(name, result),
            "late": bool(plan.get("late") or value.get("late")),
            "seconds": round(seconds, 3),
        },
        is_trouble=isinstance(result, Stop) and result.outcome in FAILING,
    )


def _object(value: object) -> Mapping[str, Any]:
    """Return what should be an object; a record must never be what fails a step."""
    return value if isinstance(value, Mapping) else {}


def _answer(name: str, result: Result) -> dict[str, Any]:
    known: dict[str, Any]
    match result:
        case Done(value):
            known = {"result": "done", "version": value.get("version") if name in _WRITING else None}
        case Retry():
            known = {
                "result": "retry",
                "reason": result.reason,
                "throttled": result.throttled,
                "retryAfter": result.after,
            }
        case Stop():
            known = {"result": "stop", "outcome": str(result.outcome), "reason": result.reason}
    blank = {"result": "", "outcome": None, "reason": None, "throttled": False, "retryAfter": None, "version": None}
    return blank | known


def rotation(
    instance: str,
    request: RotationRequest | None,
    started: datetime,
    outcome: Outcome,
    facts: Mapping[str, Any],
    spent: Spent,
) -> Record:
    """Say how a rotation ended.

    Args:
        instance: The instance's id.
        request: What it was asked to do; None where its input could not be read.
        started: When this run of the instance began; a restart is a run of its own.
        outcome: How it ended.
        facts: What is known of it: what its custom status shows (orchestrations/progress.py).
        spent: Where its time went.
    """
    late = bool(facts.get("late"))
    return Record(
        "rotation",
        {
            "instanceId": instance,
            "started": started.isoformat(),
            "rotationId": facts.get("rotationId"),
            "vault": request.vault if request else None,
            "secret": request.secret if request else None,
            "provider": facts.get("provider"),
            "cause": request.reason if request else None,
            "force": request.force if request else None,
            "redrives": request.redrives if request else None,
            "outcome": str(outcome.name),
            "reason": outcome.reason or None,
            "passes": outcome.passes if outcome.name is OutcomeName.FAILED else None,
            "late": late,
            "previousVersion": facts.get("previousVersion"),
            "version": facts.get("version"),
            "previousSlot": facts.get("previousSlot"),
            "slot": facts.get("slot"),
            "expiresOn": facts.get("expiresOn"),
            "verified": facts.get("verified"),
            "retired": facts.get("retired"),
            "rolledBack": bool(facts.get("rolledBack")),
            "moved": len(facts.get("moved", [])),
            "note": "; ".join(text for text in (facts.get("note"), facts.get("inventory")) if text) or None,
            "retries": facts.get("retries", 0),
            "throttled": facts.get("throttled", 0),
            "lockWaits": facts.get("lockWaits", 0),
            "seconds": _seconds(spent.whole),
            "graceSeconds": _seconds(spent.grace),
            "lockSeconds": _seconds(spent.lock),
            "consentSeconds": _seconds(spent.consent),
        },
        is_trouble=outcome.fails or late,
    )


def wait(
    instance: str,
    request: RotationRequest | None,
    what: str,
    result: str,
    until: datetime | None,
    reason: str,
    *,
    late: bool = False,
) -> Record:
    """Say that a rotation begins or ends to wait.

    Args:
        instance: The instance's id.
        request: What it was asked to do.
        what: `window` or `approval`.
        result: `begun`; then `over`, or what somebody has answered: `approved`, `rejected`, `timed out`.
        until: Until when it waits, at the latest; None once that is over.
        reason: What it waits for; of an answer: what was said with it.
        late: Whether the version has expired, so that the wait presses.
    """
    return Record(
        "wait",
        {
            "instanceId": instance,
            "vault": request.vault if request else None,
            "secret": request.secret if request else None,
            "waitsFor": what,
            "result": result,
            "until": until.isoformat() if until else None,
            "reason": reason or None,
            "late": late,
        },
        is_trouble=late or result in ("rejected", "timed out"),
    )


def parked(event: ParkedEvent) -> Record:
    """Say which event could not be used, and why; its text stays in the list that the app keeps."""
    return Record(
        "parked",
        {
            "enqueued": event.enqueued or None,
            "partition": event.partition,
            "sequenceNumber": event.sequence_number,
            "position": event.position,
            "reason": event.reason,
        },
        is_trouble=True,
    )


def sweep(instance: str, since: datetime, report: Report, ended: datetime) -> list[Record]:
    """Say what a sweep that began at `since` has found and done.

    The first record has the numbers; one follows for each secret that somebody has to look at, and for each vault that
    could not be read.
    """
    totals = report.totals()
    numbers = ("listed", "due", "started", "joined", "settled", "late", "redriven", "drifted", "renewing", "reported")
    fields = {
        "instanceId": instance,
        "since": since.isoformat(),
        "vaults": len(report.vaults),
        **{name: totals[name] for name in numbers},
        "unreachable": len(report.unreachable),
        "seconds": _seconds(ended - since),
    }
    told: list[tuple[str, str | None, str]]
    told = [(each["vault"], each["secret"], each["reason"]) for each in report.reported]
    told += [(vault, None, reason) for vault, reason in sorted(report.unreachable.items())]
    found = [_finding(instance, since, *each) for each in told]
    return [Record("sweep", fields, is_trouble=bool(found or report.late)), *found]


def refresh(instance: str, request: RotationRequest, refreshing: Refreshing, spent: timedelta) -> Record:
    """Say how a new version came to its consumers."""
    late = [each for each in refreshing.standings.values() if not each.is_current]
    return Record(
        "consumers",
        {
            "instanceId": instance,
            "vault": request.vault,
            "secret": request.secret,
            "version": request.version,
            "outcome": refreshing.outcome,
            **refreshing.totals(),
            "notCurrent": [{"id": each.id, "state": each.state} for each in late[:_MOST_CONSUMERS]],
            "seconds": _seconds(spent),
        },
        is_trouble=refreshing.outcome == BEHIND,
    )


def _finding(instance: str, since: datetime, vault: str, secret: str | None, reason: str) -> Record:
    return Record(
        "finding",
        {"instanceId": instance, "since": since.isoformat(), "vault": vault, "secret": secret, "reason": reason},
        is_trouble=True,
    )


def _seconds(span: timedelta) -> float:
    return round(span.total_seconds(), 3)
