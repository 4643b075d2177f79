"""Routes of HTTP functions: ASP.NET templates, matched as the Functions host does.

`items/{id:int}/{note?}`, `files/{*rest}`: parameters, optional ones, constraints, and a rest that takes
everything. Letter case does not matter; a literal beats a parameter, and a rest comes last.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from .errors import HostError
from .functions import HTTP, LoadedFunction

_PARAMETER = re.compile(r"^\{(?P<rest>\*{0,2})(?P<name>\w+)(?P<constraints>(?::[^{}?]+)*)(?P<optional>\?)?\}$")
_CONSTRAINTS = {
    "int": r"-?\d+",
    "long": r"-?\d+",
    "decimal": r"-?\d+(?:\.\d+)?",
    "double": r"-?\d+(?:\.\d+)?",
    "float": r"-?\d+(?:\.\d+)?",
    "bool": r"(?i:true|false)",
    "alpha": r"[A-Za-z]+",
    "guid": r"\{?[0-9A-Fa-f]{8}-?(?:[0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}\}?",
    "datetime": r"[0-9T:.\-+Z ]+",
    "required": r"[^/]+",
}


@dataclass(frozen=True)
class Route:
    """One HTTP function's route."""

    function: LoadedFunction
    template: str
    methods: frozenset[str]
    pattern: re.Pattern[str]
    rank: tuple[int, ...]

    def match(self, path: str) -> dict[str, str] | None:
        """Return the route parameters if the path fits."""
        found = self.pattern.match(path)
        if found is None:
            return None
        return {name: unquote(value) for name, value in found.groupdict().items() if value is not None}


class Router:
    """All routes of an app."""

    def __init__(self, functions: list[LoadedFunction], prefix: str) -> None:
        self.routes = sorted(
            (_route(function, prefix) for function in functions if function.kind == HTTP),
            key=lambda route: route.rank,
        )

    def find(self, method: str, path: str) -> tuple[LoadedFunction, dict[str, str]] | None:
        """Return the function for a request; a method that no route takes is as good as no route."""
        for route in self.routes:
            if route.methods and method not in route.methods:
                continue
            parameters = route.match(path)
            if parameters is not None:
                return route.function, parameters
        return None


def _route(function: LoadedFunction, prefix: str) -> Route:
    template = str(function.trigger.get("route") or function.name).strip("/")
    full = f"{prefix}/{template}" if prefix else template
    pattern = ""
    rank: list[int] = []
    for segment in full.split("/"):
        parameter = _PARAMETER.match(segment)
        if parameter is None:
            pattern += "/" + _literal(segment, function.name)
            rank.append(0)
            continue
        value = ".*" if parameter["rest"] else _constrained(parameter["constraints"], function.name)
        piece = f"/(?P<{parameter['name']}>{value})"
        pattern += f"(?:{piece})?" if parameter["optional"] or parameter["rest"] else piece
        rank.append(3 if parameter["rest"] else 1 if parameter["constraints"] else 2)
    methods = frozenset(str(method).upper() for method in function.trigger.get("methods") or [])
    return Route(function, full, methods, re.compile(f"^{pattern}/?$", re.IGNORECASE), tuple(rank))


def _literal(segment: str, function: str) -> str:
    if "{" in segment or "}" in segment:
        raise HostError(f"function '{function}': route segment '{segment}' is not supported")
    return re.escape(segment)


def _constrained(constraints: str, function: str) -> str:
    names = [name for name in constraints.split(":") if name]
    if not names:
        return r"[^/]+"
    if len(names) > 1 or names[0] not in _CONSTRAINTS:
        raise HostError(f"function '{function}': route constraint '{constraints.strip(':')}' is not supported")
    return _CONSTRAINTS[names[0]]
