"""What the HTTP API shows of an instance."""

from collections.abc import Mapping
from typing import Any

from rotation.actions import possible
from rotation.consumers import STATES, Consumer
from rotation.history import fold, shown_time
from rotation.instance import Instance

_LONGEST_TEXT = 1000
_WHILE_IT_RUNS = ("step", "waitingFor", "until")
_MORE = (
    "rotationId", "provider", "previousVersion", "previousSlot", "version", "slot", "expiresOn", "verified", "note",
    "inventory", "window", "hurry", "approval", "asksAgain",
)  # fmt: skip


def summary(instance: Instance) -> dict[str, Any]:
    """Return an instance as a list shows it."""
    request, facts = instance.request, instance.facts
    shown = {
        "id": instance.id,
        "vault": request.vault if request else None,
        "secret": request.secret if request else None,
        "replaces": request.version if request else None,
        "status": instance.status,
        "cause": request.reason if request else "",
        "createdTime": shown_time(instance.created),
        "lastUpdatedTime": shown_time(instance.updated),
    }
    return shown | _known(
        {
            "outcome": instance.outcome,
            "reason": ended_because(instance),
            "late": True if facts.get("late") is True else None,
            **({name: _text(facts, name) for name in _WHILE_IT_RUNS} if instance.is_in_hand else {}),
            "attempt": _count(facts) if instance.is_in_hand else None,
        }
    )


def whole(instance: Instance) -> dict[str, Any]:
    """Return all that is known of an instance, its history folded into steps."""
    request, facts = instance.request, instance.facts
    moved = facts.get("moved")
    retired = facts.get("retired")
    shown = summary(instance) | {
        "force": request.force if request else False,
        "redrives": request.redrives if request else 0,
        "moved": [str(name) for name in moved] if isinstance(moved, list) else [],
        "can": [str(action) for action in possible(instance)],
        "steps": [step.to_json() for step in fold(instance)],
    }
    return shown | _known(
        {
            **{name: _text(facts, name) for name in _MORE},
            "retired": retired if isinstance(retired, bool) else None,
            "rolledBack": True if facts.get("rolledBack") is True else None,
        }
    )


def refreshed(instance: Instance) -> dict[str, Any]:
    """Return what an instance of `refresh_consumers` knows of a secret's consumers."""
    told = instance.output if isinstance(instance.output, dict) else instance.facts
    listed = told.get("standings")
    return {
        "id": instance.id,
        "status": instance.status,
        "createdTime": shown_time(instance.created),
        "lastUpdatedTime": shown_time(instance.updated),
        "consumers": [_consumer(each) for each in listed if _is_standing(each)] if isinstance(listed, list) else [],
    } | _known(
        {
            "version": instance.request.version if instance.request else None,
            "outcome": instance.outcome,
            "reason": ended_because(instance),
        }
    )


def _is_standing(told: object) -> bool:
    return isinstance(told, dict) and isinstance(told.get("id"), str) and told.get("state") in STATES


def _consumer(told: Mapping[str, Any]) -> dict[str, Any]:
    settings = told.get("settings")
    return {
        "id": told["id"],
        "name": Consumer(told["id"], ()).name,
        "state": told["state"],
        "settings": [str(name) for name in settings] if isinstance(settings, list) else [],
    } | _known({"version": _text(told, "version"), "reason": _text(told, "reason")})


def waits(instance: Instance) -> dict[str, Any]:
    """Return what an instance waits for and until when; nothing where it does not wait."""
    names = ("waitingFor", "until") if instance.is_in_hand else ()
    return _known({name: _text(instance.facts, name) for name in names})


def ended_because(instance: Instance) -> str | None:
    """Return why an instance ended as it did, also where it could not say so itself; None while it runs."""
    if instance.is_in_hand:
        return None
    if instance.outcome is not None:
        return _text(instance.facts, "reason")
    if instance.status == "Terminated":
        told = instance.output if isinstance(instance.output, str) else ""
        return f"cancelled: {told}"[:_LONGEST_TEXT] if told else "cancelled"
    return "it ended without a word: its worker died, or the app was changed under it; restart it"


def _text(facts: Mapping[str, Any], name: str) -> str | None:
    value = facts.get(name)
    return value[:_LONGEST_TEXT] if isinstance(value, str) and value else None


def _count(facts: Mapping[str, Any]) -> int | None:
    value = facts.get("attempt")
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
