"""Which failures to connect mean that there is nothing to connect to."""

import pytest
from azure.core.exceptions import ServiceRequestError
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import ConnectTimeout, ProxyError, SSLError
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError

from azure_clients.errors import translate
from rotation.failures import NoSuchHostError, UnreachableError

pytestmark = pytest.mark.unit

POOL = HTTPSConnectionPool("contoso.vault.azure.net")
CONNECTION = HTTPSConnection("contoso.vault.azure.net")


def wrapped(reason: Exception) -> RequestsConnectionError:
    return RequestsConnectionError(MaxRetryError(POOL, "/secrets", reason))


def meaning(inner: Exception) -> type[Exception]:
    error = ServiceRequestError("…", error=inner)
    return type(translate(error, "list secrets"))


def test_a_name_that_does_not_resolve_leads_nowhere() -> None:
    unresolved = NameResolutionError("contoso.vault.azure.net", CONNECTION, OSError(-2, "unknown"))  # type: ignore[arg-type]
    assert meaning(wrapped(unresolved)) is NoSuchHostError
    assert meaning(RequestsConnectionError(unresolved)) is NoSuchHostError


def test_a_proxy_that_refuses_leads_nowhere() -> None:
    assert meaning(ProxyError("Tunnel connection failed: 502 Bad Gateway")) is NoSuchHostError


@pytest.mark.parametrize(
    "inner",
    [wrapped(NewConnectionError(CONNECTION, "refused")), ConnectTimeout("timed out"), SSLError("EOF"), OSError("?")],
    ids=lambda inner: type(inner).__name__,
)
def test_anything_else_may_pass(inner: Exception) -> None:
    assert meaning(inner) is UnreachableError
