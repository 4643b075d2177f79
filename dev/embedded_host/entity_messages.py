"""The messages between orchestrations and entities.

A call is an EventSent whose input is a RequestMessage; the answer is an EventRaised named after the request's
guid, with a ResponseMessage in it (s06a). Both are .NET types in JSON, type names included, since the SDK reads
the fields.
"""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .stamps import offset_stamp, stamp, tick_stamp

if TYPE_CHECKING:
    from .orchestration import Orchestration

_ASSEMBLY = "Microsoft.Azure.WebJobs.Extensions.DurableTask"
_NO_PREDECESSOR = "0001-01-01T00:00:00"


def request_message(
    orchestration: "Orchestration",
    action: dict[str, Any],
    *,
    guid: str,
    signal: bool,
    due: datetime | None,
    sent_at: datetime,
) -> tuple[str, str]:
    """Return the event's name and input for a call or signal that an orchestrator makes."""
    message: dict[str, Any] = {"$type": f"{_ASSEMBLY}.RequestMessage, {_ASSEMBLY}", "op": action["operation"]}
    if signal:
        message["signal"] = True
    if action.get("input") is not None:
        message["input"] = json.dumps(action["input"], ensure_ascii=False)
    message |= {
        "id": guid,
        "parent": orchestration.identity.instance_id,
        "parentExecution": orchestration.identity.execution_id,
    }
    if due is not None:
        message |= {"due": stamp(due), "Timestamp": _NO_PREDECESSOR, "Predecessor": _NO_PREDECESSOR}
        return f"op@{stamp(due)}", _compact({**message, "requestTime": offset_stamp(sent_at)})
    ticks, last = orchestration.label(action["instanceId"])
    message |= {
        "Timestamp": _label(ticks, follows=last is not None and ticks == last + 1),
        "Predecessor": _NO_PREDECESSOR if last is None else _label(last),
        "requestTime": offset_stamp(sent_at),
    }
    return "op", _compact(message)


def client_signal(guid: str, operation: str, input_text: str | None) -> dict[str, Any]:
    """Return the request of a signal that comes from a client."""
    message: dict[str, Any] = {"op": operation, "signal": True, "id": guid}
    return message if input_text is None else {**message, "input": input_text}


def response_message(result: str | None, *, is_error: bool) -> str:
    """Return the input of the event that answers a call."""
    message: dict[str, Any] = {"$type": f"{_ASSEMBLY}.ResponseMessage, {_ASSEMBLY}", "result": result}
    if is_error:
        message["exceptionType"] = "Error"
    return _compact(message)


def _label(ticks: int, *, follows: bool = False) -> str:
    # A label that had to be moved on by one tick has lost its zone on the way (s06c).
    text = tick_stamp(ticks)
    return text if follows or ticks % 10 else text + "Z"


def _compact(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
