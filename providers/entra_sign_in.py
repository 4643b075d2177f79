"""Signs in with an application's secret and says what the answer means for it; the token is thrown away."""

import re
from urllib.parse import parse_qs, quote, urlsplit

from azure_clients.errors import wait_asked
from azure_clients.transport import CLIENT_OPTIONS
from providers.protocol import Trial, Verdict
from rotation.failures import TransientError
from rotation.model import Slot

# What Entra says of the secret itself: wrong, or not known everywhere yet; expired. Everything else it says (no such
# application here yet, blocked by Conditional Access, no service principal) is about something else.
# learn.microsoft.com, "Microsoft Entra authentication and authorization error codes".
_ABOUT_THE_SECRET = frozenset({7000215, 7000222})
_AUTHORITY = re.compile(r'authorization="(?P<uri>https://[a-z0-9.-]+/[0-9A-Za-z.-]+)"', re.IGNORECASE)

# Where a secret is accepted once, the next sign-in may reach a place that has not heard of it.
_TIMES = 3


def token_endpoint(vault: str, client_id: str) -> str:
    """Return where an application signs in: in the directory that a vault trusts, as its challenge tells.

    Args:
        vault: Host name of a vault, which belongs to the directory in which the app itself signs in.
        client_id: The application's, carried along in the query.
    """
    from azure.core import PipelineClient  # noqa: PLC0415 - see identity.py
    from azure.core.exceptions import AzureError  # noqa: PLC0415
    from azure.core.rest import HttpRequest, HttpResponse  # noqa: PLC0415

    # The header of the 401 is all that is wanted: learn.microsoft.com, "Authentication, requests and responses".
    url = f"https://{vault}/secrets?api-version=7.4"
    try:
        with PipelineClient[HttpRequest, HttpResponse](url, policies=[], **CLIENT_OPTIONS) as client:
            challenge = client.send_request(HttpRequest("GET", url)).headers.get("WWW-Authenticate", "")
    except AzureError as error:
        raise TransientError(f"ask the vault for its directory: {type(error).__name__}") from None
    found = _AUTHORITY.search(challenge)
    if found is None:
        raise TransientError("ask the vault for its directory: the answer has no challenge")
    return f"{found['uri']}/oauth2/v2.0/token?client_id={quote(client_id)}"


def try_secret(slot: Slot, endpoint: str | None, graph: str) -> Trial:
    """Sign in some times in a row; never raises for what Entra answers."""
    if endpoint is None:
        return Trial(Verdict.UNTRIED, "there is no harmless way to try a key there")
    url, _, query = endpoint.partition("?")
    form = {
        "grant_type": "client_credentials",
        "client_id": parse_qs(query)["client_id"][0],
        "client_secret": slot.key.reveal(),
        "scope": f"https://{graph}/.default",
    }
    for _ in range(_TIMES):
        trial = _sign_in(url, form)
        if trial.verdict is not Verdict.ACCEPTED:
            return trial
    return Trial(Verdict.ACCEPTED)


def _sign_in(url: str, form: dict[str, str]) -> Trial:
    from azure.core import PipelineClient  # noqa: PLC0415
    from azure.core.exceptions import AzureError, ServiceRequestError  # noqa: PLC0415
    from azure.core.rest import HttpRequest, HttpResponse  # noqa: PLC0415

    host = urlsplit(url).hostname
    try:
        with PipelineClient[HttpRequest, HttpResponse](url, policies=[], **CLIENT_OPTIONS) as client:
            response = client.send_request(HttpRequest("POST", url, data=form))
            status, headers, codes = response.status_code, response.headers, _codes(response)
    except ServiceRequestError:
        return Trial(Verdict.UNREACHABLE, f"{host}: no connection")
    except AzureError as error:
        return Trial(Verdict.UNWELL, f"{host}: {type(error).__name__}")
    if status == 200:
        return Trial(Verdict.ACCEPTED)
    reason = f"{host}: {status} {' '.join(f'AADSTS{code}' for code in codes)}".rstrip()
    if any(code in _ABOUT_THE_SECRET for code in codes):
        return Trial(Verdict.REJECTED, reason)
    if status == 429 or status >= 500:
        return Trial(Verdict.UNWELL, reason, wait_asked(headers), throttled=status == 429)
    return Trial(Verdict.UNREACHABLE, reason)


def _codes(response: "HttpResponse") -> list[int]:  # type: ignore[name-defined] # noqa: F821 - imported where it is used
    try:
        codes = response.json().get("error_codes", [])
    except (AttributeError, ValueError):
        return []
    return [code for code in codes if isinstance(code, int)]
