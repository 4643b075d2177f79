"""`python -m dev.package`: build the zip that is deployed, and say what it weighs."""

from pathlib import Path
from typing import Annotated

import typer

from .build import build

ROOT = Path(__file__).parents[2]


def main(
    output: Annotated[Path, typer.Option(help="Where the zip goes.")] = ROOT / "dist" / "secret-rotation.zip",
    names: Annotated[bool, typer.Option(help="List what is in it.")] = False,
) -> None:
    """Build the package of this app, with .funcignore honoured as the Azure Functions Core Tools do."""
    package = build(ROOT, output)
    if names:
        typer.echo("\n".join(package.files))
    shown = output.relative_to(Path.cwd()) if output.is_relative_to(Path.cwd()) else output
    typer.echo(f"{shown}: {package.size / 1024:.1f} KiB, {len(package.files)} files")


if __name__ == "__main__":
    typer.run(main)
