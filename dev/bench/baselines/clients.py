"""The Azure clients that the peers work with: the same SDKs as the app's, with the SDKs' usual retries.

The peers leave retrying to their SDKs, and so do these: azure-core's own policy, three retries as in .NET, exponential,
`Retry-After` honoured, and as in .NET for every method. Its waits pass on the given clock instead of in real time.
"""

import threading
from collections.abc import Callable
from typing import Any

from azure.core.pipeline.policies import RetryPolicy
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient
from azure.mgmt.storage import StorageManagementClient

# Azure.Core, which both peers are built on: https://learn.microsoft.com/dotnet/api/azure.core.retryoptions.
RETRIES = 3
_API_VERSION = "7.4"
# Python's policy leaves a POST alone whose connection broke; .NET's does not ask (azure-sdk-for-net,
# `ResponseClassifier.cs`: an `IOException` is retriable). Listing and regenerating keys are POSTs.
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})


class ProcessDiedError(BaseException):
    """The process ended in the middle of a call; nothing in it can catch that."""


class _Transport(RequestsTransport):  # type: ignore[misc] # exported lazily, which mypy does not see
    """A transport whose waits and whose end are somebody else's to decide."""

    def __init__(self, sleep: Callable[[float], None], doomed: threading.Event) -> None:
        super().__init__(connection_timeout=10, read_timeout=60)
        self._sleep = sleep
        self._doomed = doomed

    def sleep(self, duration: float) -> None:
        """Wait between two attempts."""
        self._sleep(duration)

    def send(self, request: Any, *, proxies: Any = None, **options: Any) -> Any:
        """Send a request; the process may not live to see the answer."""
        try:
            return super().send(request, proxies=proxies, **options)
        finally:
            if self._doomed.is_set():
                self._doomed.clear()
                raise ProcessDiedError


class _Retries(RetryPolicy[Any, Any]):
    """The SDK's own retries, for every method."""

    def configure_retries(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the settings of one call's retries."""
        options.setdefault("retry_on_methods", _METHODS)
        return super().configure_retries(options)


class PeerClients:
    """The clients of one process, made once and kept."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self.doomed = threading.Event()
        """Set it while a call is under way, and the process dies in that call."""
        self._sleep = sleep
        self._credential = DefaultAzureCredential()
        self._secrets: dict[str, SecretClient] = {}
        self._storage: dict[str, StorageManagementClient] = {}

    def secrets(self, host: str) -> SecretClient:
        """Return the client of a vault."""
        if host not in self._secrets:
            self._secrets[host] = SecretClient(
                f"https://{host}/", self._credential, api_version=_API_VERSION, **self._options()
            )
        return self._secrets[host]

    def storage(self, subscription: str) -> StorageManagementClient:
        """Return the client of a subscription's storage accounts."""
        if subscription not in self._storage:
            self._storage[subscription] = StorageManagementClient(self._credential, subscription, **self._options())
        return self._storage[subscription]

    def _options(self) -> dict[str, Any]:
        return {"transport": _Transport(self._sleep, self.doomed), "retry_policy": _Retries(retry_total=RETRIES)}
