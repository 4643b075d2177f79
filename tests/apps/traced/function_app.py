# ruff: noqa - the functions are as they were recorded
"""The app whose conversation with the real extension was recorded: functions verbatim, in the recordings' order."""

import json
import time
from datetime import timedelta

import azure.durable_functions as df

app = df.DFApp()
FAILS = {}


@app.activity_trigger(input_name="payload")
def step(payload: dict):
    return {"step": payload["n"], "sum": payload["sum"] + payload["n"], "text": 'pi \u03c0 "q"'}


@app.orchestration_trigger(context_name="context")
def five(context: df.DurableOrchestrationContext):
    d = context.get_input()
    out = []
    total = d["base"]
    for n in range(5):
        r = yield context.call_activity("step", {"n": n, "sum": total})
        total = r["sum"]
        out.append(r)
    return {"total": total, "steps": out}


@app.activity_trigger(input_name="payload")
def boom(payload):
    raise ValueError("boom")


@app.orchestration_trigger(context_name="context")
def caught(context):
    try:
        yield context.call_activity("boom", {"x": 1})
    except Exception as ex:
        return {"type": type(ex).__name__, "str": str(ex), "args": [str(a) for a in ex.args]}


@app.orchestration_trigger(context_name="context")
def uncaught(context):
    yield context.call_activity("boom", {"x": 1})


@app.activity_trigger(input_name="payload")
def noop(payload):
    return payload


@app.orchestration_trigger(context_name="context")
def raises_itself(context):
    yield context.call_activity("noop", 1)
    raise KeyError("own")


@app.activity_trigger(input_name="payload")
def flaky(payload: dict):
    """Fails the first payload['fails'] times for a key."""
    n = FAILS[payload["key"]] = FAILS.get(payload["key"], 0) + 1
    if n <= payload["fails"]:
        raise ValueError("flaky %d" % n)
    return "ok after %d" % n


@app.orchestration_trigger(context_name="context")
def retrying(context):
    r = yield context.call_activity_with_retry("flaky", df.RetryOptions(500, 3), context.get_input())
    n = yield context.call_activity("noop", 41)
    return [r, n]


@app.orchestration_trigger(context_name="context")
def retry_caught(context):
    try:
        yield context.call_activity_with_retry("flaky", df.RetryOptions(500, 3), context.get_input())
    except Exception as ex:
        n = yield context.call_activity("noop", 7)
        return {"str": str(ex), "n": n}


@app.orchestration_trigger(context_name="context")
def retry_backoff(context):
    o = df.RetryOptions(2000, 3)
    r = yield context.call_activity_with_retry("flaky", o, context.get_input())
    return r


@app.orchestration_trigger(context_name="context")
def timer1(context):
    t0 = context.current_utc_datetime
    yield context.create_timer(t0 + timedelta(seconds=1))
    return {"waited": (context.current_utc_datetime - t0).total_seconds()}


@app.orchestration_trigger(context_name="context")
def race(context):
    d = context.get_input()
    timer = context.create_timer(context.current_utc_datetime + timedelta(seconds=d["timeout"]))
    event = context.wait_for_external_event("Approve")
    winner = yield context.task_any([timer, event])
    if winner == event:
        if not timer.is_completed:
            timer.cancel()
        n = yield context.call_activity("noop", 1)
        return {"approved": event.result, "n": n}
    return "timeout"


@app.orchestration_trigger(context_name="context")
def race_nocancel(context):
    timer = context.create_timer(context.current_utc_datetime + timedelta(seconds=context.get_input()["timeout"]))
    event = context.wait_for_external_event("Approve")
    winner = yield context.task_any([timer, event])
    return {"event_won": winner == event, "t": str(context.current_utc_datetime)}


@app.orchestration_trigger(context_name="context")
def timers3(context):
    out = []
    for s in (0, 2, 3):
        t = context.current_utc_datetime
        yield context.create_timer(t + timedelta(seconds=s))
        out.append([s, (context.current_utc_datetime - t).total_seconds()])
    return out


@app.orchestration_trigger(context_name="context")
def early_event(context):
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=context.get_input()["delay"]))
    a = yield context.wait_for_external_event("E")
    return {"got": a, "type": type(a).__name__}


@app.orchestration_trigger(context_name="context")
def instant(context):
    return {"in": context.get_input()}


@app.orchestration_trigger(context_name="context")
def three_events(context):
    out = []
    for _ in range(3):
        e = yield context.wait_for_external_event("Item")
        out.append([type(e).__name__, e])
        yield context.call_activity("noop", 0)
    return out


