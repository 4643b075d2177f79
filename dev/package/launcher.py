"""Runs an unpacked package on the embedded host, in a Python that has nothing but the package's requirements.

Imported there, so it needs nothing but the standard library. The app is loaded as Azure's worker does it, with its
folder behind all installed packages; the embedded host, which puts it in front, then finds the modules loaded.
"""

import importlib
import json
import os
import sys
from pathlib import Path

_START = "import sys; sys.path += sys.argv[1:3]; from dev.package.launcher import main; main(*sys.argv[1:])"


def command(python: Path, app: Path, host_folder: Path, report: Path) -> list[str]:
    """Return the command that runs an app on a free port.

    Args:
        python: The interpreter of the app's environment.
        app: The unpacked package.
        host_folder: What lends `dev` to it.
        report: Where it writes, when it is stopped, the file of each module that it has loaded: JSON by module name.
    """
    return [str(python), "-I", "-B", "-c", _START, str(app), str(host_folder), str(report)]


def main(app: str, _host_folder: str, report: str) -> None:
    """Run the app until SIGTERM."""
    importlib.import_module("function_app")
    host = importlib.import_module("dev.embedded_host.__main__")
    sys.argv[1:] = ["--app", app, "--port", "0"]
    status = host.main()
    files = {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items())}
    Path(report).write_text(json.dumps(files))
    sys.stdout.flush()
    # As the host ends: not held up by a function that still runs.
    os._exit(status)
