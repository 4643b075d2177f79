"""Account SAS: a URL that carries a signature instead of the request's being signed.

Written from https://learn.microsoft.com/rest/api/storageservices/create-account-sas, not from the SDK. A service SAS
names a container or a blob, which the simulation doesn't have: here it is a signature that fits no key.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from . import storage_errors as errors
from .shared_key import same_signature, signature
from .wire import Request, Response
from .world import machine_time

_SIGNED = ("sp", "ss", "srt", "st", "se", "sip", "spr", "sv")
_WITH_ENCRYPTION_SCOPE = "2020-12-06"
_SERVICES = {"blob": "b", "file": "f"}


def is_shared_access(request: Request) -> bool:
    """Tell whether a request comes with a shared access signature."""
    return request.parameter("sig") is not None


def refusal(
    request: Request, account: str, service: str, keys: Iterable[str], resource_types: str, permissions: str
) -> Response | None:
    """Judge a request; None lets it in. It needs one of the resource types and one of the permissions."""
    text = string_to_sign(request, account)
    given = request.parameter("sig") or ""
    if not request.parameter("srt") or not any(same_signature(signature(text, key), given) for key in keys):
        return errors.bad_shared_access(request, f"Signature did not match. String to sign used was {text}")
    if not _is_of_now(request):
        return errors.bad_shared_access(request, "Signature not valid in the specified time frame")
    if _SERVICES[service] not in (request.parameter("ss") or ""):
        return errors.beyond_shared_access(request, "Service")
    if not set(resource_types) & set(request.parameter("srt") or ""):
        return errors.beyond_shared_access(request, "ResourceType")
    if not set(permissions) & set(request.parameter("sp") or ""):
        return errors.beyond_shared_access(request, "Permission")
    return None


def string_to_sign(request: Request, account: str) -> str:
    """Return the text that the signature is made of."""
    names = (*_SIGNED, "ses") if (request.parameter("sv") or "") >= _WITH_ENCRYPTION_SCOPE else _SIGNED
    return "".join(f"{part}\n" for part in (account, *(request.parameter(name) or "" for name in names)))


def _is_of_now(request: Request) -> bool:
    """Signatures are dated by their makers' wall clock, as requests are."""
    starts, ends = request.parameter("st"), request.parameter("se")
    try:
        return (not starts or _instant(starts) <= machine_time()) and bool(ends) and machine_time() < _instant(ends)
    except ValueError:
        return False


def _instant(text: str | None) -> datetime:
    when = datetime.fromisoformat(text or "")
    return when if when.tzinfo else when.replace(tzinfo=UTC)
