"""How a request is signed with a key, one function for each way that Azure's data planes know.

Each takes the request that is about to be sent and returns the headers that it needs; nothing else, and nothing is
sent. Written from the pages that are named. They raise `ValueError` for a key that cannot sign.
"""

import hashlib
import hmac
import json
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qsl, quote, urlsplit

from rotation.model import Slot

_LIFE = timedelta(minutes=5)


@dataclass(frozen=True)
class Asked:
    """A request that is about to be sent."""

    method: str
    url: str
    names: tuple[str, ...]
    """The names in the target's resource id."""
    now: datetime

    @property
    def date(self) -> str:
        """The present as HTTP writes it."""
        return format_datetime(self.now, usegmt=True)


Sign = Callable[[Asked, Slot], Mapping[str, str]]


def in_header(name: str) -> Sign:
    """Return a way to send the key itself."""

    def sign(asked: Asked, slot: Slot) -> Mapping[str, str]:
        return {name: slot.key.reveal()}

    return sign


def cosmos_master_key(asked: Asked, slot: Slot) -> Mapping[str, str]:
    """Sign a request for the account itself: learn.microsoft.com, "Access control on Azure Cosmos DB resources"."""
    date = asked.date.lower()
    signature = _hmac(b64decode(slot.key.reveal(), validate=True), f"{asked.method.lower()}\n\n\n{date}\n\n")
    return {
        "authorization": quote(f"type=master&ver=1.0&sig={signature}", safe=""),
        "x-ms-date": date,
        "x-ms-version": "2018-12-31",
    }


def app_configuration(asked: Asked, slot: Slot) -> Mapping[str, str]:
    """Sign with HMAC: learn.microsoft.com, "HMAC authentication - REST API reference"."""
    url = urlsplit(asked.url)
    content = b64encode(hashlib.sha256(b"").digest()).decode()
    signed = f"{asked.method}\n{url.path}?{url.query}\n{asked.date};{url.netloc};{content}"
    signature = _hmac(b64decode(slot.key.reveal(), validate=True), signed)
    authorization = f"Credential={slot.key_id}&SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}"
    return {
        "x-ms-date": asked.date,
        "x-ms-content-sha256": content,
        "authorization": f"HMAC-SHA256 {authorization}",
    }


def web_token(asked: Asked, slot: Slot) -> Mapping[str, str]:
    """Make a JSON web token for one URL: learn.microsoft.com, "Azure SignalR service data plane REST API reference"."""
    audience = asked.url.partition("?")[0]
    claims = {"aud": audience, "iat": _seconds(asked.now), "exp": _seconds(asked.now + _LIFE)}
    unsigned = f"{_encoded({'alg': 'HS256', 'typ': 'JWT'})}.{_encoded(claims)}"
    digest = hmac.new(slot.key.reveal().encode(), unsigned.encode(), hashlib.sha256).digest()
    return {"authorization": f"Bearer {unsigned}.{_without_padding(digest)}"}


def shared_access(asked: Asked, slot: Slot) -> Mapping[str, str]:
    """Make a shared access signature for one URL: learn.microsoft.com, "Generate SAS token" of Event Hubs."""
    uri = quote(asked.url.partition("?")[0], safe="")
    expiry = _seconds(asked.now + _LIFE)
    signature = quote(_hmac(slot.key.reveal().encode(), f"{uri}\n{expiry}"), safe="")
    token = f"sr={uri}&sig={signature}&se={expiry}&skn={quote(asked.names[-1], safe='')}"
    return {"authorization": f"SharedAccessSignature {token}"}


def batch_shared_key(asked: Asked, slot: Slot) -> Mapping[str, str]:
    """Sign with Shared Key: learn.microsoft.com, "Authenticate requests to the Azure Batch service"."""
    url, account = urlsplit(asked.url), asked.names[0]
    query = "".join(f"\n{name.lower()}:{value}" for name, value in sorted(parse_qsl(url.query)))
    signed = f"{asked.method}{chr(10) * 12}ocp-date:{asked.date}\n/{account}{url.path}{query}"
    signature = _hmac(b64decode(slot.key.reveal(), validate=True), signed)
    return {"ocp-date": asked.date, "authorization": f"SharedKey {account}:{signature}"}


def _hmac(key: bytes, text: str) -> str:
    return b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()


def _encoded(document: Mapping[str, object]) -> str:
    return _without_padding(json.dumps(document, separators=(",", ":")).encode())


def _without_padding(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _seconds(when: datetime) -> int:
    return int(when.timestamp())
