"""Time zones by their IANA names, out of the package tzdata: the same on every image, changed by nothing else."""

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo


def zone(name: str) -> ZoneInfo | None:
    """Return a zone by its name, in any letter case; None if there is none of that name."""
    known = _names().get(name.casefold())
    return _load(known) if known else None


@cache
def _names() -> dict[str, str]:
    # What ZoneInfo finds by itself includes whatever an image has under its zoneinfo folder, e.g. `localtime`.
    listed = files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return {name.casefold(): name for name in listed}


@cache
def _load(name: str) -> ZoneInfo:
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)
