"""`python -m dev.az`, or `az` with `dev/az/bin` on the PATH."""

import argparse
import json
import sys
from typing import Any

import jmespath
from azure.core.exceptions import HttpResponseError

from dev.az import keyvault, role, storage
from dev.az.resource_manager import ResourceManagerError


def main(arguments: list[str]) -> int:
    """Run one command and print its answer."""
    parser = argparse.ArgumentParser(prog="az", description="A stand-in for the Azure CLI inside simulated Azure.")
    groups = parser.add_subparsers(required=True, metavar="GROUP")
    for group in (keyvault, storage, role):
        group.add_commands(groups)
    options = parser.parse_args(arguments)
    try:
        answer = options.run(options)
    except HttpResponseError as error:
        code = getattr(error.error, "code", "") or error.reason
        return _fail(f"({error.status_code} {code})")
    except ResourceManagerError as error:
        return _fail(str(error))
    _print(jmespath.search(options.query, answer) if options.query else answer, options.output)
    return 0


def _fail(text: str) -> int:
    sys.stderr.write(f"ERROR: {text}\n")
    return 1


def _print(answer: Any, form: str) -> None:
    if answer is None or form == "none":
        return
    if form == "json":
        sys.stdout.write(json.dumps(answer, indent=2) + "\n")
        return
    for row in answer if isinstance(answer, list) else [answer]:
        cells = list(row.values()) if isinstance(row, dict) else row if isinstance(row, list) else [row]
        sys.stdout.write("\t".join(map(_text, cells)) + "\n")


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
