"""Making a recording and a run comparable: what differs every time is replaced by a name for it."""

import re
from typing import Any

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?")
_GUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
_DETAILS = re.compile(r" \n \{\\*\"\$type.*", re.DOTALL)
_STACK = re.compile(r"\nStack: .*", re.DOTALL)
_ORIGIN = re.compile(r"http://127\.0\.0\.1:\d+")
_KEY = re.compile(r"code=\w+")
_HIDDEN = {"Details": "<details>", "StackTrace": "<stack>"}


def normalise(value: Any) -> Any:
    """Replace times, ids, tracebacks and addresses."""
    if isinstance(value, dict):
        return {
            key: _HIDDEN[key] if key in _HIDDEN and isinstance(item, str) else normalise(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [normalise(item) for item in value]
    if not isinstance(value, str):
        return value
    value = _DETAILS.sub(" \n <details>", value)
    value = _STACK.sub("\nStack: <stack>", value)
    value = _TIME.sub("<time>", value)
    value = _GUID.sub("<guid>", value)
    return _KEY.sub("code=<key>", _ORIGIN.sub("<origin>", value))
