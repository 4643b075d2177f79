"""`python -m dev.bench`: measures one section or all, writes the figures down and shows them.

They go into docs/benchmarks.md and .json, and a few of them into the README. A missed target is a figure like any
other; the exit status tells only whether everything could be measured.
"""

import importlib
import sys
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from . import headlines, report
from .figures import Section
from .options import Latencies, Options

SECTIONS = ("year", "burst", "growth", "cost", "sweep")
_ALL = "all"


def main(
    section: Annotated[str, typer.Argument(help=f"{', '.join(SECTIONS)} or {_ALL}.")] = _ALL,
    seed: Annotated[int, typer.Option(help="What every random choice of the year follows from.")] = 1,
    secrets: Annotated[int, typer.Option(min=1, help="How many secrets the year and the burst have.")] = 1000,
    days: Annotated[int, typer.Option(min=1, help="How long the simulated year is.")] = 365,
    vault_ms: Annotated[float, typer.Option(help="Latency of Key Vault.")] = 30,
    list_keys_ms: Annotated[float, typer.Option(help="Latency of listKeys.")] = 150,
    regenerate_ms: Annotated[float, typer.Option(help="Latency of regenerateKey.")] = 800,
    blob_ms: Annotated[float, typer.Option(help="Latency of a blob request.")] = 20,
) -> None:
    """Measure, beside the peers' algorithms, on simulated Azure."""
    if section not in (*SECTIONS, _ALL):
        raise typer.BadParameter(f"{section} is none of {', '.join(SECTIONS)}, {_ALL}")
    times = [timedelta(milliseconds=each) for each in (vault_ms, list_keys_ms, regenerate_ms, blob_ms)]
    options = Options(seed, secrets, days, Latencies(*times))
    console = Console()
    for name in SECTIONS if section == _ALL else (section,):
        measured: Section = importlib.import_module(f"dev.bench.{name}").run(options)
        report.write(name, measured, _command(), SECTIONS)
        headlines.update()
        _show(console, measured)


def _command() -> str:
    """Return what somebody types to see the same again."""
    arguments = " ".join(sys.argv[1:])
    return f'make bench ARGS="{arguments}"' if arguments else "make bench"


def _show(console: Console, section: Section) -> None:
    table = Table("", "", "value", "unit", "baseline", "target", title=section.title, title_justify="left")
    for figure in section.figures:
        colour = {True: "green", False: "bold red", None: "dim"}[figure.met]
        table.add_row(
            f"[{colour}]{report.mark(figure.met)}[/]",
            figure.name,
            report.number(figure.value),
            figure.unit,
            report.number(figure.baseline),
            report.number(figure.target),
        )
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
