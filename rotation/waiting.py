"""How long to wait before asking again: exponential, capped, spread by a jitter that replays the same.

The jitter comes from a digest instead of a random generator because an orchestrator must take the same decisions each
time it is replayed, and different ones from its neighbours that were throttled in the same second.
"""

import hashlib
from datetime import timedelta

FIRST = timedelta(seconds=2)
LONGEST = timedelta(minutes=2)
_SPREAD = 0.25
# What the service asked for is spread already, where many were throttled at once (azure_clients.pacing).
_MOST_SPREAD = LONGEST * _SPREAD


def delay(attempt: int, seed: str, retry_after: float | None = None) -> timedelta:
    """Return the wait after attempt number `attempt` (from 1).

    Args:
        attempt: How many attempts have been made.
        seed: What tells this wait from its neighbours, e.g. instance id and step.
        retry_after: Seconds that the service asked for; the wait is never shorter.
    """
    base = min(LONGEST, FIRST * (1 << min(attempt - 1, 16)))
    digest = hashlib.sha256(f"{seed}/{attempt}".encode()).digest()
    share = int.from_bytes(digest[:4]) / 2**32
    base = max(base, timedelta(seconds=retry_after or 0))
    return base + min(base * _SPREAD, _MOST_SPREAD) * share
