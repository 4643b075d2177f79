"""How the demo speaks: plain lines anywhere, a live line besides on a terminal."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import requests
from rich.console import Console
from rich.status import Status
from rich.table import Table

from dev.clock import VirtualClock

_POLL = 0.01  # seconds
_WIDTH = 100  # columns, where there is no terminal to ask


class Show:
    """Prints what happens, with the virtual clock's time."""

    def __init__(self, clock: VirtualClock) -> None:
        self.console = Console(highlight=False)
        if not self.console.is_terminal:
            self.console = Console(highlight=False, width=_WIDTH)
        self._clock = clock
        self._live: Status | None = None

    def title(self, text: str) -> None:
        """Begin a part."""
        self.console.print()
        self.console.rule(f"[bold]{text}", align="left")

    def say(self, text: str) -> None:
        """Print one line."""
        self.console.print(f"[dim]{self._clock.now():%d %b %H:%M:%S}[/dim]  {text}", soft_wrap=True)

    def now_doing(self, text: str) -> None:
        """Change the live line, where there is one."""
        if self._live is not None:
            self._live.update(text)

    def results(self, title: str, rows: list[tuple[str, str]]) -> None:
        """Print a closing table."""
        table = Table(title=title, title_justify="left", show_header=False)
        table.add_column(style="bold")
        table.add_column(overflow="fold")
        for name, value in rows:
            table.add_row(name, value)
        self.console.print()
        self.console.print(table)

    @contextmanager
    def watching(self, list_url: str) -> Iterator["Watch"]:
        """Print each change of an instance's custom status, as the Durable status API tells it."""
        watch = Watch(self, list_url)
        with self.console.status("waiting for the rotation") as live:
            self._live = live if self.console.is_terminal else None
            try:
                yield watch
            finally:
                watch.close()
                self._live = None


class Watch:
    """Looks at one instance over and over, on a thread of its own and when asked."""

    def __init__(self, show: Show, list_url: str) -> None:
        self._show = show
        self._url = list_url
        self._seen = ""
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def look(self) -> dict[str, Any]:
        """Return the instance as the list of instances shows it, and print what is new; empty before it exists."""
        with self._lock:
            listed = requests.get(self._url, timeout=10).json()
            instance: dict[str, Any] = listed[0] if listed else {}
            line = _line(instance.get("customStatus") or {})
            if line and line != self._seen:
                self._seen = line
                self._show.say(line)
                self._show.now_doing(line)
            return instance

    def close(self) -> None:
        """Stop looking."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_POLL):
            self.look()


def _line(status: dict[str, Any]) -> str:
    if "outcome" in status:
        return f"[bold green]{status['outcome']}[/bold green]"
    if "step" not in status:
        return ""
    attempt = f" [dim](attempt {status['attempt']})[/dim]" if status["attempt"] > 1 else ""
    if status["waitingFor"]:
        until = datetime.fromisoformat(status["until"])
        return (
            f"  [cyan]{status['step']}[/cyan]{attempt} waits until {until:%d %b %H:%M:%S} for: {status['waitingFor']}"
        )
    return f"  [cyan]{status['step']}[/cyan]{attempt}"
