"""The embedded host: any Durable Functions app in Python's v2 model, without Azure and without the Core Tools.

It knows nothing of the app that it runs. Read it in this order: `replay` and `orchestration` (what an episode
decides), `episodes`, `activities`, `durable_timers`, `entities` (how decisions are carried out), `taskhub` and
`store` (what is kept), `attempts`, `event_hubs` and `schedules` (the other triggers), `client` and `management_api`
(what clients can do), `host` (how it is put together), `facade` (for tests).
"""

from .attempts import DeliveryResult
from .errors import ApiError, HostError
from .facade import EmbeddedHost

__all__ = ["ApiError", "DeliveryResult", "EmbeddedHost", "HostError"]
