"""The app settings: what Bicep sets = what the code reads, the platform's own apart = what README.md lists."""

import re
from collections.abc import Iterator, Mapping

import pytest

from azure_clients.settings import DAILY_SWEEP, load_settings
from dev.bicep_checks.run import ROOT
from dev.bicep_checks.syntax import Source, arguments, pairs, string_value, text, walk
from tests.scene import SETTINGS

pytestmark = pytest.mark.unit

PROJECT = ROOT.parent

# Read to learn whether the app runs on a storage account with a key. With identities there is none.
CONNECTION_STRINGS = {
    "AzureWebJobsStorage",
    "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
    "DEPLOYMENT_STORAGE_CONNECTION_STRING",
}
# App Service sets it by itself.
SET_BY_THE_PLATFORM = {"REGION_NAME"}
# Read by the Functions host, its extensions and azure-identity; documented by Microsoft.
READ_BY_THE_PLATFORM = {
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "AZURE_CLIENT_ID",
    "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__clientId",
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__queueServiceUri",
    "AzureWebJobsStorage__tableServiceUri",
    "EventHubConnection__clientId",
    "EventHubConnection__credential",
    "PYTHON_THREADPOOL_THREAD_COUNT",
}
FOR_THE_SCHEDULER = {
    "AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName",
    "AzureFunctionsJobHost__extensions__durableTask__storageProvider__type",
    "DURABLE_TASK_SCHEDULER_CONNECTION_STRING",
}


class Recorder(Mapping[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def read_by_the_code() -> set[str]:
    environment = Recorder(SETTINGS)
    load_settings(environment)
    assert environment.asked >= CONNECTION_STRINGS
    return environment.asked - CONNECTION_STRINGS


def listed_in_readme() -> set[str]:
    section = (PROJECT / "README.md").read_text(encoding="utf-8").split("\n## Settings\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE))


def app() -> Source:
    return Source(ROOT / "modules" / "function-app.bicep", "function-app.bicep")


def set_by_bicep(variable: str) -> set[str]:
    value = app().by_name[variable].value
    assert value is not None
    return {str(name) for name, _ in pairs(value)}


def test_readme_lists_what_the_code_reads() -> None:
    assert listed_in_readme() == read_by_the_code()


def test_bicep_sets_what_the_code_and_the_platform_read() -> None:
    assert set_by_bicep("commonSettings") == (read_by_the_code() - SET_BY_THE_PLATFORM) | READ_BY_THE_PLATFORM


def test_the_scheduler_needs_three_settings_more() -> None:
    assert set_by_bicep("schedulerSettings") == FOR_THE_SCHEDULER
    settings = app().by_name["settings"].node
    names = {text(node) for node in walk(settings) if node.type == "identifier"}
    assert {"commonSettings", "schedulerSettings", "useScheduler"} <= names


def test_the_scheduler_is_named_alike_on_both_sides() -> None:
    given = dict(pairs(app().by_name["schedulerSettings"].value or pytest.fail("no value")))
    name = app().by_name["schedulerConnectionName"].value
    assert name is not None
    assert string_value(name) in given


def test_azure_yaml_and_bicep_name_one_service() -> None:
    main = Source(ROOT / "main.bicep", "main.bicep")
    names = dict(pairs(main.by_name["names"].value or pytest.fail("no value")))
    lines = (PROJECT / "azure.yaml").read_text(encoding="utf-8").splitlines()
    services = [line.strip(" :") for line in lines[lines.index("services:") + 1 :] if re.match(r"  \w", line)]
    assert services == [string_value(names["azdService"])]


@pytest.mark.parametrize(
    ("name", "default", "limits"),
    [
        ("defaultValidityDays", "90", ["1", "3650"]),
        ("rotationLeadDays", "30", ["1", "3650"]),
        ("maxConcurrentRotations", "50", ["1", "1000"]),
        ("maxRedrives", "3", ["0", "20"]),
        ("historyRetentionDays", "90", ["1", "3650"]),
    ],
)
def test_numbers_have_the_code_s_limits(name: str, default: str, limits: list[str]) -> None:
    parameter = Source(ROOT / "main.bicep", "main.bicep").by_name[name]
    assert [text(arguments(parameter.decorators[kind])[0]) for kind in ("minValue", "maxValue")] == limits
    assert parameter.value is not None
    assert text(parameter.value) == default


def test_the_sweep_has_the_code_s_schedule() -> None:
    value = Source(ROOT / "main.bicep", "main.bicep").by_name["sweepSchedule"].value
    assert value is not None
    assert string_value(value) == DAILY_SWEEP
