"""Calls an activity without a host."""

import json
from typing import Any

from dev.clock import Clock


def call(clock: Clock, module: Any, **payload: Any) -> dict[str, Any]:
    """Call a module's activity as the worker does, with plain JSON, and return its answer."""
    name = module.__name__.rpartition(".")[2]
    result: dict[str, Any] = getattr(module, name)._function._func(payload | {"now": clock.now().isoformat()})
    return json.loads(json.dumps(result))  # type: ignore[no-any-return]
