"""What every command takes."""

import argparse
from collections.abc import Callable
from typing import Any

Run = Callable[[argparse.Namespace], Any]


def command(groups: Any, name: str, run: Run, *required: str, **optional: dict[str, Any]) -> None:
    """Add a command with its required options, and others with what argparse wants to know of them."""
    parser = groups.add_parser(name)
    parser.set_defaults(run=run)
    parser.add_argument("--query")
    parser.add_argument("--output", "-o", default="json", choices=["json", "tsv", "none"])
    for option in required:
        parser.add_argument(f"--{option}", required=True, **({"nargs": "*"} if option == "tags" else {}))
    for option, details in optional.items():
        parser.add_argument(f"--{option.replace('_', '-')}", **details)


def group(groups: Any, name: str) -> Any:
    """Add a group of commands."""
    return groups.add_parser(name).add_subparsers(required=True, metavar="COMMAND")
