"""What .funcignore means to the Azure Functions Core Tools (4.x, `func azure functionapp publish` and `func pack`).

It looks like .gitignore and is read otherwise:

- Each pattern is matched against the path from its beginning, so `docs` names the folder at the root and no other.
- It has to end where a word ends, and nothing more: `docs` also drops `docs.txt`, but not `docs_old`, and a pattern
  that ends in a slash matches only what goes on with a letter, a digit or `_`.
- `*` is one character or more within a name, `**` one or more of any kind; `?` and `[…]` stand for themselves.
- `!pattern` brings back, whatever the order of the lines.

A few names are left out whatever the file says. Read from the Core Tools' GitIgnoreParser and FileSystemHelpers.
"""

import re
from collections.abc import Iterable

_FOLDERS_NEVER_SHIPPED = frozenset({".git", ".vscode"})
_FILES_NEVER_SHIPPED = frozenset(
    {".funcignore", ".gitignore", "appsettings.json", "local.settings.json", "project.lock.json"}
)


class FuncIgnore:
    """A .funcignore, read."""

    def __init__(self, text: str) -> None:
        lines = [line.strip() for line in text.splitlines()]
        patterns = [line for line in lines if line and not line.startswith("#")]
        self._out = _any_of(pattern for pattern in patterns if not pattern.startswith("!"))
        self._back = _any_of(pattern[1:] for pattern in patterns if pattern.startswith("!"))

    def ships(self, path: str) -> bool:
        """Tell whether a file goes into the package; `path` is relative, with slashes."""
        *folders, name = path.split("/")
        if name in _FILES_NEVER_SHIPPED or not _FOLDERS_NEVER_SHIPPED.isdisjoint(folders):
            return False
        return bool(self._back.match(path)) or not self._out.match(path)


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    alternatives = [_expression(pattern.removeprefix("/")) for pattern in patterns]
    # ASCII, as ECMAScript's `\b` is.
    return re.compile(rf"(?:{'|'.join(alternatives)})\b" if alternatives else r"(?!)", re.ASCII)


def _expression(pattern: str) -> str:
    pieces = re.split(r"(\*\*|\*)", pattern)
    wild = {"**": ".+", "*": "[^/]+"}
    return "".join(wild.get(piece) or re.escape(piece) for piece in pieces)
