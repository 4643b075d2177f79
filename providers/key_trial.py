"""Sends the harmless request of a row, signed with a key, and says what the answer means for the key."""

from datetime import UTC, datetime

from azure_clients.errors import error_code, is_throttling, wait_asked
from azure_clients.transport import CLIENT_OPTIONS
from providers.arm_keys_row import Probe
from providers.key_signing import Asked
from providers.protocol import Trial, Verdict
from rotation.model import Slot

# Codes that say more than their status.
_CODES = {
    "AuthenticationFailed": Verdict.REJECTED,
    "AuthenticationTypeDisabled": Verdict.DISALLOWED,
}


def try_key(probe: Probe | None, names: tuple[str, ...], slot: Slot, endpoint: str | None) -> Trial:
    """Send one request; never raises for what Azure answers.

    Args:
        probe: The row's.
        names: The names in the target's resource id.
        slot: Whose key is tried.
        endpoint: Where, as the target's description told.
    """
    from azure.core.exceptions import AzureError, ServiceRequestError  # noqa: PLC0415

    if probe is None or endpoint is None:
        return Trial(Verdict.UNTRIED, "there is no harmless way to try a key there")
    # Resource Manager writes the slashes in the name of an entity of Service Bus as tildes.
    path = probe.path.format(*(name.replace("~", "/") for name in names))
    asked = Asked(probe.method, endpoint.rstrip("/") + path, names, datetime.now(UTC))
    try:
        headers = probe.sign(asked, slot)
    except ValueError:
        return Trial(Verdict.REJECTED, "the key is not one that can sign")
    try:
        return _send(probe, asked, dict(headers))
    except ServiceRequestError:
        return Trial(Verdict.UNREACHABLE, "data plane: no connection")
    except AzureError as error:
        return Trial(Verdict.UNWELL, f"data plane: {type(error).__name__}")


def _send(probe: Probe, asked: Asked, headers: dict[str, str]) -> Trial:
    from azure.core import PipelineClient  # noqa: PLC0415
    from azure.core.exceptions import HttpResponseError  # noqa: PLC0415
    from azure.core.pipeline.policies import UserAgentPolicy  # noqa: PLC0415
    from azure.core.rest import HttpRequest, HttpResponse  # noqa: PLC0415

    # No redirects: the key, or what it signed, is for this host alone.
    client = PipelineClient[HttpRequest, HttpResponse](
        asked.url, policies=[UserAgentPolicy("secret-rotation")], **CLIENT_OPTIONS
    )
    with client:
        response = client.send_request(HttpRequest(asked.method, asked.url, headers=headers))
    status = response.status_code
    code = error_code(HttpResponseError(response=response)) if status >= 300 else ""
    reason = f"data plane: {status} {code}".rstrip()
    verdict = _verdict(probe, status, code, response.text())
    throttled = verdict is Verdict.UNWELL and is_throttling(status, code)
    return Trial(verdict, "" if verdict is Verdict.ACCEPTED else reason, wait_asked(response.headers), throttled)


def _verdict(probe: Probe, status: int, code: str, body: str) -> Verdict:
    if status == 200:
        return Verdict.ACCEPTED
    if status == 401 and probe.words:
        known = (verdict for word, verdict in probe.words.items() if word in body.casefold())
        return next(known, Verdict.UNREACHABLE)
    if status in probe.statuses:
        return probe.statuses[status]
    if code in _CODES:
        return _CODES[code]
    if status == 401:
        return Verdict.REJECTED
    if status in (408, 429) or status >= 500:
        return Verdict.UNWELL
    return Verdict.UNREACHABLE
