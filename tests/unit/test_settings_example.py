"""local.settings.example.json, from which people start, has every setting, and values that the app takes."""

import json
from pathlib import Path

import pytest

from azure_clients.settings import load_settings
from tests.unit.test_bicep_settings import listed_in_readme, read_by_the_code

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
READ_BY_THE_HOST = {"AzureWebJobsStorage", "FUNCTIONS_WORKER_RUNTIME"}


def example() -> dict[str, str]:
    values: dict[str, str] = json.loads((ROOT / "local.settings.example.json").read_text(encoding="utf-8"))["Values"]
    return values


def test_it_has_what_the_code_reads_and_readme_lists() -> None:
    assert set(example()) - READ_BY_THE_HOST == read_by_the_code() == listed_in_readme()


def test_it_has_what_the_host_reads() -> None:
    assert set(example()) >= READ_BY_THE_HOST


def test_the_app_takes_it_as_it_is() -> None:
    settings = load_settings(example())
    assert settings.vaults == {"contoso.vault.azure.net", "fabrikam.vault.azure.net"}
    assert settings.own_storage == frozenset()
