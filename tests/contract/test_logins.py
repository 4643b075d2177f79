"""Logins on a simulated server: who may share them, and what a dry run says; a real server judges the statements."""

from typing import Any

import pytest

from activities import find_neighbours, read_metadata
from dev.faults.stage import Stage
from dev.simulators import Logins, SecretVersion
from dev.simulators.login_server import SQL_TYPE, TYPE
from rotation.request import RotationRequest
from tests.contract.steps import call
from triggers import dry_run

pytestmark = pytest.mark.contract
KINDS = [TYPE, SQL_TYPE]


def seed(stage: Stage, logins: Logins, name: str = "db", **tags: str) -> SecretVersion:
    known = logins.tags() | tags
    return stage.secret(logins, logins.keys.slots[0], name=name, connection_string=True, **known).seeded  # type: ignore[arg-type]


def planned(stage: Stage, version: SecretVersion) -> dict[str, Any]:
    request = RotationRequest(stage.vault.host, version.name, version.version)
    answer = call(stage.clock, read_metadata, request=request.to_json())
    assert answer["status"] == "done", answer
    plan: dict[str, Any] = answer["value"]
    return plan


@pytest.mark.parametrize("tags", [{}, {"Login": "APP_B", "OtherLogin": "app_c"}, {"RotationEnabled": "false"}])
def test_a_login_of_two_secrets_is_refused_by_name(stage: Stage, tags: dict[str, str]) -> None:
    logins = stage.logins("app_a", "app_b")
    plan = planned(stage, seed(stage, logins))
    seed(stage, logins, "other", **tags)
    answer = call(stage.clock, find_neighbours, plan=plan, slot=plan["slot"])
    assert (answer["status"], answer["outcome"]) == ("stop", "refused")
    assert answer["reason"].startswith("other in sample-kv.vault.azure.net names the same login: ")


def test_other_logins_of_the_server_are_nobody_s_neighbours(stage: Stage) -> None:
    logins = stage.logins("app_a", "app_b")
    plan = planned(stage, seed(stage, logins))
    seed(stage, logins, "other", Login="app_c", OtherLogin="app_d")
    assert call(stage.clock, find_neighbours, plan=plan, slot=plan["slot"])["value"]["neighbours"] == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("names", "changes"),
    [
        (
            ("app_a", "app_b"),
            {
                "regenerate_key": ["setSecret pending", "setPassword sampledb/app_b", "setSecret pending"],
                "write_version": ["setSecret db", "deleteSecret pending"],
                "swap_slot": ["setPassword sampledb/app_a"],
            },
        ),
        (
            ("app_a",),
            {
                "regenerate_key": ["setSecret pending"],
                "write_version": ["setPassword sampledb", "setSecret db", "deleteSecret pending"],
            },
        ),
    ],
)
def test_a_dry_run_tells_every_change(
    stage: Stage, names: tuple[str, ...], changes: dict[str, list[str]], kind: str
) -> None:
    logins = stage.logins(*names, kind=kind)
    seed(stage, logins, **({} if logins.is_single else {"RetireAfter": "P1D"}))
    told = dry_run._plan_rotation(stage.vault.host, "db", False, stage.clock.now())
    found = {
        step["step"]: [
            f"{call['operation']} {_short(call['target'])}" for call in step.get("calls", []) if call["changes"]
        ]
        for step in told["steps"]
    }
    assert {step: calls for step, calls in found.items() if calls} == changes


def _short(target: str) -> str:
    if "rotation-pending" in target:
        return "pending"
    return "db" if target.endswith("/db") else target
