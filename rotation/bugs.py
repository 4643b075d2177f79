"""What may be told of an exception that nobody expected: its message may hold anything, a credential included."""

from pathlib import Path
from traceback import extract_tb


def scrubbed(error: Exception) -> str:
    """Name a bug by class and place."""
    frames = extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
    return f"unexpected {type(error).__name__} at {place}"
