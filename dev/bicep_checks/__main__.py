"""`python -m dev.bicep_checks`: prints what is wrong with the Bicep files; compiles them too where a compiler is."""

import shutil
import subprocess
import sys

from dev.bicep_checks.run import ROOT, check


def _compilers() -> list[str] | None:
    if bicep := shutil.which("bicep"):
        return [bicep, "build", "--stdout"]
    if az := shutil.which("az"):
        return [az, "bicep", "build", "--stdout", "--file"]
    return None


def main() -> int:
    """Return the exit code: 1 if anything is wrong."""
    findings = check()
    for finding in findings:
        print(finding)  # noqa: T201 - a command line
    command = _compilers()
    failed = False
    for path in sorted(ROOT.glob("*.bicep")) if command else ():
        failed |= subprocess.run([*command, str(path)], check=False, stdout=subprocess.DEVNULL).returncode != 0  # type: ignore[misc] # noqa: S603
    if not findings and not failed:
        count = sum(1 for _ in ROOT.rglob("*.bicep"))
        print(f"bicep: {count} files checked{'' if command else ', not compiled: neither bicep nor az is here'}")  # noqa: T201
    return int(bool(findings) or failed)


if __name__ == "__main__":
    sys.exit(main())
