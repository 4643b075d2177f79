"""The app's settings: read in one place, checked at start-up, every complaint at once.

The names and their meaning are documented in README.md and local.settings.example.json; a test compares the three.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from azure_clients.clouds import Cloud, find_cloud
from azure_clients.schedules import is_schedule
from rotation.policy import LONGEST_VALIDITY_DAYS, Defaults
from rotation.request import VAULT_HOST, shape

_URI = re.compile(r"(?:https://)?(?P<host>[^/:\s]+)(?::443)?/?", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)+", re.IGNORECASE)
_SCOPE = re.compile(
    r"/subscriptions/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:/resourceGroups/(?u:[\w.()\-]{0,89}[\w()\-]))?/?",
    re.IGNORECASE | re.ASCII,
)
_ACCOUNT_NAME = re.compile(r"(?:^|;)\s*AccountName\s*=\s*([a-z0-9]{3,24})\s*(?:;|$)", re.IGNORECASE)

DAILY_SWEEP = "0 0 2 * * *"
SQL_PORT = 1433

# Settings in which the Functions platform keeps a connection string, key included, to the storage it runs on.
_OWN_STORAGE = (
    "AzureWebJobsStorage",
    "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
    "DEPLOYMENT_STORAGE_CONNECTION_STRING",
)


class SettingsError(Exception):
    """The settings cannot be used; the text lists every complaint with its remedy."""

    def __init__(self, complaints: list[str]) -> None:
        super().__init__("the app's settings are wrong:\n" + "\n".join(f"  - {text}" for text in complaints))
        self.complaints = complaints


@dataclass(frozen=True)
class Settings:
    """The settings, checked."""

    vaults: frozenset[str]
    """Host names of the vaults whose secrets this app may rotate, in lower case."""
    replica_vaults: frozenset[str]
    """Host names of the vaults that secrets may be copied to, in lower case."""
    defaults: Defaults
    region_name: str
    cloud: Cloud
    own_storage: frozenset[str]
    """Storage accounts that the host reaches with a key; their keys are never rotated by this app."""
    sweep_schedule: str
    """When all vaults are looked through: what a timer trigger takes."""
    most_concurrent_rotations: int
    """How many rotations that the sweep has started may be at work at a time."""
    most_redrives: int
    """How often the sweep starts a rotation again that came to nothing."""
    history_retention_days: int
    """How long finished instances are kept."""
    consumer_scopes: tuple[str, ...]
    """Subscriptions and resource groups, as ARM ids, in which those who use secrets are looked for."""
    move_pinned_references: bool
    """Whether settings that pin a version are moved to the new one, where a secret's tags do not say."""
    sql_servers: Mapping[str, int]
    """SQL Servers that are no resources of Azure and whose logins this app may rotate: ports by host name."""


