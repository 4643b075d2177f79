"""Retry policies of functions: from the decorator, or from host.json for all.

They apply to triggers that can bring their data again (Event Hubs, timers); an HTTP function or an activity has none.
"""

from dataclasses import dataclass
from datetime import timedelta

from .errors import HostError
from .functions import LoadedFunction
from .settings import HostSettings, parse_time_span

_MINIMUM, _MAXIMUM = timedelta(seconds=5), timedelta(minutes=15)


@dataclass(frozen=True)
class RetryPolicy:
    """How often and when to try again; a negative count is for ever."""

    max_retries: int = 0
    first: timedelta = timedelta(0)
    factor: int = 1
    longest: timedelta = _MAXIMUM

    def allows(self, retries: int) -> bool:
        """Tell whether there may be one more retry after so many."""
        return self.max_retries < 0 or retries < self.max_retries

    def delay(self, retries: int) -> timedelta:
        """Return how long to wait before the next retry; the real one adds jitter."""
        # An exponent without a bound overflows when a policy retries for ever.
        return min(self.first * int(self.factor ** min(retries, 30)), self.longest)


def policy_of(function: LoadedFunction, settings: HostSettings) -> RetryPolicy:
    """Return a function's policy.

    Raises:
        HostError: It can't be understood.
    """
    declared = function.retry or settings.retry
    if not declared:
        return RetryPolicy()
    where = f"function '{function.name}': retry policy"
    strategy = str(declared.get("strategy") or "").replace("_", "").lower()
    try:
        count = int(declared.get("max_retry_count") or 0)
    except ValueError:
        raise HostError(f"{where}: max_retry_count must be a number") from None

    def span(key: str, otherwise: timedelta) -> timedelta:
        text = declared.get(key)
        return otherwise if text is None else parse_time_span(str(text), f"{where}: {key}")

    if strategy == "fixeddelay":
        delay = span("delay_interval", _MINIMUM)
        return RetryPolicy(count, delay, longest=delay)
    if strategy == "exponentialbackoff":
        return RetryPolicy(count, span("minimum_interval", _MINIMUM), 2, span("maximum_interval", _MAXIMUM))
    raise HostError(f"{where}: strategy '{declared.get('strategy')}' is not supported")
