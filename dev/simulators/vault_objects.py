"""A simulated vault's certificates and keys: their versions, their policies, and the issuer's request under way.

What is in them is no matter here: no test signs anything. Shapes and rules:
https://learn.microsoft.com/azure/key-vault/certificates/create-certificate-scenarios and
https://learn.microsoft.com/rest/api/keyvault/keys/rotate-key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from .world import World

DAY = timedelta(days=1)


@dataclass(frozen=True)
class ObjectVersion:
    """One version of a certificate or key."""

    version: str
    created: datetime
    expires_on: datetime | None
    enabled: bool
    tags: Mapping[str, str]


@dataclass
class Request:
    """A request for a certificate's next version."""

    request_id: str
    ready: datetime
    tags: Mapping[str, str]
    status: str = "inProgress"


@dataclass
class SimulatedCertificate:
    """A certificate."""

    name: str
    versions: list[ObjectVersion]
    issuer: str
    auto_renew: bool
    validity: timedelta
    issuing_takes: timedelta = timedelta(0)
    """How long the issuer takes for a request made from now on."""
    refuses: bool = False
    """Whether the issuer refuses what is asked of it from now on."""
    request: Request | None = None
    requests: int = 0
    """How many have ever been made."""

    @property
    def policy(self) -> dict[str, Any]:
        """Its policy, as the service shows it."""
        action = "AutoRenew" if self.auto_renew else "EmailContacts"
        return {
            "id": f"certificates/{self.name}/policy",
            "key_props": {"exportable": True, "kty": "RSA", "key_size": 2048, "reuse_key": False},
            "secret_props": {"contentType": "application/x-pkcs12"},
            "x509_props": {"subject": f"CN={self.name}", "validity_months": self.validity // (30 * DAY)},
            "lifetime_actions": [{"trigger": {"lifetime_percentage": 80}, "action": {"action_type": action}}],
            "issuer": {"name": self.issuer},
            "attributes": {"enabled": True},
        }


@dataclass
class SimulatedKey:
    """A key."""

    name: str
    versions: list[ObjectVersion]
    auto_rotate: bool
    expiry_time: timedelta | None
    """Life of a new version, by its rotation policy."""
    managed: bool = False

    @property
    def policy(self) -> dict[str, Any]:
        """Its rotation policy, as the service shows it."""
        kinds = ["Notify", "Rotate"] if self.auto_rotate else ["Notify"]
        actions = [{"trigger": {"timeBeforeExpiry": "P30D"}, "action": {"type": kind}} for kind in kinds]
        attributes = {} if self.expiry_time is None else {"expiryTime": f"P{self.expiry_time.days}D"}
        return {"lifetimeActions": actions, "attributes": attributes}


@dataclass
class VaultObjects:
    """All certificates and keys of one vault."""

    world: World
    certificates: dict[str, SimulatedCertificate] = field(default_factory=dict)
    keys: dict[str, SimulatedKey] = field(default_factory=dict)

    def add_certificate(
        self,
        name: str,
        *,
        expires_in: timedelta = 20 * DAY,
        issuer: str = "Self",
        auto_renew: bool = False,
        validity: timedelta = 360 * DAY,
        **tags: str,
    ) -> SimulatedCertificate:
        """Add a certificate that was made long ago."""
        first = self._version(expires_in, tags, ago=validity - expires_in)
        made = self.certificates[name.lower()] = SimulatedCertificate(name, [first], issuer, auto_renew, validity)
        return made

    def add_key(
        self,
        name: str,
        *,
        expires_in: timedelta | None = 20 * DAY,
        auto_rotate: bool = False,
        expiry_time: timedelta | None = 365 * DAY,
        managed: bool = False,
        **tags: str,
    ) -> SimulatedKey:
        """Add a key that was made long ago."""
        first = self._version(expires_in, tags, ago=300 * DAY)
        made = self.keys[name.lower()] = SimulatedKey(name, [first], auto_rotate, expiry_time, managed)
        return made

    def settle(self, certificate: SimulatedCertificate) -> None:
        """Let the issuer's answer come, if it is time."""
        with self.world.lock:
            request = certificate.request
            if request is None or request.status != "inProgress" or self.world.now() < request.ready:
                return
            if certificate.refuses:
                request.status = "failed"
                return
            request.status = "completed"
            certificate.versions.append(self._version(certificate.validity, request.tags))
            self.world.changed(f"{certificate.name}: renewed")

    def request(self, certificate: SimulatedCertificate, tags: Mapping[str, str]) -> bool:
        """Take a request in; False while there is one in progress."""
        with self.world.lock:
            self.settle(certificate)
            if certificate.request is not None and certificate.request.status == "inProgress":
                return False
            ready = self.world.now() + certificate.issuing_takes
            certificate.request = Request(self.world.new_version_id(), ready, dict(tags))
            certificate.requests += 1
            return True

    def rotate(self, key: SimulatedKey) -> ObjectVersion:
        """Make a key's next version."""
        with self.world.lock:
            made = self._version(key.expiry_time, key.versions[-1].tags)
            key.versions.append(made)
            self.world.changed(f"{key.name}: rotated")
            return made

    def tag(self, thing: SimulatedCertificate | SimulatedKey, **tags: str) -> None:
        """Change the current version's tags."""
        current = thing.versions[-1]
        thing.versions[-1] = replace(current, tags={**current.tags, **tags})

    def _version(self, life: timedelta | None, tags: Mapping[str, str], ago: timedelta = timedelta(0)) -> ObjectVersion:
        now = self.world.now().astimezone(UTC).replace(microsecond=0)
        expires_on = None if life is None else now + life
        return ObjectVersion(self.world.new_version_id(), now - ago, expires_on, True, dict(tags))
