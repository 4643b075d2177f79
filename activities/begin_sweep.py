"""The sweep's first step: what is there to look through, and how fast may it go."""

from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.results import Done

bp = df.Blueprint()


@bp.activity_trigger(input_name="payload")
def begin_sweep(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Name the allow-listed vaults, how many rotations may be at work at a time, and whether secrets are copied."""
    return shell.run("begin_sweep", _begin_sweep, payload)


def _begin_sweep(payload: dict[str, Any]) -> Done:
    settings = bootstrap.settings()
    known = {"vaults": sorted(settings.vaults), "most_at_work": settings.most_concurrent_rotations}
    return Done(known | ({"copied": True} if settings.replica_vaults else {}))
