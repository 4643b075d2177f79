"""The sweep's way to the task hub when that does not answer, or an instance does not obey."""

import asyncio
from collections.abc import Callable
from typing import Any

import azure.durable_functions as df
import pytest
from azure.durable_functions.models.DurableOrchestrationStatus import DurableOrchestrationStatus

from activities.find_stuck import _find_stuck
from activities.find_working import _find_working
from activities.start_rotations import _start_rotations
from dev.embedded_host.urls import client_binding
from rotation.results import Done
from task_hub import driving
from task_hub.instances import TaskHubError
from tests.scene import SECRET, Scene

pytestmark = pytest.mark.contract

Body = Callable[[df.DurableOrchestrationClient, dict[str, Any]], Any]
NOWHERE = "http://127.0.0.1:1"


def client() -> df.DurableOrchestrationClient:
    return df.DurableOrchestrationClient(client_binding(NOWHERE, "SecretRotation"))


@pytest.mark.parametrize("body", [_find_stuck, _find_working])
def test_a_task_hub_that_does_not_answer_is_asked_again(scene: Scene, body: Body) -> None:
    payload = {"now": scene.clock.now().isoformat(), "after": None, "most": 9, "instances": ["rotate-x"]}
    with pytest.raises(TaskHubError, match="the task hub does not answer"):
        asyncio.run(body(client(), payload))


@pytest.mark.parametrize("known", [False, True])
def test_what_could_not_be_started_is_to_be_wished_again(scene: Scene, known: bool) -> None:
    version = scene.secret().version
    wish = {"vault": scene.vault.host, "secret": SECRET} | ({"version": version} if known else {})
    now = scene.clock.now().isoformat()
    answer = asyncio.run(_start_rotations(client(), {"wishes": [wish], "since": now, "now": now}))
    assert isinstance(answer, Done)
    assert answer.value["told"] == []
    assert [(one["secret"], one["reason"]) for one in answer.value["again"]] == [
        (SECRET, "the task hub does not answer (ClientConnectorError)")
    ]


class Deaf(df.DurableOrchestrationClient):
    """A client whose instance goes on whatever it is told."""

    def __init__(self) -> None:
        super().__init__(client_binding(NOWHERE, "SecretRotation"))
        self.told: list[str] = []

    async def terminate(self, instance_id: str, reason: str) -> None:
        self.told.append(f"{instance_id}: {reason}")

    async def get_status(self, instance_id: str, *_: Any, **__: Any) -> Any:
        return DurableOrchestrationStatus.from_json({"instanceId": instance_id, "runtimeStatus": "Running"})


def test_an_instance_that_does_not_stop_is_waited_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driving, "_BETWEEN", 0.0)
    deaf = Deaf()
    assert asyncio.run(driving.stop(deaf, "rotate-x")) is False
    assert len(deaf.told) == 1
