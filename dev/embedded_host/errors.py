"""The ways in which the host says no.

`HostError` ends the start of a host with one message for a person; `ApiError` ends an HTTP request with a
status. What goes wrong inside the app's own functions is neither: that is data, and travels as a `Failure` (see
`outcomes`).
"""

from typing import Any


class HostError(Exception):
    """The app cannot be run here; the message says why, in one line, without a traceback."""


class ApiError(Exception):
    """A management request that is answered with an error status."""

    def __init__(self, status: int, body: Any = None) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body
