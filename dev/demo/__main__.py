"""`python -m dev.demo`: rotates a key end to end without Azure; exits with 1 when anything did not hold."""

from time import monotonic
from typing import Annotated

import typer

from dev.demo.keep import keep as keep_running
from dev.demo.show import Show
from dev.demo.stage import stage
from dev.demo.story import tell


def main(
    keep: Annotated[bool, typer.Option(help="Leave it running, with trouble in it, to practise on.")] = False,
) -> None:
    """Rotate a key end to end without Azure."""
    began = monotonic()
    with stage() as set_up:
        show = Show(set_up.clock)
        checks = tell(set_up, show)
        verdict = "[bold red]did not hold: " + ", ".join(checks.failed) if checks.failed else "[bold green]all held"
        show.console.print(f"\n{verdict}[/] [dim]({monotonic() - began:.1f} s of real time)[/dim]")
        if keep:
            keep_running(set_up, show)
    raise typer.Exit(1 if checks.failed else 0)


if __name__ == "__main__":
    typer.run(main)
