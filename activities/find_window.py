"""Before a slot is retired: when the secret's window is open. Changes nothing."""

from datetime import datetime
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.failures import DisabledError, MissingError
from rotation.plan import Plan
from rotation.policy_tags import parse_policy
from rotation.results import Done
from rotation.window import Windows, parse_windows

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
def find_window(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Say from when and until when the window is open that a moment lies in, or the next one after it."""
    return shell.run("find_window", _find_window, payload)


def _find_window(payload: dict[str, Any]) -> Done:
    plan = Plan.from_json(payload["plan"])
    moment = max(datetime.fromisoformat(payload["at"]), datetime.fromisoformat(payload["now"]))
    windows = _windows(plan)
    if windows is None:
        return Done({"opens": None, "closes": None})
    opening = windows.at_or_after(moment)
    return Done({"opens": opening.opens.isoformat(), "closes": opening.closes.isoformat()})


def _windows(plan: Plan) -> Windows | None:
    """Return the windows as the secret's tags are now; those of the plan where these cannot be read or understood."""
    planned = parse_windows(plan.window) if plan.window else None
    fallback = None if isinstance(planned, tuple) else planned
    try:
        current = bootstrap.key_vault(plan.vault).read(plan.secret)
    except (MissingError, DisabledError):
        return fallback
    kinds, defaults = bootstrap.surroundings().kinds, bootstrap.settings().defaults
    policy = parse_policy(current.tags, current.content_type, kinds, defaults)
    return fallback if isinstance(policy, list) else policy.windows
