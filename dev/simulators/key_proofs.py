"""How the data planes of the services with two keys look at a request: does it prove possession of this key?

One function for each way, written from the services' own pages and not from the app, so that the two judge each other.
Dates are compared with the machine's clock, as callers date their requests by it.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs, unquote

from .wire import Request
from .world import machine_time

SKEW = timedelta(minutes=15)

Proof = Callable[[Request, str, str], bool]
"""From a request, a key and the key's id (or the name of what it belongs to) to whether the request proves it."""


def header(name: str) -> Proof:
    """Return a check for services to which the key itself is sent."""

    def proves(request: Request, key: str, _: str) -> bool:
        return _same(request.headers.get(name, ""), key)

    return proves


def cosmos(request: Request, key: str, _: str) -> bool:
    """Check a master key's token: https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources.

    A request for the account itself has neither a resource type nor a link.
    """
    token = parse_qs(unquote(request.headers.get("authorization", "")), keep_blank_values=True)
    # What follows "sig=" is base64, in which a plus is no space.
    given = unquote(request.headers.get("authorization", "")).partition("sig=")[2]
    date = request.headers.get("x-ms-date", "")
    payload = "\n".join([request.method, "", "", date, "", ""]).lower()
    return (
        (token.get("type"), token.get("ver")) == (["master"], ["1.0"])
        and bool(request.headers.get("x-ms-version"))
        and _is_recent(date)
        and _same(given, _signed(payload, base64.b64decode(key)))
    )


def app_configuration(request: Request, key: str, key_id: str) -> bool:
    """Check HMAC: https://learn.microsoft.com/azure/azure-app-configuration/rest-api-authentication-hmac."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    fields = dict(part.partition("=")[::2] for part in text.split("&"))
    names = fields.get("SignedHeaders", "").split(";")
    if scheme != "HMAC-SHA256" or not {"x-ms-date", "host", "x-ms-content-sha256"} <= set(names):
        return False
    content = base64.b64encode(hashlib.sha256(request.body).digest()).decode()
    values = [request.headers.get("host", request.host) if name == "host" else request.headers[name] for name in names]
    payload = f"{request.method}\n{request.path}?{request.query}\n{';'.join(values)}"
    return (
        fields.get("Credential") == key_id
        and request.headers["x-ms-content-sha256"] == content
        and _is_recent(request.headers["x-ms-date"])
        and _same(fields.get("Signature", ""), _signed(payload, base64.b64decode(key)))
    )


def web_token(request: Request, key: str, _: str) -> bool:
    """Check a JSON web token whose audience is the URL: https://learn.microsoft.com/azure/azure-signalr/signalr-reference-data-plane-rest-api."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    unsigned, _, signature = token.rpartition(".")
    try:
        head, claims = (json.loads(_unpadded(part)) for part in unsigned.split("."))
    except ValueError:
        return False
    wanted = hmac.new(key.encode(), unsigned.encode(), hashlib.sha256).digest()
    return (
        scheme == "Bearer"
        and head == {"alg": "HS256", "typ": "JWT"}
        and claims.get("aud") == f"https://{request.host}{request.path}"
        and claims.get("exp", 0) > machine_time().timestamp()
        and _same(signature, base64.urlsafe_b64encode(wanted).decode().rstrip("="))
    )


def shared_access(request: Request, key: str, rule: str) -> bool:
    """Check a token: https://learn.microsoft.com/azure/service-bus-messaging/service-bus-sas."""
    fields = _token_fields(request)
    resource = unquote(fields.get("sr", ""))
    wanted = _signed(f"{fields.get('sr', '')}\n{fields.get('se', '')}", key.encode())
    return (
        fields.get("skn") == rule
        and f"https://{request.host}{request.path}".lower().startswith(resource.lower())
        and fields.get("se", "").isdecimal()
        and int(fields["se"]) > machine_time().timestamp()
        and _same(unquote(fields.get("sig", "")), wanted)
    )


def token_rule(request: Request) -> str:
    """Return the authorization rule that a shared access token names."""
    return unquote(_token_fields(request).get("skn", ""))


def batch(request: Request, key: str, account: str) -> bool:
    """Check Shared Key: https://learn.microsoft.com/rest/api/batchservice/authenticate-requests-to-the-azure-batch-service."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    name, _, given = credentials.partition(":")
    date = request.headers.get("ocp-date", "")
    length = request.headers.get("content-length", "")
    standard = [request.method, "", "", "" if length == "0" else length, "", request.headers.get("content-type", "")]
    own = "".join(f"{name}:{value}\n" for name, value in sorted(request.headers.items()) if name.startswith("ocp-"))
    asked = "".join(f"\n{name}:{value}" for name, value in sorted(request.parameters))
    payload = "\n".join([*standard, "", "", "", "", "", "", f"{own}/{account}{request.path}{asked}"])
    return (
        (scheme, name) == ("SharedKey", account)
        and _is_recent(date)
        and _same(given, _signed(payload, base64.b64decode(key)))
    )


def _token_fields(request: Request) -> dict[str, str]:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    return dict(part.partition("=")[::2] for part in text.split("&")) if scheme == "SharedAccessSignature" else {}


def _signed(text: str, key: bytes) -> str:
    return base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _unpadded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _is_recent(date: str) -> bool:
    try:
        return abs(machine_time() - parsedate_to_datetime(date)) <= SKEW
    except ValueError:
        return False
