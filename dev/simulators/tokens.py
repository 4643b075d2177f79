"""Access tokens: opaque to their holders, known here by audience and expiry.

They live by the machine's clock, because the SDKs decide by it when to fetch the next one.
"""

import base64
import json
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from .wire import Request
from .world import machine_time

Complaint = Literal["missing", "unknown", "audience", "expired", "revoked"]


@dataclass(frozen=True)
class Token:
    """What the services know of a token."""

    audience: str
    expires_on: datetime
    revoked: bool = False


def normal_audience(audience: str) -> str:
    """Bring an audience to one form: callers write it with and without a trailing slash."""
    return audience.strip().lower().removesuffix("/.default").rstrip("/")


class TokenRegistry:
    """Issues tokens and judges those that come back."""

    def __init__(self, lifetime: timedelta = timedelta(hours=24)) -> None:
        self.lifetime = lifetime
        self.asks_for_claims = False
        self._tokens: dict[str, Token] = {}
        self._lock = threading.Lock()

    def issue(self, audience: str, lifetime: timedelta | None = None) -> tuple[str, Token]:
        """Issue a token for one audience."""
        token = Token(normal_audience(audience), machine_time() + (lifetime or self.lifetime))
        value = "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0." + secrets.token_urlsafe(48)
        with self._lock:
            self._tokens[value] = token
        return value, token

    def forget(self, value: str) -> None:
        """Drop a token that its holder has thrown away."""
        with self._lock:
            self._tokens.pop(value, None)

    def revoke_all(self, *, ask_for_claims: bool = False) -> None:
        """Let every token issued so far be refused, though it says that it lives on."""
        with self._lock:
            self.asks_for_claims = ask_for_claims
            self._tokens = {
                value: Token(token.audience, token.expires_on, revoked=True) for value, token in self._tokens.items()
            }

    def claims_wanted(self, complaint: Complaint) -> str | None:
        """Return the claims that a challenge should ask for, encoded as continuous access evaluation has them."""
        if complaint != "revoked" or not self.asks_for_claims:
            return None
        wanted = {"access_token": {"nbf": {"essential": True, "value": str(int(machine_time().timestamp()))}}}
        return base64.urlsafe_b64encode(json.dumps(wanted).encode()).decode()

    def clear(self) -> None:
        """Forget all tokens and settings."""
        with self._lock:
            self._tokens.clear()
            self.lifetime = timedelta(hours=24)
            self.asks_for_claims = False

    def complaint(self, request: Request, audiences: tuple[str, ...]) -> Complaint | None:
        """Return what is wrong with a request's bearer token, or None."""
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not value:
            return "missing"
        with self._lock:
            token = self._tokens.get(value.strip())
        if token is None:
            return "unknown"
        if token.audience not in {normal_audience(audience) for audience in audiences}:
            return "audience"
        if token.revoked:
            return "revoked"
        return "expired" if token.expires_on <= machine_time() else None