@app.orchestration_trigger(context_name="context")
def same_event_twice(context):
    a = context.wait_for_external_event("E")
    b = context.wait_for_external_event("E")
    r = yield context.task_all([a, b])
    return r


@app.orchestration_trigger(context_name="context")
def lock_user(context):
    d = context.get_input()
    e = df.EntityId("Lock", d["key"])
    r1 = yield context.call_entity(e, "acquire", {"owner": context.instance_id})
    tries = 1
    while not r1["ok"]:
        yield context.create_timer(context.current_utc_datetime + timedelta(seconds=1))
        r1 = yield context.call_entity(e, "acquire", {"owner": context.instance_id})
        tries += 1
    if d.get("hold"):
        yield context.call_activity("slow", {"s": d["hold"]})
    r2 = yield context.call_entity(e, "release", {"owner": context.instance_id})
    return {"acquire": r1, "release": r2, "tries": tries}


def _lock(context):
    s = context.get_state(lambda: {"owner": None, "log": []})
    op, d = context.operation_name, context.get_input()
    if op == "acquire":
        ok = s["owner"] in (None, d["owner"])
        if ok:
            s["owner"] = d["owner"]
        s["log"].append(["acquire", d["owner"], ok])
        context.set_state(s)
        context.set_result({"ok": ok, "owner": s["owner"]})
    elif op == "release":
        ok = s["owner"] == d["owner"]
        if ok:
            s["owner"] = None
        s["log"].append(["release", d["owner"], ok])
        context.set_state(s)
        context.set_result({"ok": ok})
    elif op == "note":
        s["log"].append(["note", d])
        context.set_state(s)
    elif op == "get":
        context.set_result(s)
    elif op == "explode":
        raise RuntimeError("no such op")
    elif op == "delete":
        context.destruct_on_exit() if hasattr(context, "destruct_on_exit") else context.set_state(None)


@app.entity_trigger(context_name="context", entity_name="Lock")
def Lock(context):
    _lock(context)


@app.orchestration_trigger(context_name="context")
def entity_err(context):
    e = df.EntityId("Lock", context.get_input()["key"])
    context.signal_entity(e, "note", {"from": "orch"})
    try:
        yield context.call_entity(e, "explode", None)
    except Exception as ex:
        s = yield context.call_entity(e, "get", None)
        return {"type": type(ex).__name__, "str": str(ex), "state": s}


@app.orchestration_trigger(context_name="context")
def entity_uncaught(context):
    yield context.call_entity(df.EntityId("Lock", context.get_input()["key"]), "explode", None)


@app.orchestration_trigger(context_name="context")
def signal_only(context):
    context.signal_entity(df.EntityId("Lock", context.get_input()["key"]), "note", {"from": "signal_only"})
    yield context.call_activity("noop", 1)
    return "sent"


@app.activity_trigger(input_name="payload")
def slow(payload: dict):
    time.sleep(payload["s"])
    return payload["s"]


@app.orchestration_trigger(context_name="context")
def customstatus(context):
    context.set_custom_status({"stage": 1})
    yield context.call_activity("noop", 1)
    context.set_custom_status("stage two")
    yield context.call_activity("slow", {"s": 2.5})
    context.set_custom_status(["three", 3])
    yield context.call_activity("noop", 3)
    return "done"


@app.orchestration_trigger(context_name="context")
def eternal(context):
    d = context.get_input()
    r = yield context.call_activity("noop", d["gen"])
    context.set_custom_status("gen %s" % r)
    if d["gen"] < 3:
        context.continue_as_new({"gen": d["gen"] + 1, "first": d.get("first") or str(context.current_utc_datetime)})
        return
    return {"last": d}


@app.orchestration_trigger(context_name="context")
def can_events(context):
    d = context.get_input()
    if d["gen"] == 1:
        yield context.create_timer(context.current_utc_datetime + timedelta(seconds=3))
        context.continue_as_new({"gen": 2})
        return
    timer = context.create_timer(context.current_utc_datetime + timedelta(seconds=3))
    event = context.wait_for_external_event("E")
    winner = yield context.task_any([timer, event])
    if winner == event:
        timer.cancel()
    return {"event": event.result if winner == event else "none"}


@app.orchestration_trigger(context_name="context")
def can_with_open_timer(context):
    d = context.get_input()
    timer = context.create_timer(context.current_utc_datetime + timedelta(seconds=5))
    if d["gen"] == 1:
        yield context.call_activity("noop", 1)
        context.continue_as_new({"gen": 2})
        return
    yield context.call_activity("noop", 2)
    timer.cancel()
    return "gen 2 done"


