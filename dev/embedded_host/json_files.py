"""JSON files that people write: host.json and local.settings.json.

The real host reads them with a forgiving parser, so comments, trailing commas and a byte order mark are fine here too.
Whatever has the wrong shape is refused in one line that names the file and the place.
"""

import json
import re
from pathlib import Path
from typing import Any

from .errors import HostError

_STRING = r'"(?:[^"\\]|\\.)*"'
_COMMENT = re.compile(rf"({_STRING})|//[^\n]*|/\*.*?\*/", re.DOTALL)
_TRAILING_COMMA = re.compile(rf"({_STRING})|,(?=\s*[}}\]])", re.DOTALL)


def read_object(path: Path, *, required: bool) -> dict[str, Any]:
    """Read a file that holds a JSON object; an absent one is empty unless it is required.

    Raises:
        HostError: It can't be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if required:
            raise HostError(f"{path.name} is missing in {path.parent}") from None
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise HostError(f"{path.name} can't be read: {error}") from None
    try:
        document = json.loads(_strict(text))
    except ValueError as error:
        raise HostError(f"{path.name} is not valid JSON: {error}") from None
    if not isinstance(document, dict):
        raise HostError(f"{path.name} must hold a JSON object")
    return document


def section(document: dict[str, Any], name: str, file: str) -> dict[str, Any]:
    """Return an object inside an object, empty if it is absent.

    Raises:
        HostError: It is something else.
    """
    found = document.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise HostError(f"{file}: {name} must be an object")
    return found


def whole_number(document: dict[str, Any], name: str, file: str, *, otherwise: int) -> int:
    """Return a number of at least one, or `otherwise` if it is absent.

    Raises:
        HostError: It is something else.
    """
    found = document.get(name)
    if found is None:
        return otherwise
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise HostError(f"{file}: {name} must be a whole number above 0, not {json.dumps(found)}")
    return found


def _strict(text: str) -> str:
    for pattern in (_COMMENT, _TRAILING_COMMA):
        text = pattern.sub(lambda match: match[1] or " ", text)
    return text
