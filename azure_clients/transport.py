"""How every Azure client of this app talks: bounded waits and no retries of its own.

Waiting is the orchestrator's business: its timers are durable, visible and free. A retry inside the SDK would also
repeat calls that must not be repeated unseen: `regenerateKey` (azure-core retries POST on 500, 503 and 504) and
`set_secret`, which makes a new version each time.
"""

from typing import Any

CLIENT_OPTIONS: dict[str, Any] = {
    "retry_total": 0,
    "connection_timeout": 10,  # seconds
    "read_timeout": 60,  # seconds; regenerating a key can take several
}
