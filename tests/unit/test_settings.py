"""The app's settings: each one, and every complaint at once."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_clients.settings import Settings, SettingsError, load_settings
from rotation.policy import Defaults

pytestmark = pytest.mark.unit

LEAST = {
    "KEY_VAULTS": "contoso-kv.vault.azure.net",
    "EVENT_HUB_NAME": "keyvault-events",
    "EVENT_HUB_CONSUMER_GROUP": "rotation",
}
NAMES = [
    *LEAST,
    "EventHubConnection__fullyQualifiedNamespace",
    "DEFAULT_VALIDITY_DAYS",
    "ROTATION_LEAD_DAYS",
    "REGION_NAME",
    "AZURE_CLOUD",
    "SWEEP_SCHEDULE",
    "MAX_CONCURRENT_ROTATIONS",
    "MAX_REDRIVES",
    "HISTORY_RETENTION_DAYS",
    "AzureWebJobsStorage",
]


def load(**changes: str) -> Settings:
    return load_settings(LEAST | changes)


def complaints(**changes: str) -> list[str]:
    with pytest.raises(SettingsError) as wrong:
        load(**changes)
    assert all(complaint in str(wrong.value) for complaint in wrong.value.complaints)
    return wrong.value.complaints


def test_three_settings_are_enough() -> None:
    settings = load()
    assert settings.vaults == {"contoso-kv.vault.azure.net"}
    assert settings.defaults == Defaults(90, 30)
    assert (settings.region_name, settings.own_storage) == ("", frozenset())
    assert settings.cloud.vault_suffix == ".vault.azure.net"
    assert settings.sweep_schedule == "0 0 2 * * *"
    assert (settings.most_concurrent_rotations, settings.most_redrives, settings.history_retention_days) == (50, 3, 90)


def test_an_empty_environment_gets_every_complaint_at_once() -> None:
    with pytest.raises(SettingsError) as wrong:
        load_settings({})
    assert [text.split()[0] for text in wrong.value.complaints] == list(LEAST)


def test_every_wrong_setting_is_named_at_once() -> None:
    found = complaints(
        KEY_VAULTS="contoso-kv.vault.azure.net, nonsense, http://fabrikam-kv.vault.azure.net",
        EVENT_HUB_NAME=" ",
        EVENT_HUB_CONSUMER_GROUP="",
        EventHubConnection__fullyQualifiedNamespace="sb://contoso",
        DEFAULT_VALIDITY_DAYS="many",
        ROTATION_LEAD_DAYS="0",
        AZURE_CLOUD="AzureMoon",
        SWEEP_SCHEDULE="daily",
        MAX_CONCURRENT_ROTATIONS="0",
        MAX_REDRIVES="-1",
        HISTORY_RETENTION_DAYS="forever",
    )
    assert sorted(text.split()[0] for text in found) == [
        "AZURE_CLOUD",
        "DEFAULT_VALIDITY_DAYS",
        "EVENT_HUB_CONSUMER_GROUP",
        "EVENT_HUB_NAME",
        "EventHubConnection__fullyQualifiedNamespace",
        "HISTORY_RETENTION_DAYS",
        "KEY_VAULTS",
        "KEY_VAULTS",
        "MAX_CONCURRENT_ROTATIONS",
        "MAX_REDRIVES",
        "ROTATION_LEAD_DAYS",
        "SWEEP_SCHEDULE",
    ]
    assert all("expected" in text for text in found)


@pytest.mark.parametrize(
    "text",
    [
        "contoso-kv.vault.azure.net",
        " Contoso-KV.vault.azure.net ,",
        "https://contoso-kv.vault.azure.net",
        "https://contoso-kv.vault.azure.net/",
        "HTTPS://CONTOSO-KV.VAULT.AZURE.NET:443/",
        "contoso-kv.vault.azure.net:443",
        ",,contoso-kv.vault.azure.net,https://contoso-kv.vault.azure.net/",
    ],
)
def test_a_vault_is_named_by_host_or_uri(text: str) -> None:
    assert load(KEY_VAULTS=text).vaults == {"contoso-kv.vault.azure.net"}


def test_several_vaults_are_separated_by_commas() -> None:
    assert load(KEY_VAULTS="a-kv.vault.azure.net,https://b-kv.vault.azure.net/").vaults == {
        "a-kv.vault.azure.net",
        "b-kv.vault.azure.net",
    }


@pytest.mark.parametrize(
    "host",
    [
        "contoso-kv",
        "contoso-kv.vault.azure.net.evil.example",
        "contoso-kv.vault.azure.net@evil.example",
        "evilvault.azure.net",
        "contoso-kv.vault-azure.net",
        "contoso-kv.vault.azure.net:8443",
        "contoso-kv.vault.azure.net/secrets/x",
        "http://contoso-kv.vault.azure.net",
        "user@contoso-kv.vault.azure.net",
        "contoso-kv.vault.azure.net.",
        "contoso-kv.vaulτ.azure.net",
        "contoso-kv.vault.azure.cn",
        "contoso-kv.managedhsm.azure.net",
        "contoso_kv.vault.azure.net",
        "1contoso.vault.azure.net",
        "kv.vault.azure.net",
        "k" * 25 + ".vault.azure.net",
        "*.vault.azure.net",
        "contoso-kv.evil.vault.azure.net",
        "contoso-kv.vault.azure.net fabrikam-kv.vault.azure.net",
        "contoso-kv.vault.azure.net;fabrikam-kv.vault.azure.net",
    ],
)
def test_a_host_that_only_looks_like_a_vault_is_refused(host: str) -> None:
    (complaint,) = complaints(KEY_VAULTS=f"fabrikam-kv.vault.azure.net,{host}")
    assert complaint.startswith("KEY_VAULTS entry 2")


@pytest.mark.parametrize(
    ("name", "suffix", "authority"),
    [
        ("AzureCloud", ".vault.azure.net", "login.microsoftonline.com"),
        ("AZURE_PUBLIC_CLOUD", ".vault.azure.net", "login.microsoftonline.com"),
        ("AzureChinaCloud", ".vault.azure.cn", "login.chinacloudapi.cn"),
        ("azure_china_cloud", ".vault.azure.cn", "login.chinacloudapi.cn"),
        ("AzureUSGovernment", ".vault.usgovcloudapi.net", "login.microsoftonline.us"),
        (" azureusgovernment ", ".vault.usgovcloudapi.net", "login.microsoftonline.us"),
    ],
)
def test_a_cloud_is_one_setting(name: str, suffix: str, authority: str) -> None:
    settings = load(AZURE_CLOUD=name, KEY_VAULTS="contoso-kv" + suffix)
    assert (settings.cloud.vault_suffix, settings.cloud.authority) == (suffix, authority)
    assert settings.vaults == {"contoso-kv" + suffix}


def test_a_vault_of_another_cloud_is_refused() -> None:
    (complaint,) = complaints(AZURE_CLOUD="AzureChinaCloud")
    assert "not a vault of this cloud, expected ….vault.azure.cn" in complaint


def test_vaults_are_checked_for_form_even_when_the_cloud_is_unknown() -> None:
    assert len(complaints(AZURE_CLOUD="AzureMoon", KEY_VAULTS="nonsense")) == 2


@pytest.mark.parametrize("name", ["DEFAULT_VALIDITY_DAYS", "ROTATION_LEAD_DAYS"])
@pytest.mark.parametrize("text", ["0", "-1", "3651", "99999", "1.5", "ten", "٣"])
def test_what_is_no_number_of_days_is_refused(name: str, text: str) -> None:
    (complaint,) = complaints(**{name: text})
    assert complaint.startswith(name)


@pytest.mark.parametrize(
    ("validity", "lead", "expected"),
    [("180", "45", Defaults(180, 45)), (" 1 ", "3650", Defaults(1, 3650)), ("", " ", Defaults(90, 30))],
)
def test_days_are_taken_over_and_blank_ones_are_the_default(validity: str, lead: str, expected: Defaults) -> None:
    assert load(DEFAULT_VALIDITY_DAYS=validity, ROTATION_LEAD_DAYS=lead).defaults == expected


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("MAX_CONCURRENT_ROTATIONS", 1, 1000), ("MAX_REDRIVES", 0, 20), ("HISTORY_RETENTION_DAYS", 1, 3650)],
)
def test_numbers_have_limits(name: str, least: int, most: int) -> None:
    for number in (least, most):
        settings = load(**{name: f" {number} "})
        assert number in (
            settings.most_concurrent_rotations, settings.most_redrives, settings.history_retention_days,
        )  # fmt: skip
    for text in (str(least - 1), str(most + 1), "1.5", "many"):
        (complaint,) = complaints(**{name: text})
        assert complaint.startswith(f"{name} is text of {len(text)} characters, expected a whole number of ")
        assert complaint.endswith(f"{least}-{most}")


@pytest.mark.parametrize(
    ("text", "schedule"), [(" 0 30 4 * * 1 ", "0 30 4 * * 1"), ("06:00:00", "06:00:00"), (" ", "0 0 2 * * *")]
)
def test_a_schedule_is_taken_over(text: str, schedule: str) -> None:
    assert load(SWEEP_SCHEDULE=text).sweep_schedule == schedule


def test_what_is_no_schedule_is_refused_with_an_example() -> None:
    (complaint,) = complaints(SWEEP_SCHEDULE="0 2 * * *")
    assert complaint.startswith("SWEEP_SCHEDULE is text of 9 characters, expected NCRONTAB's six fields")
    assert "0 0 2 * * *" in complaint


def test_the_region_is_taken_over() -> None:
    assert load(REGION_NAME=" westeurope ").region_name == "westeurope"


@pytest.mark.parametrize("namespace", ["contoso.servicebus.windows.net", "contoso.servicebus.chinacloudapi.cn", ""])
def test_an_event_hub_namespace_is_a_host_name(namespace: str) -> None:
    assert load(EventHubConnection__fullyQualifiedNamespace=namespace)


@pytest.mark.parametrize("namespace", ["fabrikam", "sb://contoso.servicebus.windows.net/", "Endpoint=sb://x.y;Key=z"])
def test_what_is_no_host_name_is_no_namespace_and_is_not_repeated(namespace: str) -> None:
    (complaint,) = complaints(EventHubConnection__fullyQualifiedNamespace=namespace)
    assert complaint.startswith("EventHubConnection__fullyQualifiedNamespace is text of")
    assert namespace not in complaint


@pytest.mark.parametrize(
    "name",
    ["AzureWebJobsStorage", "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING", "DEPLOYMENT_STORAGE_CONNECTION_STRING"],
)
@pytest.mark.parametrize(
    ("value", "account"),
    [
        (
            "DefaultEndpointsProtocol=https;AccountName=AppStore;AccountKey=x;EndpointSuffix=core.windows.net",
            "appstore",
        ),
        ("accountname = appstore ; accountkey=x", "appstore"),
        ("AccountKey=x;AccountName=appstore", "appstore"),
        ("UseDevelopmentStorage=true", None),
        ("", None),
    ],
)
def test_storage_that_the_app_runs_on_with_a_key_is_known(name: str, value: str, account: str | None) -> None:
    assert load(**{name: value}).own_storage == (frozenset() if account is None else {account})


def test_storage_reached_by_identity_has_no_key_to_lose() -> None:
    assert load(AzureWebJobsStorage__accountName="appstore").own_storage == frozenset()


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=40)))
def test_no_environment_breaks_the_reader(environment: dict[str, Any]) -> None:
    with suppress(SettingsError):
        assert load_settings(environment).vaults


def test_servers_of_ones_own_are_named_by_host_and_perhaps_port() -> None:
    assert load().sql_servers == {}
    assert load(SQL_SERVERS=" DB1.contoso.com, db2.contoso.com:14330,").sql_servers == {
        "db1.contoso.com": 1433,
        "db2.contoso.com": 14330,
    }


@pytest.mark.parametrize(
    "entry", ["db1", "tcp:db1.contoso.com", "db1.contoso.com:", "db1.contoso.com:0", "db1.contoso.com:65536", "a.b/c"]
)
def test_what_is_no_server_is_complained_about(entry: str) -> None:
    (told,) = complaints(SQL_SERVERS=f"db2.contoso.com,{entry}")
    assert told.startswith("SQL_SERVERS entry 2 is ")
    assert "expected a host name such as" in told
