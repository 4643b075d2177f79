"""Loading an app's function_app.py, unmodified, into this process.

The directory goes to the front of `sys.path` and `function_app` is imported afresh. The app's other modules may stay
cached: registering the same blueprints with a new app works, because building a function twice changes nothing.
What must go is another app's module by the same name, or this app would get that one.
The packages `dev` and `tests` always stay: they hold the host itself and the code that runs it.
"""

import contextlib
import importlib
import logging
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from .errors import HostError
from .functions import LoadedFunction, describe, is_app

_KEPT = ("dev", "tests", "conftest")
_importing = threading.Lock()
_loaded: list[Path] = []


def load_functions(app_dir: Path, environ: Mapping[str, str]) -> list[LoadedFunction]:
    """Import the app and return its functions.

    Raises:
        HostError: There is no app, it can't be imported, or it has a function that can't be run here.
    """
    script = app_dir / "function_app.py"
    if not script.is_file():
        raise HostError(f"no function_app.py in {app_dir} (only the v2 programming model is supported)")
    with _importing:
        functions = _import(app_dir)
        described = [describe(function, environ) for function in functions]
    if not described:
        raise HostError("function_app.py registers no functions")
    return [function for function in described if not _is_disabled(function.name, environ)]


def _is_disabled(name: str, environ: Mapping[str, str]) -> bool:
    return environ.get(f"AzureWebJobs.{name}.Disabled", "").lower() in ("true", "1")


def _import(app_dir: Path) -> list[object]:
    _forget_modules(app_dir)
    directory = str(app_dir)
    if directory in sys.path:
        sys.path.remove(directory)
    sys.path.insert(0, directory)
    importlib.invalidate_caches()
    try:
        module = importlib.import_module("function_app")
    except Exception as error:
        told = " ".join(str(error).split())  # one line, whatever the app has to say
        raise HostError(f"function_app.py can't be imported: {type(error).__name__}: {told}") from None
    except SystemExit as error:
        raise HostError(f"function_app.py can't be imported: it called exit({error.code!r})") from None
    apps = list({id(value): value for value in vars(module).values() if is_app(value)}.values())
    if len(apps) != 1:
        raise HostError(f"function_app.py must hold exactly one function app, it has {len(apps)}")
    try:
        with _without_auth_warning():
            return list(apps[0].get_functions())
    except ValueError as error:
        raise HostError(f"function_app.py: {error}") from None


def _forget_modules(app_dir: Path) -> None:
    sys.modules.pop("function_app", None)
    for name, module in list(sys.modules.items()):
        top = name.partition(".")[0]
        path = getattr(module, "__file__", None)
        if path is None or top in _KEPT or not _has_module(app_dir, top):
            continue
        if any(_is_inside(Path(path), other) for other in _loaded if other != app_dir):
            del sys.modules[name]
    if app_dir not in _loaded:
        _loaded.append(app_dir)


def _has_module(app_dir: Path, name: str) -> bool:
    return (app_dir / f"{name}.py").is_file() or (app_dir / name).is_dir()


def _is_inside(path: Path, app_dir: Path) -> bool:
    return path.is_relative_to(app_dir) and "site-packages" not in path.relative_to(app_dir).parts


@contextlib.contextmanager
def _without_auth_warning() -> Iterator[None]:
    # get_functions() tells every app without HTTP functions about their auth level, on the root logger.
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)
