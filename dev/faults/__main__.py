"""Runs the whole matrix on every core and closes with one line: `python -m dev.faults`."""

import argparse
import sys
import time

from .arena import Arena
from .jobs import Report, everything, rehearse_all
from .workers import reports


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.faults", description="Every fault at every call.")
    parser.add_argument("--sample", type=int, default=1000, help="pairs to try of the scenarios beside the main one")
    parser.add_argument("--kills", type=int, default=200, help="how often to kill a real host process")
    parser.add_argument("--races", type=int, default=240, help="how many random schedules to try")
    parser.add_argument("--kinds", action="store_true", help="every single fault on every kind of target, too")
    parser.add_argument("--seed", type=int, default=1, help="what the random parts follow from")
    return parser.parse_args()


def main() -> int:
    """Run everything; the exit code tells whether any promise was broken."""
    options = _options()
    began = time.monotonic()
    with Arena() as arena:
        rehearsals = rehearse_all(arena, kinds=options.kinds)
    jobs = everything(rehearsals, sample=options.sample, kills=options.kills, races=options.races, seed=options.seed)
    total = Report()
    for number, report in enumerate(reports(jobs), 1):
        total.add(report)
        for violation in report.violations:
            _say(f"\nVIOLATION {violation}")
        if number % 100 == 0:
            _say(f"{time.monotonic() - began:6.0f} s: {total.cases.total()} cases")
    for kind, many in sorted(total.cases.items()):
        _say(f"{many:7} {kind}")
    _say(f"{total.outside:7} moments that only somebody else's edit broke; {time.monotonic() - began:.0f} s")
    _say(f"faults: {total.cases.total()} cases, {len(total.violations)} violations")
    return 1 if total.violations else 0


if __name__ == "__main__":
    sys.exit(main())
