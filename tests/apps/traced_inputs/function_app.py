# ruff: noqa - it loads another app by hand
"""The recorded app again: only its host.json differs, which keeps inputs in the history."""

import importlib.util
from pathlib import Path

_path = Path(__file__).parent.parent / "traced" / "function_app.py"
_spec = importlib.util.spec_from_file_location("traced_functions", _path)
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)

app = _module.app
