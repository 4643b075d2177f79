"""What going back needs: which version is to be replaced, and whose value is to be brought back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rotation.address import lock_address, parse_address
from rotation.failures import RefusedError
from rotation.instance import Instance
from rotation.model import Subject
from rotation.plan import Plan
from rotation.request import VERSION, RotationRequest, shape


@dataclass(frozen=True)
class Restoration:
    """The input of `restore_secret` and of `restore_version`; holds no credential."""

    rotation_id: str
    """The rotation that is rolled back."""
    vault: str
    secret: str
    provider: str
    """The target's address."""
    version: str
    """The current version, which that rotation wrote."""
    previous_version: str
    """The version whose value is brought back."""
    reason: str = ""

    @property
    def request(self) -> RotationRequest:
        """What it is about, as a rotation would be asked for it."""
        return RotationRequest(self.vault, self.secret, self.version, reason=self.reason)

    @property
    def subject(self) -> Subject:
        """Whose credential it is about."""
        return Subject(self.vault, self.secret, self.previous_version, self.rotation_id)

    @property
    def lock(self) -> str:
        """What nobody else may work on meanwhile."""
        return lock_address(self.provider, self.vault, self.secret)

    @classmethod
    def of(cls, plan: Plan, version: str) -> "Restoration":
        """Undo a plan that is under way and has written `version`."""
        return cls(plan.rotation_id, plan.vault, plan.secret, plan.provider, version, plan.previous_version)

    @classmethod
    def of_ended(cls, instance: Instance, request: RotationRequest, reason: str) -> "Restoration":
        """Undo a rotation that has ended and written a version (rotation/actions.py: `can_go_back`)."""
        facts = instance.facts
        return cls(
            rotation_id=str(facts.get("rotationId", instance.id)),
            vault=request.vault,
            secret=request.secret,
            provider=facts["provider"],
            version=facts["version"],
            previous_version=facts["previousVersion"],
            reason=reason,
        )

    @classmethod
    def from_json(cls, data: object) -> "Restoration":
        """Check what an instance was started with.

        Raises:
            RefusedError: Names every field that is wrong, its shape and what it should be.
        """
        request = RotationRequest.from_json(data)
        fields = data if isinstance(data, Mapping) else {}
        provider, previous = str(fields.get("provider")), str(fields.get("previous_version"))
        rotation_id = fields.get("rotation_id")
        complaints = [
            f"{name} is {shape(fields.get(name))}, expected {expected}"
            for name, right, expected in (
                ("provider", parse_address(provider) is not None, "the target's address"),
                ("previous_version", VERSION.fullmatch(previous) is not None, "32 hexadecimal digits in lower case"),
                ("rotation_id", isinstance(rotation_id, str), "the id of the rotation that is undone"),
            )
            if not right
        ]
        if complaints:
            raise RefusedError("the input is wrong: " + "; ".join(complaints))
        return cls(str(rotation_id), request.vault, request.secret, provider, request.version, previous, request.reason)

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return asdict(self)
