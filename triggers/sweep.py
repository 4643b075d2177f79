"""The timer that has every vault looked through: events can be lost, and the oldest secrets never send one."""

import logging
from datetime import UTC, datetime
from typing import Any

import azure.durable_functions as df
import azure.functions as func

import bootstrap
from rotation.instance import IN_HAND
from rotation.redriving import PATIENCE
from rotation.sweep import SWEEP
from task_hub.driving import stop

bp = df.Blueprint()

_log = logging.getLogger("secret_rotation")


# The schedule is written here rather than as %SWEEP_SCHEDULE%: so the setting may be absent, and a wrong one is among
# the complaints that stop the app. With the monitor, a sweep that fell into an outage is made up for; on each start of
# a host, as `run_on_startup` would have it, there is no reason for one.
@bp.timer_trigger(
    arg_name="timer", schedule=bootstrap.settings().sweep_schedule, run_on_startup=False, use_monitor=True
)
@bp.durable_client_input(client_name="client")
async def sweep(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    """Start `sweep_vaults`, unless it is in hand and moves."""
    status = await client.get_status(SWEEP)
    name = getattr(status.runtime_status, "name", status.runtime_status)
    if name in IN_HAND:
        # One that somebody has suspended is his to resume; it could not be stopped either.
        if name == "Suspended" or bootstrap.now() - _updated(status) < PATIENCE:
            _log.info("the last sweep is still in hand: %s", name)
            return
        await stop(client, SWEEP)
    await client.start_new("sweep_vaults", SWEEP)


def _updated(status: Any) -> datetime:
    moment: datetime = status.last_updated_time
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
