"""What host.json and local.settings.json may look like, and how the host says no to the rest."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from dev.clock import VirtualClock
from dev.embedded_host import EmbeddedHost, HostError
from dev.embedded_host.settings import parse_time_span
from tests.contract.host_helpers import request, write_app

pytestmark = pytest.mark.contract

HELLO = """
@app.route(route="hello")
def hello(req: func.HttpRequest) -> str:
    return os.environ.get("GREETING", "nothing")
"""


def _refusal(app: Path) -> str:
    with pytest.raises(HostError) as refused:
        EmbeddedHost(app, clock=VirtualClock()).open()
    return str(refused.value)


def test_comments_trailing_commas_and_a_byte_order_mark_are_fine(tmp_path: Path) -> None:
    host_json = """\ufeff// for the host
    {"version": "2.0", /* not "1.0" */
     "extensions": {"http": {"routePrefix": "a//b", }, // the slashes are the string's
    }, }"""
    app = write_app(tmp_path, HELLO, host=host_json)
    (app / "local.settings.json").write_text('{"Values": {"GREETING": "/* hi, */",}, }')
    with EmbeddedHost(app, clock=VirtualClock()) as host:
        assert request("GET", f"{host.url}/a//b/hello")[2] == "/* hi, */"


@pytest.mark.parametrize(
    ("prefix", "path"), [('""', "/hello"), ('"/v1/x/"', "/v1/x/hello"), ("null", "/api/hello")], ids=str
)
def test_route_prefix(tmp_path: Path, prefix: str, path: str) -> None:
    host_json = f'{{"version": "2.0", "extensions": {{"http": {{"routePrefix": {prefix}}}}}}}'
    with EmbeddedHost(write_app(tmp_path, HELLO, host=host_json), clock=VirtualClock()) as host:
        assert request("GET", host.url + path)[0] == 200
        assert request("GET", f"{host.url}/other/hello")[0] == 404


def test_the_environment_wins_over_local_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREETING", "from outside")
    with EmbeddedHost(write_app(tmp_path, HELLO, settings={"GREETING": "x"}), clock=VirtualClock()) as host:
        assert request("GET", f"{host.url}/api/hello")[2] == "from outside"
    assert os.environ["GREETING"] == "from outside"


@pytest.mark.parametrize(
    ("durable", "told"),
    [
        ('{"maxConcurrentActivityFunctions": "many"}', "maxConcurrentActivityFunctions must be a whole number"),
        ('{"maxConcurrentOrchestratorFunctions": 0}', "maxConcurrentOrchestratorFunctions must be a whole number"),
        ('{"storageProvider": "AzureStorage"}', "storageProvider must be an object"),
        ("[]", "durableTask must be an object"),
    ],
)
def test_settings_of_the_wrong_shape_are_refused(tmp_path: Path, durable: str, told: str) -> None:
    host_json = f'{{"version": "2.0", "extensions": {{"durableTask": {durable}}}}}'
    assert _refusal(write_app(tmp_path, HELLO, host=host_json)).startswith(f"host.json: {told}")


def test_local_settings_of_the_wrong_shape_are_refused(tmp_path: Path) -> None:
    app = write_app(tmp_path, HELLO)
    (app / "local.settings.json").write_text('{"Values": ["A"]}')
    assert _refusal(app) == "local.settings.json: Values must be an object"


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    assert _refusal(tmp_path / "nowhere") == f"there is no directory {tmp_path / 'nowhere'}"


def test_a_time_zone_that_is_not_there(tmp_path: Path) -> None:
    app = write_app(tmp_path, HELLO, settings={"WEBSITE_TIME_ZONE": "China Standard Time"})
    assert "'China Standard Time' is not a time zone of the IANA database" in _refusal(app)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("00:00:05", timedelta(seconds=5)),
        ("1.02:03", timedelta(days=1, hours=2, minutes=3)),
        ("23:59:59.5", timedelta(hours=23, minutes=59, seconds=59.5)),
        ("24:00:00", timedelta(days=24)),
    ],
)
def test_time_spans_are_those_of_dotnet(text: str, length: timedelta) -> None:
    assert parse_time_span(text, "here") == length


SLOW = """
@app.activity_trigger(input_name="x")
async def never(x):
    await asyncio.Event().wait()


@app.orchestration_trigger(context_name="context")
def main(context):
    yield context.call_activity("never", None)


@app.route(route="never")
async def never_http(req: func.HttpRequest) -> str:
    await asyncio.Event().wait()
"""


def test_function_timeout(tmp_path: Path) -> None:
    app = write_app(tmp_path, SLOW, host='{"version": "2.0", "functionTimeout": "00:00:00.2"}')
    with EmbeddedHost(app, clock=VirtualClock()) as host:
        host.start("main", "slow")
        assert request("GET", f"{host.url}/api/never")[0] == 500
        host.wait_idle()
        output = host.status("slow")["output"]  # type: ignore[index]
        assert "Timeout value of 00:00:00.2000000 was exceeded by function: Functions.never" in output


@pytest.mark.parametrize("setting", ["extensions__http__routePrefix", "EXTENSIONS__HTTP__ROUTEPREFIX"])
def test_an_app_setting_replaces_a_value_of_host_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv(f"AzureFunctionsJobHost__{setting}", "v2")
    host_json = '{"version": "2.0", "extensions": {"http": {"routePrefix": "v1"}}}'
    with EmbeddedHost(write_app(tmp_path, HELLO, host=host_json), clock=VirtualClock()) as host:
        assert request("GET", f"{host.url}/v2/hello")[0] == 200


def test_a_replaced_value_is_checked_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AzureFunctionsJobHost__extensions__durableTask__storageProvider__type", "azureManaged")
    assert "azureManaged" in _refusal(write_app(tmp_path, HELLO))


def test_a_replaced_value_in_local_settings_counts_too(tmp_path: Path) -> None:
    settings = {"AzureFunctionsJobHost__functionTimeout": "never"}
    assert "functionTimeout" in _refusal(write_app(tmp_path, HELLO, settings=settings))
