"""docs/benchmarks.md and docs/benchmarks.json: one section of either is replaced, the others stay as they are.

In the JSON a figure's name begins with its section's, `year/…`; in the Markdown a section stands between two comments.
"""

import json
import os
import platform
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from .figures import Figure, Section

DOCS = Path(__file__).parents[2] / "docs"
_HEADER = """# Benchmarks

Written by `make bench`; every figure stands beside its baseline from the same run. Counts, ratios and virtual times say
more than seconds: those depend on the machine, and on what else it was doing. `make bench ARGS="--help"` lists what can
be set: the section, the year's `--seed` and `--days`, how many `--secrets`, and the latencies `--vault-ms`,
`--list-keys-ms`, `--regenerate-ms` and `--blob-ms` of bursts and growth. The year and the growth take some ten minutes
each on two cores that have nothing else to do, the others a few.
"""


def write(name: str, section: Section, command: str, order: Sequence[str], docs: Path = DOCS) -> None:
    """Put a section's figures into both files.

    Args:
        name: What the section is called on the command line.
        section: What it measured.
        command: What was run.
        order: The names of all sections, as they follow each other in the files.
        docs: The folder of the files.
    """
    docs.mkdir(parents=True, exist_ok=True)
    _write_json(docs / "benchmarks.json", name, section, order)
    _write_markdown(docs / "benchmarks.md", name, section, command, order)


def _write_json(file: Path, name: str, section: Section, order: Sequence[str]) -> None:
    known: list[dict[str, Any]] = json.loads(file.read_text("utf-8")) if file.exists() else []
    kept = [one for one in known if _section_of(one) != name]
    made = [{**figure.to_json(), "name": f"{name}/{figure.name}"} for figure in [*section.figures, *section.more]]
    figures = sorted(kept + made, key=lambda one: order.index(_section_of(one)))
    file.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _section_of(figure: dict[str, Any]) -> str:
    return str(figure["name"]).partition("/")[0]


def _write_markdown(file: Path, name: str, section: Section, command: str, order: Sequence[str]) -> None:
    text = file.read_text("utf-8") if file.exists() else ""
    parts = {
        found["name"]: found["body"]
        for found in re.finditer(r"<!-- (?P<name>\w+) -->\n(?P<body>.*?)<!-- /(?P=name) -->\n", text, re.DOTALL)
    }
    parts[name] = "\n".join(_lines(section, command)) + "\n"
    known = [f"<!-- {each} -->\n{parts[each]}<!-- /{each} -->\n" for each in order if each in parts]
    file.write_text("\n".join([_HEADER, *known]), "utf-8")


def _lines(section: Section, command: str) -> Iterable[str]:
    yield f"## {section.title}"
    yield ""
    yield f"`{command}` on {machine()}"
    yield ""
    yield from table(section.figures)
    for chart in section.charts:
        yield ""
        yield f"![{section.title}](images/{chart})"
    for note in section.notes:
        yield ""
        yield note


def table(figures: Iterable[Figure]) -> Iterable[str]:
    """Write figures as a table in Markdown."""
    yield "| | value | baseline | target | |"
    yield "|---|---:|---:|---:|---|"
    for figure in figures:
        value = f"{number(figure.value)} {figure.unit}".strip()
        if figure.spread:
            value += f" ({number(figure.spread[0])}–{number(figure.spread[1])})"
        yield f"| {figure.name} | {value} | {number(figure.baseline)} | {number(figure.target)} | {mark(figure.met)} |"


def number(value: float | None) -> str:
    """Write a number with as many digits as say something; nothing where there is none."""
    if value is None:
        return ""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def mark(met: bool | None) -> str:
    """Return what tells at a glance whether a target is met."""
    return {True: "✓", False: "✗", None: ""}[met]


def machine() -> str:
    """Describe where this runs, as far as it matters to figures."""
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"{platform.python_implementation()} {platform.python_version()}"
    )
