"""The README's few lines on the benchmarks: between two comments, written anew whenever a section has been measured."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .report import DOCS, number

README = DOCS.parent / "README.md"
_BLOCK = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- /figures -->\n)", re.DOTALL)

Figures = Mapping[str, Mapping[str, Any]]
"""By name, as in docs/benchmarks.json."""


def update(readme: Path = README, docs: Path = DOCS) -> None:
    """Write the present figures into the README."""
    text = readme.read_text("utf-8")
    lines = "\n".join(headlines(known(docs))) + "\n"
    readme.write_text(_BLOCK.sub(lambda _: lines, text), "utf-8")


def known(docs: Path = DOCS) -> Figures:
    """Return the figures that were measured last."""
    return {one["name"]: one for one in json.loads((docs / "benchmarks.json").read_text("utf-8"))}


def block(text: str) -> str:
    """Return what stands between the two comments."""
    found = _BLOCK.search(text)
    return found[0] if found else ""


def headlines(figures: Figures) -> Iterator[str]:
    """Yield Markdown; sections that were never measured are left out."""
    value = {name: number(one["value"]) for name, one in figures.items()}
    best = {name: number(one["baseline"]) for name, one in figures.items()}
    if "year/human interventions" in figures:
        down = "year/consumer downtime, re-reading every 24 h"
        dead, people = "year/dead credentials in the vault", "year/human interventions"
        yield from _told(
            f"**A year**: consumers that re-read once a day are refused for {value[down]} h (the better peer: "
            f"{best[down]} h), {value[dead]} times the vault holds a dead key ({best[dead]}), {value[people]} times a "
            f"person has to step in ({best[people]}).",
            "Hours in which consumers were refused in a simulated year, by contender",
            "year-downtime",
        )
    if "burst/all rotated, after" in figures:
        limited = "burst/under limits, to the lower bound"
        yield from _told(
            f"**A burst** of {value['burst/rotated']} events: rotated in {value['burst/all rotated, after']} s, "
            f"{value['burst/times as fast as KSSEDR, one by one']} times as fast as one by one; under Azure's limits "
            f"in {value[limited]} times the least that they allow.",
            "Secrets rotated over time, this app and KSSEDR",
            "burst",
        )
    if "growth/calls for each rotation" in figures:
        yield from _told(
            "**Growth**: in the largest fleet a rotation takes "
            f"{value['growth/calls for each rotation, to those of the fewest']} times the calls and "
            f"{value['growth/time for each rotation, to that of the fewest']} times the time that it takes in the "
            "smallest.",
            "Calls and time for each rotation, by the number of secrets",
            "growth",
        )
    if "cost/calls to Azure" in figures:
        yield (
            f"**One rotation**: {value['cost/calls to Azure']} calls to Azure, {value['cost/activities']} activities, "
            f"{value['cost/history']} bytes of history, {value['cost/messages in queues']} messages."
        )
        yield ""
    missed = [name.partition("/")[2] for name, one in figures.items() if one["met"] is False]
    if missed:
        yield f"Missed targets, each with its reason [there](docs/benchmarks.md): {'; '.join(missed)}."


def _told(text: str, what: str, chart: str) -> Iterator[str]:
    yield from (text, "", f"![{what}](docs/images/{chart}.svg)", "")
