"""The durable entity `ResourceLock`: one for each provider address, so that one rotation at a time works on it."""

from datetime import datetime

import azure.durable_functions as df

from rotation.locking import Lease

bp = df.Blueprint()


@bp.entity_trigger(context_name="context", entity_name="ResourceLock")
def resource_lock(context: df.DurableEntityContext) -> None:
    """Grant, renew or take back the lease; operations `acquire` and `release` with `{owner, now}`.

    `now` is the caller's replayed time, so that all who ask use the same kind of clock. The result is the lease.
    """
    lease = Lease.from_json(context.get_state(lambda: None))
    request = context.get_input()
    change = lease.acquired if context.operation_name == "acquire" else lease.released
    lease = change(request["owner"], datetime.fromisoformat(request["now"]))
    context.set_state(lease.to_json())
    context.set_result(lease.to_json())
