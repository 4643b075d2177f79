"""What must be true when the demo is over; the demo's exit status says whether it is."""

from dataclasses import dataclass, field


@dataclass
class Checks:
    """Claims and whether they held."""

    failed: list[str] = field(default_factory=list)
    rows: list[tuple[str, str]] = field(default_factory=list)

    def note(self, name: str, value: object) -> None:
        """Show a fact."""
        self.rows.append((name, str(value)))

    def claim(self, name: str, holds: bool, value: object) -> None:
        """Show a claim, marked with whether it holds."""
        mark = "[green]✓[/green]" if holds else "[bold red]✗[/bold red]"
        self.rows.append((name, f"{mark} {value}"))
        if not holds:
            self.failed.append(name)
