"""What arrives through the Event Hub, read leniently and believed cautiously.

Both Event Grid schemas are understood, one event or an array in a message. Real payloads differ from their
documentation: keys with a trailing space, versions with a leading one, times as number, text or null, a `subject` or
`Version` that says something else than the id. So names are compared stripped and in any case, and everything that
matters comes from `data.Id`, which must be a well-formed secret id.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from rotation.renewal import CERTIFICATE, KEY
from rotation.request import PENDING_NAME, SECRET_NAME, VAULT_HOST, VERSION, RotationRequest, shape

NEAR_EXPIRY = "microsoft.keyvault.secretnearexpiry"
EXPIRED = "microsoft.keyvault.secretexpired"
_RENEWALS = {
    "microsoft.keyvault.certificatenearexpiry": CERTIFICATE,
    "microsoft.keyvault.certificateexpired": CERTIFICATE,
    "microsoft.keyvault.keynearexpiry": KEY,
    "microsoft.keyvault.keyexpired": KEY,
}
NEW_VERSION = "microsoft.keyvault.secretnewversioncreated"
_LONG_NUMBER = 1000

_ID = re.compile(
    rf"https://(?P<vault>{VAULT_HOST.pattern.replace('?P<name>', '').replace('?P<suffix>', '')})(?::443)?"
    rf"/(?P<collection>secrets|certificates|keys)/(?P<secret>{SECRET_NAME.pattern})(?:/(?P<version>{VERSION.pattern}))?/?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True)
class Due:
    """An event that says: this version nears its expiry, or has passed it."""

    request: RotationRequest


@dataclass(frozen=True)
class NewVersion:
    """An event that says: this version is there now, whoever wrote it."""

    request: RotationRequest


@dataclass(frozen=True)
class Ageing:
    """An event that says: this version of a certificate or key nears its expiry, or has passed it."""

    kind: str
    request: RotationRequest


@dataclass(frozen=True)
class Ignored:
    """A readable event of a type that asks for nothing."""

    event_type: str


@dataclass(frozen=True)
class Unreadable:
    """What could not be understood, and why; the text repeats nothing of the payload."""

    reason: str


_KINDS: dict[str, Callable[[RotationRequest], Due | NewVersion | Ageing]] = {
    NEAR_EXPIRY: Due,
    EXPIRED: Due,
    NEW_VERSION: NewVersion,
    **{name: partial(Ageing, kind) for name, kind in _RENEWALS.items()},
}
Reading = Due | NewVersion | Ageing | Ignored | Unreadable


def read_message(body: bytes) -> Iterator[Reading]:
    """Read every event of one Event Hub message; a bad one never hides its neighbours."""
    try:
        document = json.loads(
            body.decode("utf-8-sig"),
            parse_int=_integer,
        )
    except UnicodeDecodeError as error:
        yield Unreadable(f"the message is not UTF-8 (byte {error.start} of {len(body)})")
        return
    except (ValueError, RecursionError) as error:
        # Not str(error): the decoder quotes nothing today, but its text is not ours to vouch for.
        yield Unreadable(f"the message of {len(body)} bytes is not JSON ({type(error).__name__})")
        return
    for event in document if isinstance(document, list) else [document]:
        yield read_event(event)


def read_event(event: object) -> Reading:
    """Read one event in either schema."""
    fields = _fields(event)
    if fields is None:
        return Unreadable(f"the event is {shape(event)}, expected an object in Event Grid or CloudEvents schema")
    event_type = fields.get("eventtype", fields.get("type"))
    if not isinstance(event_type, str) or not event_type:
        return Unreadable(f"eventType (or type) is {shape(event_type)}, expected a Key Vault event type")
    read = _KINDS.get(event_type.casefold())
    if read is None:
        return Ignored(event_type[:100])
    data = _fields(fields.get("data"))
    if data is None:
        return Unreadable(f"data is {shape(fields.get('data'))}, expected an object with the secret's Id")
    secret_id = data.get("id")
    kind = _RENEWALS.get(event_type.casefold(), "secret")
    match = _ID.fullmatch(secret_id) if isinstance(secret_id, str) else None
    if match is None or match["collection"].casefold() != f"{kind}s":
        return Unreadable(f"data.Id is {shape(secret_id)}, expected https://<vault>/{kind}s/<name>/<version>")
    if kind == "secret" and PENDING_NAME.fullmatch(match["secret"]):
        return Ignored(f"{event_type[:100]} of a pending secret")
    version = match["version"] or data.get("version")
    if not isinstance(version, str) or not VERSION.fullmatch(version.casefold()):
        return Unreadable(f"neither data.Id nor data.Version ({shape(data.get('version'))}) names a version")
    cause = event_type.rpartition(".")[2]
    return read(RotationRequest(match["vault"].casefold(), match["secret"], version.casefold(), reason=cause))


def _integer(digits: str) -> int | str:
    """Leave a number as text where Python refuses to convert it (thousands of digits): no number here matters."""
    return int(digits) if len(digits) < _LONG_NUMBER else digits


def _fields(value: object) -> Mapping[str, Any] | None:
    """Return an object's fields with names and texts stripped, names in lower case; None for anything else."""
    if not isinstance(value, Mapping):
        return None
    return {
        str(name).strip().casefold(): content.strip() if isinstance(content, str) else content
        for name, content in value.items()
    }
