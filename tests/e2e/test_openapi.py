"""The OpenAPI document: sound in itself, complete, and true of the app, as far as schemathesis can tell."""

from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, unsupported_method

from dev.embedded_host.loading import load_functions
from rotation.actions import Action
from tests.e2e.api import OPENAPI, described
from tests.e2e.conftest import APP, Running
from tests.scene import DAY, SECRET, SETTINGS, VAULT

pytestmark = pytest.mark.e2e

OPERATIONS = {one.ok().label: one.ok() for one in described().get_all_operations()}

# The host's business, not the app's: locally it asks for no key, and other methods find no route, which it calls 404.
OF_THE_HOST = [ignored_auth, unsupported_method]


def test_the_document_is_sound_and_served(running: Running) -> None:
    answer = requests.get(f"{running.host.url}/api/openapi.json", timeout=30)
    assert answer.json() == described().raw_schema
    assert answer.json()["openapi"].startswith(OPENAPI)
    described().validate()


def test_every_route_is_described_and_none_besides() -> None:
    described_routes = {
        (method.upper(), path.strip("/"))
        for path, methods in described().raw_schema["paths"].items()
        for method in methods
        if method != "parameters"
    }
    page = {("GET", "status"), ("GET", "status/{file}")}
    routes = set()
    for function in load_functions(APP, SETTINGS):
        if function.kind == "httpTrigger":
            route = str(function.trigger["route"])
            verbs = list(Action) if "{verb}" in route else [""]
            routes |= {(m, route.replace("{verb}", verb)) for m in function.trigger["methods"] for verb in verbs}
    assert routes - page == described_routes


def test_every_route_with_data_asks_for_a_key() -> None:
    levels = {
        function.name: str(function.trigger["authLevel"]).casefold()
        for function in load_functions(APP, SETTINGS)
        if function.kind == "httpTrigger"
    }
    open_to_all = {name for name, level in levels.items() if level != "function"}
    assert open_to_all == {"is_alive", "status_page", "status_file"}
    assert {levels[name] for name in open_to_all} == {"anonymous"}


# --- schemathesis


def acquainted(case: Any, instance: str) -> Any:
    """Let a request be about something that is there, where it names anything at all."""
    names = {"vault": VAULT, "secret": SECRET}
    for part in (case.query, case.body):
        if isinstance(part, dict):
            part.update({name: known for name, known in names.items() if name in part})
    if case.path_parameters and "id" in case.path_parameters:
        case.path_parameters["id"] = instance
    return case


def without_token(case: Any) -> Any:
    """Leave the token away: not every text that looks like one is one, which no schema can say."""
    if isinstance(case.query, dict):
        case.query.pop("continuationToken", None)
    return case


def fuzz(running: Running, strategy: Any) -> None:
    @settings(
        max_examples=15,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def hold(case: Any) -> None:
        case.call_and_validate(base_url=f"{running.host.url}/api", excluded_checks=OF_THE_HOST)

    hold()
    running.host.wait_idle()


@pytest.mark.parametrize("label", OPERATIONS)
def test_what_the_document_allows_is_answered_as_it_says(running: Running, label: str) -> None:
    version = running.scene.secret(RetireAfter="P9D").version
    running.scene.secret(name="other", expires_in=80 * DAY, ValidityPeriodDays="ninety")
    instance = running.announce(version)
    allowed = OPERATIONS[label].as_strategy(generation_mode=GenerationMode.POSITIVE).map(without_token)
    fuzz(running, allowed | st.builds(acquainted, allowed, st.just(instance)))
    assert running.scene.works()


@pytest.mark.parametrize("label", [label for label, one in OPERATIONS.items() if [*one.iter_parameters(), *one.body]])
def test_what_the_document_forbids_is_refused(running: Running, label: str) -> None:
    running.scene.secret()
    forbidden = OPERATIONS[label].as_strategy(generation_mode=GenerationMode.NEGATIVE)
    fuzz(running, forbidden)
    assert running.regenerations() == 0
