"""`python -m dev.simulators`: a simulated Azure to point a shell at.

It prints `export NAME=value` lines and serves until it is interrupted, so that `eval` on its first lines puts a
terminal inside. What it holds is told by a seed (see `seeds`).
"""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from .azure import SimulatedAzure
from .seeds import DEFAULT, plant


def main(
    seed: Annotated[Path | None, typer.Option(help="TOML file with vaults, accounts and secrets.")] = None,
) -> None:
    """Run a simulated Azure on loopback until interrupted."""
    interrupted = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interrupted.set())
    azure = SimulatedAzure()
    try:
        plant(azure, seed.read_text() if seed else DEFAULT)
    except (OSError, ValueError) as error:
        typer.echo(f"the seed can't be used: {error}", err=True)
        raise typer.Exit(2) from error
    with azure:
        for name, value in azure.environment.items():
            typer.echo(f"export {name}={value}")
        typer.echo("# serving; interrupt to stop")
        interrupted.wait()


if __name__ == "__main__":
    typer.run(main)
