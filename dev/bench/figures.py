"""What a section of the benchmark measures: figures, each beside its baseline and its target."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured value."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    """The same measure of what it is compared with, from the same run."""
    target: float | None = None
    met: bool | None = None
    """None where there is no target."""
    spread: tuple[float, float] | None = None
    """Least and most, where it was measured more than once."""

    def to_json(self) -> dict[str, Any]:
        """Return what docs/benchmarks.json says of it; no spread where it was measured once."""
        document = asdict(self)
        if self.spread is None:
            del document["spread"]
        return document


@dataclass(frozen=True)
class Section:
    """One part of the report."""

    title: str
    figures: list[Figure]
    notes: list[str] = field(default_factory=list)
    """Paragraphs of Markdown."""
    charts: Sequence[str] = ()
    """Names of SVG files in docs/images."""
    more: Sequence[Figure] = ()
    """Figures that the notes show in their own way: for the JSON alone."""


def at_most(
    name: str,
    value: float,
    unit: str,
    target: float,
    baseline: float | None = None,
    spread: tuple[float, float] | None = None,
) -> Figure:
    """Return a figure that must not exceed its target."""
    return Figure(name, value, unit, baseline, target, value <= target, spread)


def at_least(
    name: str,
    value: float,
    unit: str,
    target: float,
    baseline: float | None = None,
    spread: tuple[float, float] | None = None,
) -> Figure:
    """Return a figure that must reach its target."""
    return Figure(name, value, unit, baseline, target, value >= target, spread)
