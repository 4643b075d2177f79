"""What is known once the secret has been read, and what the versions that rotations write say of themselves."""

from dataclasses import dataclass
from datetime import datetime

from rotation.holding import ReplacedVersion
from rotation.ids import rotation_id
from rotation.model import SecretVersion
from rotation.plan import INTERIM, REPAIRED
from rotation.request import RotationRequest
from rotation.tags import ROTATION_ID


@dataclass(frozen=True)
class Situation:
    """What is known once the secret has been read."""

    request: RotationRequest
    current: SecretVersion
    now: datetime
    replaced: tuple[ReplacedVersion, ...] = ()
    """What was replaced within the last grace; read only where the current version is young enough to have done so."""

    @property
    def written_by(self) -> str:
        """Which rotation wrote the current version; empty for none."""
        return self.current.tags.get(ROTATION_ID, "")

    @property
    def is_ours(self) -> bool:
        """Whether this very rotation wrote the current version and may have work left."""
        own = rotation_id(self.request)
        return self.written_by in (own, own + INTERIM, own + REPAIRED)

    @property
    def is_interim(self) -> bool:
        """Whether the current version is the stopover of a pinned secret."""
        return self.written_by.endswith(INTERIM)
