"""How long is waited for what cannot be seen yet: a vault that cannot be listed, a version that was told of."""

from rotation.failures import NoSuchHostError, TransientError, UnreachableError
from rotation.results import Retry

# One that was deleted or is misspelt in KEY_VAULTS must not stop all others for good. Its name leads nowhere; one that
# is there and does not answer is worth waiting for.
UNKNOWN = 5.0
UNREACHABLE = 900.0

# An event can outrun its version by seconds; one that never appears belongs to a secret since made anew.
UNREADABLE = 300.0


def patience_with(error: TransientError) -> Retry:
    """Return what a step answers that has only one vault to list.

    Not told as throttled, which would be waited for all night: the other vaults are not.
    """
    match error:
        case NoSuchHostError():
            return Retry(error.reason, budget=UNKNOWN)
        case UnreachableError():
            return Retry(error.reason, budget=UNREACHABLE)
        case _:
            return Retry(error.reason, error.retry_after)
