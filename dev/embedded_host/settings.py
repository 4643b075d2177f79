"""What host.json and local.settings.json say.

local.settings.json fills the environment for as long as the host runs; what the real environment already has
wins, as with `func start`. Of host.json everything that changes how an app behaves here is read, and what
cannot be honoured is refused instead of ignored.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from .errors import HostError
from .json_files import read_object, section, whole_number
from .overrides import overridden

_PERCENT = re.compile(r"%([^%]+)%")
_TIME_SPAN = re.compile(r"^(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?$")


@dataclass(frozen=True)
class HostSettings:
    """host.json, as far as this host goes by it."""

    route_prefix: str = "api"
    hub_name: str = "TestHubName"
    store_inputs: bool = False
    override_any_state: bool = False
    default_version: str | None = None
    max_activities: int = field(default_factory=lambda: 10 * (os.cpu_count() or 1))
    max_orchestrators: int = field(default_factory=lambda: 10 * (os.cpu_count() or 1))
    function_timeout: timedelta | None = None
    retry: dict[str, Any] | None = None
    custom_headers: dict[str, str] = field(default_factory=dict)
    time_zone: tzinfo = UTC
    """What the fields of timers' schedules mean; the setting WEBSITE_TIME_ZONE."""


def read_host_json(app_dir: Path, environ: Mapping[str, str]) -> HostSettings:
    """Read and check host.json.

    Raises:
        HostError: It is missing, not JSON, or asks for what this host doesn't have.
    """
    if not app_dir.is_dir():
        raise HostError(f"there is no directory {app_dir}")
    document = overridden(read_object(app_dir / "host.json", required=True), environ)
    if document.get("version") != "2.0":
        raise HostError('host.json must say "version": "2.0"')
    extensions = section(document, "extensions", "host.json")
    durable = section(extensions, "durableTask", "host.json")
    http = section(extensions, "http", "host.json")
    storage = str(section(durable, "storageProvider", "host.json").get("type") or "AzureStorage")
    if storage.lower() not in ("azurestorage", "azure_storage"):
        raise HostError(f"host.json: durableTask.storageProvider.type '{storage}' is not supported, only AzureStorage")
    defaults = HostSettings()
    timeout = document.get("functionTimeout")
    return HostSettings(
        route_prefix=str("api" if http.get("routePrefix") is None else http["routePrefix"]).strip("/"),
        hub_name=resolve_percent(str(durable.get("hubName") or defaults.hub_name), environ, "host.json"),
        store_inputs=bool(durable.get("storeInputsInOrchestrationHistory", False)),
        override_any_state=durable.get("overridableExistingInstanceStates") == "AnyState",
        default_version=durable.get("defaultVersion"),
        max_activities=whole_number(
            durable, "maxConcurrentActivityFunctions", "host.json", otherwise=defaults.max_activities
        ),
        max_orchestrators=whole_number(
            durable, "maxConcurrentOrchestratorFunctions", "host.json", otherwise=defaults.max_orchestrators
        ),
        function_timeout=None if timeout in (None, "-1") else parse_time_span(str(timeout), "functionTimeout"),
        retry=_snake_retry(section(document, "retry", "host.json")),
        custom_headers={name: str(text) for name, text in section(http, "customHeaders", "host.json").items()},
        time_zone=_time_zone(environ.get("WEBSITE_TIME_ZONE")),
    )


def _time_zone(name: str | None) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):
        told = f"app setting WEBSITE_TIME_ZONE: '{name}' is not a time zone of the IANA database, such as Europe/Paris"
        raise HostError(told) from None


def _snake_retry(policy: dict[str, Any]) -> dict[str, Any] | None:
    if not policy:
        return None
    return {
        "strategy": policy.get("strategy"),
        "max_retry_count": policy.get("maxRetryCount"),
        "delay_interval": policy.get("delayInterval"),
        "minimum_interval": policy.get("minimumInterval"),
        "maximum_interval": policy.get("maximumInterval"),
    }


def read_local_settings(app_dir: Path) -> dict[str, str]:
    """Return the values of local.settings.json, if there is one."""
    document = read_object(app_dir / "local.settings.json", required=False)
    if document.get("IsEncrypted"):
        raise HostError("local.settings.json is encrypted; decrypt it with 'func settings decrypt'")
    values = section(document, "Values", "local.settings.json")
    runtime = values.get("FUNCTIONS_WORKER_RUNTIME", "python")
    if runtime != "python":
        raise HostError(f"FUNCTIONS_WORKER_RUNTIME is '{runtime}', only python apps can be run")
    return {str(name): "" if value is None else str(value) for name, value in values.items()}


class Environment:
    """local.settings.json poured into the process's environment, and taken out again."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._added: list[str] = []

    def apply(self) -> None:
        """Set what isn't set yet."""
        for name, value in self._values.items():
            if name not in os.environ:
                os.environ[name] = value
                self._added.append(name)

    def restore(self) -> None:
        """Remove what `apply` has set, so that the next app of this process doesn't find it."""
        while self._added:
            os.environ.pop(self._added.pop(), None)


def resolve_percent(text: str, environ: Mapping[str, str], where: str) -> str:
    """Replace each `%NAME%` by the app setting of that name."""

    def setting(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in environ:
            raise HostError(f"{where}: app setting '%{name}%' is not defined")
        return environ[name]

    return _PERCENT.sub(setting, text)


def parse_time_span(text: str, where: str) -> timedelta:
    """Read .NET's `[d.]hh:mm[:ss[.fffffff]]`; when the first number can't be hours, it is `d:hh:mm`."""
    match = _TIME_SPAN.match(text.strip())
    if match is None:
        raise HostError(f"{where}: '{text}' is not a time span such as 00:05:00")
    days, hours, minutes, seconds, fraction = match.groups()
    if days is None and int(hours) >= 24:
        days, hours, minutes, seconds = hours, minutes, seconds or "0", "0"
    return timedelta(
        days=int(days or 0),
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(seconds or 0),
        microseconds=int((fraction or "0").ljust(7, "0")[:6]),
    )
