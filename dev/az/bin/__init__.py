"""What goes on the PATH."""

from pathlib import Path

AZ = Path(__file__).parent / "az"
