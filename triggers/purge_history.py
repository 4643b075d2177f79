"""The timer that deletes the histories of what ended long ago."""

import logging
from datetime import timedelta
from time import monotonic

import azure.durable_functions as df
import azure.functions as func

import bootstrap
from task_hub.purging import purge

bp = df.Blueprint()

_log = logging.getLogger("secret_rotation")

# Less than a function may run (host.json: functionTimeout); the rest is left to the next day.
_LONGEST = 300.0


@bp.timer_trigger(arg_name="timer", schedule="0 30 3 * * *", run_on_startup=False, use_monitor=True)
@bp.durable_client_input(client_name="client")
async def purge_history(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """Delete instances that ended before HISTORY_RETENTION_DAYS, and none that runs.

    A repeat of their events, or a restart, finds that all is done: the rotation itself looks first.
    """
    began = monotonic()
    before = bootstrap.now() - timedelta(days=bootstrap.settings().history_retention_days)
    purged = await purge(client, before, lambda: monotonic() - began > _LONGEST)
    rest = "" if purged.is_all else "; the rest is left for tomorrow"
    _log.info("%d histories from before %s deleted%s", purged.deleted, before.date(), rest)
