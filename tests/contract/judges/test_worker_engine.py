"""The production worker engine judges the app: it loads it, converts its data and runs its functions.

The embedded host stands where the Durable extension would, and simulated Azure where Azure would.
"""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dev.embedded_host.loading import load_functions
from dev.embedded_host.urls import client_binding
from dev.judges.worker_engine import Invocation, Session, WorkerEngine
from rotation.ids import instance_id
from tests.e2e.conftest import APP, Running
from tests.events import cloud_event, message
from tests.scene import SETTINGS, Scene

pytestmark = [pytest.mark.contract, pytest.mark.xdist_group("worker-engine")]

SUCCESS = 1
HUB = "SecretRotation"


def returned(session: Session, number: int = 0) -> Any:
    """Return what a function returned, as it went over the wire."""
    result = session.results[number]
    assert result["result"]["status"] == SUCCESS, result["result"]
    return result["return_value"]


def test_the_engine_finds_the_functions_that_the_embedded_host_finds(worker_engine: WorkerEngine) -> None:
    session = worker_engine.session(APP, SETTINGS)
    assert session.refused is None
    ours = {function.name: function for function in load_functions(APP, SETTINGS)}
    assert set(session.functions) == set(ours)
    for name, function in session.functions.items():
        theirs = {(binding["name"], binding["type"]) for binding in function["bindings"]}
        assert theirs == {(binding["name"], binding["type"]) for binding in ours[name].bindings}, name


def test_the_bindings_are_those_of_the_design(worker_engine: WorkerEngine) -> None:
    functions = worker_engine.session(APP, SETTINGS).functions
    triggers = {
        name: next(each["type"] for each in function["bindings"] if each["type"].endswith("Trigger"))
        for name, function in functions.items()
    }
    steps = {"read_metadata", "regenerate_key", "verify_key", "write_version", "swap_slot", "restore_version"}
    assert {name: triggers[name] for name in steps} == dict.fromkeys(steps, "activityTrigger")
    assert triggers["rotate_secret"] == triggers["sweep_vaults"] == "orchestrationTrigger"
    asking = {"find_stuck", "find_working", "start_rotations"}
    bound = {name: {each["type"] for each in functions[name]["bindings"]} for name in asking}
    assert all(types == {"activityTrigger", "durableClient"} for types in bound.values())
    timers = {"sweep": "0 0 2 * * *", "purge_history": "0 30 3 * * *"}
    for name, schedule in timers.items():
        timer = next(each for each in functions[name]["bindings"] if each["type"] == "timerTrigger")
        assert (timer["schedule"], timer["runOnStartup"], timer["useMonitor"]) == (schedule, False, True)
    assert triggers["is_alive"] == "httpTrigger"
    starter, client = functions["rotate_on_vault_event"]["bindings"]
    if starter["type"] == "durableClient":
        starter, client = client, starter
    assert client["type"] == "durableClient"
    assert starter["type"] == "eventHubTrigger"
    assert (starter["eventHubName"], starter["consumerGroup"], starter["connection"], starter["cardinality"]) == (
        "%EVENT_HUB_NAME%",
        "%EVENT_HUB_CONSUMER_GROUP%",
        "EventHubConnection",
        "MANY",
    )
    retry = functions["rotate_on_vault_event"]["retry"]
    assert (retry["max_retry_count"], retry["retry_strategy"]) == (-1, "exponential_backoff")


def test_the_http_function_answers(worker_engine: WorkerEngine) -> None:
    request = {"method": "GET", "url": "https://app/api/IsAlive", "headers": {}, "params": {}, "query": {}}
    session = worker_engine.session(APP, SETTINGS, Invocation("is_alive", {"req": ("http", request)}))
    http = returned(session)["http"]
    body = json.loads(http["body"]["bytes"])
    assert (http["status_code"], body["isAlive"], body["regionName"]) == ("200", True, "westeurope")
    assert http["headers"]["content-type"].startswith("application/json")


def test_the_http_api_reads_and_answers_there_as_here(worker_engine: WorkerEngine) -> None:
    """Its handlers are wrapped twice, and read queries from the URL: both are the engine's to give."""
    url = "https://app/api/plan?vault=sample-kv&force=maybe&force=true"
    query = {"vault": "sample-kv", "force": "maybe,true"}
    request = {"method": "GET", "url": url, "headers": {}, "params": {}, "query": query}
    session = worker_engine.session(APP, SETTINGS, Invocation("plan_rotation", {"req": ("http", request)}))
    http = returned(session)["http"]
    problem = json.loads(http["body"]["bytes"])
    assert http["status_code"] == "422"
    assert http["headers"]["content-type"] == "application/problem+json"
    assert [complaint.split()[0] for complaint in problem["complaints"]] == ["force", "secret"]