@app.orchestration_trigger(context_name="context")
def parent(context):
    a = yield context.call_sub_orchestrator("child", {"v": 1}, context.get_input()["child"])
    b = yield context.call_sub_orchestrator("child", {"v": 2})
    return {"a": a, "b": b}


@app.orchestration_trigger(context_name="context")
def child(context):
    d = context.get_input()
    r = yield context.call_activity("noop", d["v"])
    return {"r": r, "me": context.instance_id, "parent": context.parent_instance_id}


@app.orchestration_trigger(context_name="context")
def parent_fail(context):
    try:
        yield context.call_sub_orchestrator("uncaught", {"v": 1}, context.get_input()["child"])
    except Exception as ex:
        return {"type": type(ex).__name__, "str": str(ex)}


@app.orchestration_trigger(context_name="context")
def parent_fail_uncaught(context):
    yield context.call_sub_orchestrator("uncaught", {"v": 1}, context.get_input()["child"])


@app.orchestration_trigger(context_name="context")
def parent_retry(context):
    r = yield context.call_sub_orchestrator_with_retry(
        "child_flaky", df.RetryOptions(500, 3), context.get_input(), context.instance_id + "-kid"
    )
    return r


@app.orchestration_trigger(context_name="context")
def child_flaky(context):
    r = yield context.call_activity("flaky", context.get_input())
    return {"r": r}


@app.orchestration_trigger(context_name="context")
def parent_twice(context):
    i = context.instance_id + "-kid"
    a = yield context.call_sub_orchestrator("child", {"v": 1}, i)
    b = yield context.call_sub_orchestrator("child", {"v": 2}, i)
    return [a, b]


@app.orchestration_trigger(context_name="context")
def waits(context):
    e = yield context.wait_for_external_event("Go")
    return {"got": e}


@app.orchestration_trigger(context_name="context")
def slow1(context):
    r = yield context.call_activity("slow", {"s": context.get_input()["s"]})
    return r


@app.orchestration_trigger(context_name="context")
def fails_until(context):
    """Activity fails the first time: for rewind."""
    a = yield context.call_activity("noop", "before")
    r = yield context.call_activity("flaky", context.get_input())
    return [a, r]


@app.orchestration_trigger(context_name="context")
def one(context):
    r = yield context.call_activity("noop", context.get_input())
    return {"out": r}


@app.orchestration_trigger(context_name="context")
def parent_waits(context):
    r = yield context.call_sub_orchestrator("waits", None, context.instance_id + "-kid")
    return r


@app.orchestration_trigger(context_name="context")
def sleepy_orch(context):
    yield context.call_activity("noop", 1)
    time.sleep(context.get_input()["s"])  # never do this; used to be in flight when the worker dies
    yield context.call_activity("noop", 2)
    return "done"


@app.orchestration_trigger(context_name="context")
def slow5(context):
    out = []
    for n in range(5):
        out.append((yield context.call_activity("slow", {"s": 1.5, "n": n})))
    return out


@app.orchestration_trigger(context_name="context")
def noop5(context):
    for n in range(5):
        yield context.call_activity("noop", n)
    return "done"


@app.orchestration_trigger(context_name="context")
def unknown_activity(context):
    try:
        yield context.call_activity("does_not_exist", 1)
    except Exception as ex:
        return {"caught": str(ex)}


@app.orchestration_trigger(context_name="context")
def unknown_sub(context):
    try:
        yield context.call_sub_orchestrator("no_such_orchestrator", 1)
    except Exception as ex:
        return {"caught": str(ex)}


@app.orchestration_trigger(context_name="context")
def unknown_entity(context):
    try:
        yield context.call_entity(df.EntityId("NoSuchEntity", "k"), "op", 1)
    except Exception as ex:
        return {"caught": str(ex)}


@app.orchestration_trigger(context_name="context")
def unknown_then_ok(context):
    try:
        yield context.task_all([context.call_activity("does_not_exist", 1), context.call_activity("noop", 1)])
    except Exception as ex:
        return {"caught": str(ex)}


@app.orchestration_trigger(context_name="context")
def fan(context):
    tasks = [context.call_activity("noop", {"i": i}) for i in range(10)]
    res = yield context.task_all(tasks)
    return [r["i"] for r in res]


