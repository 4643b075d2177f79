# ruff: noqa - an app as anybody might write it
"""An app with one function of every kind that the embedded host runs."""

import asyncio
import json
import os
import threading
from datetime import timedelta
from typing import List  # the real worker knows only this spelling

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
CALLS = []
GATE = threading.Event()


@app.route(route="items/{id:int}/{note?}", methods=["GET", "POST"])
def item(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    body = {
        "id": req.route_params["id"],
        "note": req.route_params.get("note"),
        "q": req.params.get("q"),
        "body": req.get_body().decode(),
        "function": context.function_name,
        "setting": os.environ["FEATURE_HUB"],
    }
    return func.HttpResponse(json.dumps(body), status_code=201, mimetype="application/json", headers={"X-Test": "1"})


@app.route(route="raises")
def raises(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("no")


@app.route(route="text")
def text(req: func.HttpRequest) -> str:
    return "plain"


@app.route(route="start/{name}")
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    instance_id = await client.start_new(req.route_params["name"], req.params.get("id"), {"from": "http"})
    return client.create_check_status_response(req, instance_id)


@app.route(route="client/{id}")
@app.durable_client_input(client_name="client")
async def use_client(req: func.HttpRequest, client) -> func.HttpResponse:
    instance_id = req.route_params["id"]
    status = await client.get_status(instance_id, show_history=True)
    everything = await client.get_status_all()
    return func.HttpResponse(json.dumps([status.runtime_status.value, len(everything)]))


@app.event_hub_message_trigger(
    arg_name="events", event_hub_name="%FEATURE_HUB%", connection="Hub", cardinality="many", consumer_group="$Default"
)
@app.retry(strategy="fixed_delay", max_retry_count="3", delay_interval="00:00:10")
def many(events: List[func.EventHubEvent], context: func.Context) -> None:
    CALLS.append(
        {
            "bodies": [event.get_body().decode() for event in events],
            "numbers": [event.sequence_number for event in events],
            "partition": events[0].metadata["PartitionContext"]["PartitionId"],
            "enqueued": str(events[0].enqueued_time),
            "retry": context.retry_context.retry_count,
        }
    )
    if any(event.get_body() == b"poison" for event in events) or (
        any(event.get_body() == b"flaky" for event in events) and context.retry_context.retry_count < 2
    ):
        raise ValueError("not today")


@app.event_hub_message_trigger(arg_name="event", event_hub_name="one", connection="Hub", cardinality="one")
async def single(event: func.EventHubEvent) -> None:
    await asyncio.sleep(0)
    CALLS.append({"body": event.get_body().decode(), "number": event.sequence_number, "offset": event.offset})


@app.timer_trigger(arg_name="timer", schedule="%FEATURE_SCHEDULE%")
def tick(timer: func.TimerRequest) -> None:
    CALLS.append({"past_due": timer.past_due})


@app.activity_trigger(input_name="payload")
async def echo(payload: dict) -> dict:
    CALLS.append({"echo": payload})
    return payload


@app.activity_trigger(input_name="payload")
def gated(payload: str) -> str:
    CALLS.append({"gated": payload})
    GATE.wait(20)
    return payload


@app.orchestration_trigger(context_name="context")
def long_sleep(context: df.DurableOrchestrationContext):
    started = context.current_utc_datetime
    yield context.create_timer(started + timedelta(days=context.get_input()))
    return (context.current_utc_datetime - started).total_seconds()


@app.orchestration_trigger(context_name="context")
def echoes(context: df.DurableOrchestrationContext):
    yield context.call_activity("echo", {"n": 1})
    result = yield context.call_activity("echo", {"n": 2})
    return result


@app.orchestration_trigger(context_name="context")
def waits_at_gate(context: df.DurableOrchestrationContext):
    result = yield context.call_activity("gated", "x")
    return result


@app.orchestration_trigger(context_name="context")
def waits_for_event(context: df.DurableOrchestrationContext):
    context.set_custom_status({"stage": "waiting"})
    result = yield context.wait_for_external_event("Go")
    return result


@app.orchestration_trigger(context_name="context")
def loops_on_event(context: df.DurableOrchestrationContext):
    """The trap of a cancelled timer before continue_as_new: the event comes back once per generation."""
    generation = context.get_input() or 1
    timer = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    event = context.wait_for_external_event("Item")
    yield context.task_any([timer, event])
    timer.cancel()
    if generation < 3:
        context.continue_as_new(generation + 1)
        return None
    return event.result


@app.orchestration_trigger(context_name="context")
def calls_http(context: df.DurableOrchestrationContext):
    result = yield context.call_http("POST", context.get_input(), {"a": 1})
    return result


@app.entity_trigger(context_name="context", entity_name="Counter")
def counter(context: df.DurableEntityContext):
    value = context.get_state(lambda: 0)
    if context.operation_name == "add":
        context.set_state(value + (context.get_input() or 1))
    elif context.operation_name == "delete":
        context.destruct_on_exit()
    context.set_result(value)
