"""App settings that replace values of host.json: `AzureFunctionsJobHost__extensions__http__routePrefix`.

The double underscores are the levels; a name that host.json has is found in any letter case.
"""

import json
from collections.abc import Mapping
from typing import Any

_PREFIX = "azurefunctionsjobhost__"


def overridden(document: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """Return host.json with what the environment says instead."""
    result: dict[str, Any] = json.loads(json.dumps(document))
    for name, text in sorted(environ.items()):
        if name.casefold().startswith(_PREFIX):
            *levels, last = name[len(_PREFIX) :].split("__")
            place = result
            for level in levels:
                place = place.setdefault(_spelling(place, level), {})
                if not isinstance(place, dict):
                    break
            else:
                place[_spelling(place, last)] = _value(text)
    return result


def _spelling(place: Mapping[str, Any], name: str) -> str:
    return next((known for known in place if known.casefold() == name.casefold()), name)


def _value(text: str) -> Any:
    """Settings are text; host.json's truth values and numbers are not."""
    try:
        value = json.loads(text.lower())
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float) else text
