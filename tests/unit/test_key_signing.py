"""Requests signed with a key: as Microsoft's own SDKs sign them.

The signatures below were made once by azure-cosmos 4.17.1, azure-appconfiguration 1.10.0, azure-batch 14.2.0 and
azure-servicebus 7.15.0, from the same key and at the same instant.
"""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from providers.key_signing import (
    Asked,
    Sign,
    app_configuration,
    batch_shared_key,
    cosmos_master_key,
    in_header,
    shared_access,
    web_token,
)
from rotation.credential import Credential
from rotation.model import Slot

pytestmark = pytest.mark.unit

KEY = base64.b64encode(bytes(range(64))).decode()
SLOT = Slot("Primary", Credential(KEY), None, key_id="idid")
NOW = datetime(2026, 7, 25, 12, tzinfo=UTC)


def asked(url: str, *names: str, method: str = "GET") -> Asked:
    return Asked(method, url, names, NOW)


@pytest.mark.parametrize(
    ("sign", "request_", "authorization"),
    [
        (
            cosmos_master_key,
            asked("https://contoso.documents.azure.com/", "contoso"),
            "type%3Dmaster%26ver%3D1.0%26sig%3DUD3pDaQ2pHYy6BIwGLmt7erb9UeJ5qSyQ6gfXUplTeY%3D",
        ),
        (
            app_configuration,
            asked("https://contoso.azconfig.io/keys?api-version=1.0", "contoso"),
            "HMAC-SHA256 Credential=idid&SignedHeaders=x-ms-date;host;x-ms-content-sha256"
            "&Signature=kjceLix3dsf5f08hDn/ht8MpwmiiIPeCVpU0WHLUHFI=",
        ),
        (
            batch_shared_key,
            asked(
                "https://acct.westeurope.batch.azure.com/applications?api-version=2024-07-01.20.0&maxresults=1", "acct"
            ),
            "SharedKey acct:XUIoqZQSK5RblL1dG/Zc3/8fEHCeBXbBeVD8fCixVHE=",
        ),
        (
            shared_access,
            asked("https://ns.servicebus.windows.net/orders?api-version=2017-04", "ns", "orders", "send"),
            "SharedAccessSignature sr=https%3A%2F%2Fns.servicebus.windows.net%2Forders"
            "&sig=S1PYeweBeU9GXfrYZ%2FbFw1TKSyevasznxC6zli9NpTQ%3D&se=1784981100&skn=send",
        ),
    ],
    ids=["cosmos", "app configuration", "batch", "shared access"],
)
def test_a_request_is_signed_as_the_sdk_does(sign: Sign, request_: Asked, authorization: str) -> None:
    assert sign(request_, SLOT)["authorization"] == authorization


def test_a_web_token_is_for_one_url_and_for_minutes() -> None:
    url = "https://contoso.service.signalr.net/api/hubs/h/users/u"
    token = web_token(asked(f"{url}?api-version=2022-06-01", "contoso", method="HEAD"), SLOT)["authorization"]
    head, claims, signature = token.removeprefix("Bearer ").split(".")
    assert json.loads(unpadded(head)) == {"alg": "HS256", "typ": "JWT"}
    assert json.loads(unpadded(claims)) == {"aud": url, "iat": NOW.timestamp(), "exp": NOW.timestamp() + 300}
    wanted = hmac.new(KEY.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
    assert unpadded(signature) == wanted


def test_a_key_may_be_sent_itself() -> None:
    assert in_header("api-key")(asked("https://contoso.search.windows.net/"), SLOT) == {"api-key": KEY}


@pytest.mark.parametrize("sign", [cosmos_master_key, app_configuration, batch_shared_key])
def test_a_key_that_cannot_sign_is_told(sign: Sign) -> None:
    with pytest.raises(ValueError, match=r"base64|character|[Pp]adding"):
        sign(asked("https://contoso.documents.azure.com/", "contoso"), Slot("Primary", Credential("no base64!"), None))


def unpadded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
