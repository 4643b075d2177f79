"""Orchestrations that do nothing, for what one costs whatever it does: five activities, and the same under a lock."""

from typing import Any

import azure.durable_functions as df

app = df.DFApp()


@app.orchestration_trigger(context_name="context")
def five(context: df.DurableOrchestrationContext) -> Any:
    """Call the activity five times, each with the answer of the last."""
    value = context.get_input()
    for _ in range(5):
        value = yield context.call_activity("step", value)
    return value


@app.orchestration_trigger(context_name="context")
def five_locked(context: df.DurableOrchestrationContext) -> Any:
    """Do the same between asking an entity and telling it."""
    value = context.get_input()
    lock = df.EntityId("Lock", context.instance_id)
    yield context.call_entity(lock, "acquire", value)
    for _ in range(5):
        value = yield context.call_activity("step", value)
    context.signal_entity(lock, "release", value)
    return value


@app.activity_trigger(input_name="payload")
def step(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Count."""
    return {"count": payload["count"] + 1}


@app.entity_trigger(context_name="context", entity_name="Lock")
def lock(context: df.DurableEntityContext) -> None:
    """Remember who asked last."""
    context.set_state(context.get_input())
    context.set_result(context.get_input())
