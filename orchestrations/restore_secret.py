"""The orchestration that rolls a rotation back once it has ended: the previous value becomes the current version again.

While a rotation waits for its consumers, the external event `Rollback` does the same (orchestrations/run.py: `grace`).
"""

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df

from orchestrations.run import Run
from rotation.outcomes import Outcome, OutcomeName
from rotation.restoring import Restoration

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def restore_secret(context: df.DurableOrchestrationContext) -> Generator[Any, Any, dict[str, Any]]:
    """Bring back what the rotation that the input names has replaced.

    1. The account's lock: nobody may regenerate the slot that the secret returns to.
    2. restore_version: refused if the previous key is dead, superseded if somebody has written a version since.
    """
    run = Run(context)
    return (yield from run.to_its_end(_restore(run)))


def _restore(run: Run) -> Generator[Any, Any, Outcome]:
    restoration = Restoration.from_json(run.context.get_input())
    run.progress.requested(restoration.request)
    run.progress.facts.update(
        rotationId=restoration.rotation_id,
        provider=restoration.provider,
        previousVersion=restoration.previous_version,
    )
    yield from run.lock.acquire(restoration.lock)
    yield from run.restore(restoration)
    return Outcome(OutcomeName.RESTORED)
