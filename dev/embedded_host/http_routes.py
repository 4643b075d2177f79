"""Routes of HTTP functions: ASP.NET templates, matched as the Functions host does.

`items/{id:int}/{note?}`, `{name}.{kind}`, `files/{*rest}`: parameters, optional ones, constraints, and a rest that
takes everything. Letter case does not matter; a literal beats a parameter, and a rest comes last.
"""

import itertools
import re
from dataclasses import dataclass
from urllib.parse import unquote

from .errors import HostError
from .functions import HTTP, LoadedFunction
from .route_constraints import Check, checks_of

_PARAMETER = re.compile(r"\{(?P<rest>\*{0,2})(?P<name>\w+)(?::(?P<constraints>[^{}]+?))?(?P<optional>\?)?\}")
_LITERAL, _CONSTRAINED, _ANYTHING, _REST = range(4)


@dataclass(frozen=True)
class Route:
    """One HTTP function's route."""

    function: LoadedFunction
    template: str
    methods: frozenset[str]
    pattern: re.Pattern[str]
    checks: dict[str, list[Check]]
    rank: tuple[int, ...]

    def match(self, path: str) -> dict[str, str] | None:
        """Return the route parameters if the path fits."""
        found = self.pattern.match(path)
        if found is None:
            return None
        values = {name: unquote(value) for name, value in found.groupdict().items() if value is not None}
        fits = all(check(value) for name, value in values.items() for check in self.checks[name])
        return values if fits else None

    def conflicts_with(self, other: "Route") -> bool:
        """Tell whether some request could not say which of the two it means."""
        common = not self.methods or not other.methods or self.methods & other.methods
        return self.template.lower() == other.template.lower() and bool(common)


class Router:
    """All routes of an app."""

    def __init__(self, functions: list[LoadedFunction], prefix: str) -> None:
        self.routes = sorted(
            (_route(function, prefix) for function in functions if function.kind == HTTP),
            key=lambda route: route.rank,
        )
        for one, other in itertools.combinations(self.routes, 2):
            if one.conflicts_with(other):
                raise HostError(
                    f"function '{other.function.name}': the route '{other.template}' conflicts with that of "
                    f"function '{one.function.name}'"
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
    checks: dict[str, list[Check]] = {}
    pattern = ""
    rank: list[int] = []
    for segment in full.split("/"):
        piece, is_optional, place = _segment(segment, checks, function.name)
        pattern += f"(?:/{piece})?" if is_optional else f"/{piece}"
        rank.append(place)
    methods = frozenset(str(method).upper() for method in function.trigger.get("methods") or [])
    return Route(function, full, methods, re.compile(f"^{pattern}/?$", re.IGNORECASE), checks, tuple(rank))


def _segment(segment: str, checks: dict[str, list[Check]], function: str) -> tuple[str, bool, int]:
    """Return a segment's pattern, whether it may be absent, and its place in the order; note its constraints."""
    pattern, end, is_optional, place = "", 0, False, _LITERAL
    for parameter in _PARAMETER.finditer(segment):
        name, constraints = parameter["name"], parameter["constraints"]
        found = checks_of(constraints) if constraints else []
        if found is None:
            raise HostError(f"function '{function}': route constraint '{constraints}' is not supported")
        checks[name] = found
        value = ".*" if parameter["rest"] else "[^/]+"
        pattern += f"{_literal(segment[end : parameter.start()], segment, function)}(?P<{name}>{value})"
        end = parameter.end()
        is_optional = is_optional or bool(parameter["optional"] or parameter["rest"])
        place = max(place, _REST if parameter["rest"] else _CONSTRAINED if constraints else _ANYTHING)
    return pattern + _literal(segment[end:], segment, function), is_optional, place


def _literal(text: str, segment: str, function: str) -> str:
    if "{" in text or "}" in text:
        raise HostError(f"function '{function}': route segment '{segment}' is not supported")
    return re.escape(text)
