"""Builds the zip: source and requirements.txt, which Azure installs; the same bytes for the same source."""

import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .funcignore import FuncIgnore

# The earliest that a zip can hold; the file times of a checkout say nothing.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE = 0o100644 << 16


@dataclass(frozen=True)
class Package:
    """What was built."""

    path: Path
    files: list[str]

    @property
    def size(self) -> int:
        """Bytes of the zip."""
        return self.path.stat().st_size


def listed(root: Path) -> list[str]:
    """Return what goes into the package, as relative paths with slashes, sorted."""
    ignore = FuncIgnore((root / ".funcignore").read_text(encoding="utf-8"))
    return sorted(path for path in _files(root, ignore) if ignore.ships(path))


def _files(root: Path, ignore: FuncIgnore) -> Iterator[str]:
    for folder, folders, names in os.walk(root):
        here = Path(folder).relative_to(root)
        # A pattern that matches a folder matches whatever is below it; none of ours brings anything back.
        folders[:] = [name for name in folders if ignore.ships((here / name).as_posix())]
        yield from ((here / name).as_posix() for name in names)


def build(root: Path, target: Path) -> Package:
    """Write the zip of the app in `root`."""
    files = listed(root)
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w") as archive:
        for name in files:
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.external_attr = _REGULAR_FILE
            archive.writestr(entry, (root / name).read_bytes(), zipfile.ZIP_DEFLATED, 9)
    return Package(target, files)
