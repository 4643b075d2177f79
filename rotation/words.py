"""What calls to Azure are called where they are foretold: as docs/security.md names them."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Call:
    """One call to Azure; operations are named as in docs/security.md, which says what allows them."""

    operation: str
    """Service and operation, e.g. `storage.regenerateKey`."""
    target: str
    """A vault, `vault/secret`, an account, or `account/slot`."""
    changes: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return what the HTTP API shows."""
        service, _, operation = self.operation.partition(".")
        return {"service": service, "operation": operation, "target": self.target, "changes": self.changes}


@dataclass(frozen=True)
class Words:
    """What a provider's calls are called, each with its service."""

    describe: str | None
    """None where there is nothing to ask."""
    slots: str | None
    regenerate: str | None
    try_key: str | None
    """None where there is no harmless way to try one."""
    activate: str = ""
    """What lets a key be in force right before it is published."""
    pending: str = ""
    """The secret in which a key waits that can be read back nowhere: then the slots are in the vault, too."""
    is_kept_before: bool = False
    """Whether it is put there before it is issued, and once more when it has been."""
    retire: str | None = None
    """None where retiring a slot is regenerating it."""