def load_settings(environment: Mapping[str, str]) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: With every complaint.
    """
    complaints: list[str] = []
    cloud = _cloud(environment, complaints.append)
    vaults = _vaults(environment, "KEY_VAULTS", cloud, complaints.append)
    if not vaults:
        complaints.append(
            "KEY_VAULTS is absent, expected the vaults to serve, e.g. contoso.vault.azure.net,fabrikam.vault.azure.net"
        )
    replica_vaults = _vaults(environment, "REPLICA_VAULTS", cloud, complaints.append)
    number = partial(_number, environment, complain=complaints.append)
    defaults = Defaults(
        validity_days=number("DEFAULT_VALIDITY_DAYS", 90, 1, LONGEST_VALIDITY_DAYS, "days"),
        lead_days=number("ROTATION_LEAD_DAYS", 30, 1, LONGEST_VALIDITY_DAYS, "days"),
        replica_vaults=replica_vaults,
    )
    _event_hub(environment, complaints.append)
    sweep_schedule = _schedule(environment, complaints.append)
    most_concurrent_rotations = number("MAX_CONCURRENT_ROTATIONS", 50, 1, 1000, "rotations")
    most_redrives = number("MAX_REDRIVES", 3, 0, 20, "times")
    history_retention_days = number("HISTORY_RETENTION_DAYS", 90, 1, 3650, "days")
    consumer_scopes = _scopes(environment, complaints.append)
    move_pinned_references = _flag(environment, "MOVE_PINNED_REFERENCES", complaints.append)
    sql_servers = _servers(environment, complaints.append)
    if complaints or cloud is None:
        raise SettingsError(complaints)
    return Settings(
        vaults=vaults,
        replica_vaults=replica_vaults,
        defaults=defaults,
        region_name=environment.get("REGION_NAME", "").strip(),
        cloud=cloud,
        own_storage=_own_storage(environment),
        sweep_schedule=sweep_schedule,
        most_concurrent_rotations=most_concurrent_rotations,
        most_redrives=most_redrives,
        history_retention_days=history_retention_days,
        consumer_scopes=consumer_scopes,
        move_pinned_references=move_pinned_references,
        sql_servers=sql_servers,
    )


def _cloud(environment: Mapping[str, str], complain: Callable[[str], None]) -> Cloud | None:
    name = environment.get("AZURE_CLOUD", "").strip() or "AzureCloud"
    cloud = find_cloud(name)
    if cloud is None:
        complain(f"AZURE_CLOUD is {shape(name)}, expected AzureCloud, AzureChinaCloud or AzureUSGovernment")
    return cloud


def _vaults(
    environment: Mapping[str, str], name: str, cloud: Cloud | None, complain: Callable[[str], None]
) -> frozenset[str]:
    entries = [entry.strip() for entry in environment.get(name, "").split(",") if entry.strip()]
    hosts = set()
    for number, entry in enumerate(entries, start=1):
        uri = _URI.fullmatch(entry)
        host = uri["host"].casefold() if uri else ""
        if not VAULT_HOST.fullmatch(host):
            complain(f"{name} entry {number} is {shape(entry)}, expected a host name such as contoso.vault.azure.net")
        elif cloud and host.partition(".")[1:] != (".", cloud.vault_suffix[1:]):
            complain(f"{name} entry {number} ({host}) is not a vault of this cloud, expected …{cloud.vault_suffix}")
        hosts.add(host)
    return frozenset(hosts)


def _number(
    environment: Mapping[str, str],
    name: str,
    default: int,
    least: int,
    most: int,
    unit: str,
    *,
    complain: Callable[[str], None],
) -> int:
    text = environment.get(name, "").strip()
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,4}", text, re.ASCII) or not least <= int(text) <= most:
        complain(f"{name} is {shape(text)}, expected a whole number of {unit}, {least}-{most}")
        return default
    return int(text)


def _scopes(environment: Mapping[str, str], complain: Callable[[str], None]) -> tuple[str, ...]:
    """Return the scopes; one inside another is left out, since it is looked through with it."""
    entries = [entry.strip() for entry in environment.get("CONSUMER_SCOPES", "").split(",") if entry.strip()]
    for number, entry in enumerate(entries, start=1):
        if not _SCOPE.fullmatch(entry):
            expected = "the ARM id of a subscription or a resource group: /subscriptions/<id>[/resourceGroups/<name>]"
            complain(f"CONSUMER_SCOPES entry {number} is {shape(entry)}, expected {expected}")
    scopes = {entry.rstrip("/").casefold(): entry.rstrip("/") for entry in entries}
    return tuple(scopes[key] for key in sorted(scopes) if not any(key.startswith(f"{other}/") for other in scopes))


def _servers(environment: Mapping[str, str], complain: Callable[[str], None]) -> dict[str, int]:
    entries = [entry.strip() for entry in environment.get("SQL_SERVERS", "").split(",") if entry.strip()]
    servers = {}
    for number, entry in enumerate(entries, start=1):
        host, colon, port = entry.casefold().partition(":")
        is_port = re.fullmatch(r"[0-9]{1,5}", port, re.ASCII) and 0 < int(port) < 65536 if colon else True
        if _HOST.fullmatch(host) and is_port:
            servers[host] = int(port or SQL_PORT)
        else:
            expected = f"a host name such as db1.contoso.com, with :port if it is not {SQL_PORT}"
            complain(f"SQL_SERVERS entry {number} is {shape(entry)}, expected {expected}")
    return servers


def _flag(environment: Mapping[str, str], name: str, complain: Callable[[str], None]) -> bool:
    text = environment.get(name, "").strip().casefold() or "false"
    if text not in ("true", "false"):
        complain(f"{name} is {shape(text)}, expected true or false")
    return text == "true"


def _schedule(environment: Mapping[str, str], complain: Callable[[str], None]) -> str:
    text = environment.get("SWEEP_SCHEDULE", "").strip() or DAILY_SWEEP
    if not is_schedule(text):
        complain(
            f"SWEEP_SCHEDULE is {shape(text)}, expected NCRONTAB's six fields from second to day of the week, "
            f"such as {DAILY_SWEEP}, or a time span such as 06:00:00"
        )
    return text


def _event_hub(environment: Mapping[str, str], complain: Callable[[str], None]) -> None:
    """Check what the host's own Event Hub listener will read, so that all complaints come together."""
    for name, example in (("EVENT_HUB_NAME", "keyvault-events"), ("EVENT_HUB_CONSUMER_GROUP", "$Default")):
        if not environment.get(name, "").strip():
            complain(f"{name} is absent, expected a name such as {example}")
    namespace = environment.get("EventHubConnection__fullyQualifiedNamespace", "").strip()
    if namespace and not _HOST.fullmatch(namespace):
        complain(
            f"EventHubConnection__fullyQualifiedNamespace is {shape(namespace)}, "
            "expected a host name such as contoso.servicebus.windows.net"
        )


def _own_storage(environment: Mapping[str, str]) -> frozenset[str]:
    found = (_ACCOUNT_NAME.search(environment.get(name, "")) for name in _OWN_STORAGE)
    return frozenset(match[1].casefold() for match in found if match)