def test_the_orchestrator_asks_for_its_first_step(worker_engine: WorkerEngine, scene: Scene) -> None:
    asked = json.dumps(scene.request("a" * 32).to_json())
    when = scene.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    history = [
        {"EventType": 12, "EventId": -1, "IsPlayed": False, "Timestamp": when},
        {
            "EventType": 0,
            "EventId": -1,
            "IsPlayed": False,
            "Timestamp": when,
            "Name": "rotate_secret",
            "Version": None,
            "Input": json.dumps(asked),
        },
    ]
    context = {
        "history": history,
        "input": asked,
        "instanceId": "rotate-test",
        "isReplaying": False,
        "parentInstanceId": None,
        "upperSchemaVersion": 1,
        "upperSchemaVersionNew": 3,
        "longRunningTimerIntervalDuration": "3.00:00:00",
        "maximumShortTimerDuration": "6.00:00:00",
        "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
    }
    session = worker_engine.session(
        APP, SETTINGS, Invocation("rotate_secret", {"context": ("json", json.dumps(context))})
    )
    value = returned(session)
    state = json.loads(next(iter(value.values())))
    assert (state["isDone"], state.get("error")) == (False, None)
    assert state["customStatus"]["step"]
    assert state["actions"]


def test_an_activity_plans_in_simulated_azure(worker_engine: WorkerEngine, scene: Scene) -> None:
    version = scene.secret().version
    payload = {"request": scene.request(version).to_json(), "now": scene.clock.now().isoformat()}
    session = worker_engine.session(
        APP,
        scene.azure.environment | SETTINGS,
        Invocation("read_metadata", {"payload": ("json", json.dumps(payload))}),
    )
    answer = json.loads(next(iter(returned(session).values())))
    assert answer["status"] == "done", answer
    assert (answer["value"]["live_slot"], answer["value"]["slot"]) == ("key1", "key2")
    assert scene.azure.calls_by_operation()["storage.listKeys"] == 1


def test_the_starter_starts_a_rotation_that_ends_well(worker_engine: WorkerEngine, running: Running) -> None:
    scene = running.scene
    version = scene.secret().version
    bodies = ["no event", message(cloud_event(scene.vault.host, "storage-key", version))]
    many: list[dict[str, str]] = [{}, {}]
    starter = Invocation(
        "rotate_on_vault_event",
        {
            "events": ("collection_string", bodies),
            "client": ("string", client_binding(running.host.url, HUB)),
        },
        {
            "PartitionContext": ("json", json.dumps({"PartitionId": "3"})),
            "PropertiesArray": ("json", json.dumps(many)),
            "SystemPropertiesArray": ("json", json.dumps(many)),
            "SequenceNumberArray": ("json", json.dumps([7, 8])),
        },
    )
    session = worker_engine.session(APP, scene.azure.environment | SETTINGS, starter)
    assert session.results[0]["result"]["status"] == SUCCESS, session.results
    assert running.ended(instance_id(scene.request(version)))["output"]["outcome"] == "rotated"
    running.host.advance(timedelta(days=1))
    assert scene.holds("key2")


def test_an_activity_with_a_client_starts_a_rotation_that_ends_well(
    worker_engine: WorkerEngine, running: Running
) -> None:
    scene = running.scene
    version = scene.secret().version
    now = scene.clock.now().isoformat()
    payload = {"wishes": [{"vault": scene.vault.host, "secret": "storage-key"}], "since": now, "now": now}
    given = {
        "payload": ("json", json.dumps(payload)),
        "client": ("string", client_binding(running.host.url, HUB)),
    }
    session = worker_engine.session(APP, scene.azure.environment | SETTINGS, Invocation("start_rotations", given))
    answer = json.loads(next(iter(returned(session).values())))
    assert [told["did"] for told in answer["value"]["told"]] == ["started"]
    assert running.ended(instance_id(scene.request(version)))["output"]["outcome"] == "rotated"


def test_the_timer_starts_a_sweep_that_ends_well(worker_engine: WorkerEngine, running: Running) -> None:
    tick = {"Schedule": {"AdjustForDST": True}, "IsPastDue": False}
    given = {"timer": ("json", json.dumps(tick)), "client": ("string", client_binding(running.host.url, HUB))}
    session = worker_engine.session(APP, running.scene.azure.environment | SETTINGS, Invocation("sweep", given))
    assert session.results[0]["result"]["status"] == SUCCESS, session.results
    assert running.ended("sweep")["output"]["outcome"] == "swept"


@pytest.mark.parametrize(("annotation", "loads"), [("List", True), ("list", False)])
def test_the_engine_refuses_batches_annotated_with_the_builtin_list(
    worker_engine: WorkerEngine, tmp_path: Path, annotation: str, loads: bool
) -> None:
    """Why the starter's annotation is `typing.List`: with the built-in one, no function of the app would load."""
    (tmp_path / "function_app.py").write_text(
        "from typing import List\n"
        "import azure.functions as func\n"
        "app = func.FunctionApp()\n"
        '@app.event_hub_message_trigger(arg_name="events", event_hub_name="hub", connection="c", '
        "cardinality=func.Cardinality.MANY)\n"
        f"def batch(events: {annotation}[func.EventHubEvent]) -> None: ...\n"
    )
    session = worker_engine.session(tmp_path, {})
    if loads:
        assert (session.refused, set(session.functions)) == (None, {"batch"})
    else:
        assert session.refused is not None
        assert "invalid non-type annotation list[" in session.refused