@app.orchestration_trigger(context_name="context")
def fan_fail(context):
    try:
        yield context.task_all(
            [
                context.call_activity("boom", 1),
                context.call_activity("slow", {"s": 1}),
                context.call_activity("noop", 2),
            ]
        )
    except Exception as ex:
        n = yield context.call_activity("noop", 3)
        return {"str": str(ex), "n": n}


@app.orchestration_trigger(context_name="context")
def fan_fail_return(context):
    """Fails at once on the fast failure while a slow sibling is open."""
    try:
        yield context.task_all([context.call_activity("boom", 1), context.call_activity("slow", {"s": 2})])
    except Exception as ex:
        return {"str": str(ex)}


@app.activity_trigger(input_name="payload")
def kinds(payload):
    """Returns what it was asked to; used to see how each JSON kind travels."""
    return payload


@app.orchestration_trigger(context_name="context")
def all_kinds(context):
    out = []
    for v in (
        None,
        True,
        7,
        1.0,
        "s",
        "",
        '{"a": 1}',
        "12",
        [],
        [1, "a", None],
        {},
        {"a": {"b": [1]}},
        "2024-01-01T00:00:00Z",
    ):
        out.append((yield context.call_activity("kinds", v)))
    return out


@app.orchestration_trigger(context_name="context")
def guids(context):
    a = context.new_uuid()
    yield context.call_activity("noop", 1)
    b = context.new_uuid()
    return [a, b, str(context.current_utc_datetime)]


@app.orchestration_trigger(context_name="context")
def upper_names(context):
    r = yield context.call_activity("NOOP", 5)
    e = yield context.call_entity(df.EntityId("LOCK", "CaseKey"), "acquire", {"owner": "x"})
    return [r, e]


@app.orchestration_trigger(context_name="context")
def http_call(context):
    r = yield context.call_http("GET", context.get_input()["url"])
    return {"type": type(r).__name__, "r": json.loads(r) if isinstance(r, str) else r}


@app.orchestration_trigger(context_name="context")
def replaying(context):
    log = [context.is_replaying]
    yield context.call_activity("noop", 1)
    log.append(context.is_replaying)
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=2))
    log.append(context.is_replaying)
    context.set_custom_status(log)
    yield context.wait_for_external_event("E")
    log.append(context.is_replaying)
    yield context.call_entity(df.EntityId("Lock", "rp"), "get", None)
    log.append(context.is_replaying)
    context.set_custom_status(log)
    return log


@app.orchestration_trigger(context_name="context")
def nondet(context):
    FAILS["nd"] = FAILS.get("nd", 0) + 1
    if FAILS["nd"] == 1:
        yield context.call_activity("noop", 1)
    else:
        yield context.call_activity("step", {"n": 1, "sum": 1})
    return "x"


@app.orchestration_trigger(context_name="context")
def returns_none(context):
    yield context.call_activity("noop", None)


@app.activity_trigger(input_name="payload")
def not_json(payload):
    return {1, 2}


@app.orchestration_trigger(context_name="context")
def calls_not_json(context):
    yield context.call_activity("not_json", None)


@app.orchestration_trigger(context_name="context")
def any_then_return(context):
    fast, slow_ = context.call_activity("noop", 1), context.call_activity("slow", {"s": 4})
    w = yield context.task_any([fast, slow_])
    return {"fast_won": w == fast}


@app.orchestration_trigger(context_name="context")
def any_then_raise(context):
    fast, slow_ = context.call_activity("noop", 1), context.call_activity("slow", {"s": 4})
    yield context.task_any([fast, slow_])
    raise RuntimeError("gave up")


@app.orchestration_trigger(context_name="context")
def any_then_can(context):
    d = context.get_input()
    timer = context.create_timer(context.current_utc_datetime + timedelta(seconds=5))
    fast = context.call_activity("noop", d["gen"])
    yield context.task_any([timer, fast])
    if d["gen"] == 1:
        context.continue_as_new({"gen": 2})
        return
    timer.cancel()
    return "gen 2 done"


@app.orchestration_trigger(context_name="context")
def any_entity_then_return(context):
    e = context.call_entity(df.EntityId("Lock", "openent"), "get", None)
    fast = context.call_activity("noop", 1)
    yield context.task_any([fast, e])
    return "done"


@app.orchestration_trigger(context_name="context")
def any_sub_then_return(context):
    sub = context.call_sub_orchestrator("waits", None, context.instance_id + "-kid")
    fast = context.call_activity("noop", 1)
    yield context.task_any([fast, sub])
    return "done"
