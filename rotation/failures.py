"""Why something could not be done, in the few kinds that make a difference to a rotation.

Adapters raise these instead of their SDK's exceptions; the shell of each activity turns them into data. Reasons name
services, operations, status and error codes, never a value and never an SDK's message.
"""


class RotationError(Exception):
    """Anything that a rotation expects to go wrong; its text is fit for operators to read."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TransientError(RotationError):
    """It may work later."""

    def __init__(self, reason: str, retry_after: float | None = None, *, throttled: bool = False) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        """Seconds that the service asked us to wait, if it did."""
        self.throttled = throttled
        """Whether the service is well and merely has had too many requests."""


class UnreachableError(TransientError):
    """Nothing answers there for now: no route, an outage, or a firewall that drops."""


class NoSuchHostError(UnreachableError):
    """The name leads nowhere from here: it does not resolve, or the proxy does not let it through."""


class MissingError(RotationError):
    """The secret, version or resource does not exist."""


class DeniedError(RotationError):
    """The app's identity is not allowed to do it."""


class DisabledError(RotationError):
    """The newest version of the secret is disabled, so that it cannot be read."""


class RefusedError(RotationError):
    """Rotating would be wrong until somebody changes something; nothing has been touched."""
