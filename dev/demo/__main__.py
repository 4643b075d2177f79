"""`python -m dev.demo`: rotates a key end to end without Azure; exits with 1 when anything did not hold."""

import threading
from datetime import timedelta
from time import monotonic
from typing import Annotated

import requests
import typer

from dev.demo.show import Show
from dev.demo.stage import SECRET, VAULT, Stage, stage
from dev.demo.story import tell

_TICK = 0.2  # seconds


def main(keep: Annotated[bool, typer.Option(help="Leave everything running, to explore with curl.")] = False) -> None:
    """Rotate a key end to end without Azure."""
    began = monotonic()
    with stage() as set_up:
        show = Show(set_up.clock)
        checks = tell(set_up, show)
        verdict = "[bold red]did not hold: " + ", ".join(checks.failed) if checks.failed else "[bold green]all held"
        show.console.print(f"\n{verdict}[/] [dim]({monotonic() - began:.1f} s of real time)[/dim]")
        if keep:
            _keep(set_up, show)
    raise typer.Exit(1 if checks.failed else 0)


def _keep(set_up: Stage, show: Show) -> None:
    """Let the clock run along with real time until somebody presses Ctrl+C."""
    url = set_up.host.url
    show.title("Still running: explore with curl, end with Ctrl+C")
    durable = f"{url}/runtime/webhooks/durabletask/instances"
    listed = requests.get(durable, params={"instanceIdPrefix": f"rotate-{VAULT}-{SECRET}-"}, timeout=10).json()
    instance = f"{durable}/{listed[0]['instanceId']}"
    for command in (
        f"curl '{durable}?instanceIdPrefix=rotate-{VAULT}-'",
        f"curl '{instance}?showHistory=true'",
        f"curl -X POST '{instance}/restart?restartWithNewInstanceId=false'",
    ):
        show.console.print(command, soft_wrap=True)
    show.console.print(f"curl {url}/api/IsAlive")
    show.console.print(f"curl {url}/admin/functions")
    ended = threading.Event()
    try:
        while not ended.wait(_TICK):
            set_up.clock.advance(timedelta(seconds=_TICK))
    except KeyboardInterrupt:
        show.console.print("stopped")


if __name__ == "__main__":
    typer.run(main)
