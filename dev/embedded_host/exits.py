"""Functions that end their process.

A real worker is a process of its own: a function that exits takes the worker with it, and the host goes on and says so
(s12a, s12b). Here function and host share a process, so an exit ends only the call that asked for it, which then fails
as by the death of the worker. That holds for `sys.exit`, and for `os._exit`, `os.abort` and `os.kill` of the own
process when a function calls them. Other calls that the same worker had in hand go on, unlike there.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NoReturn
from unittest.mock import patch

_INTERRUPTED = 130
_SIGNALLED = 128
_DEADLY = frozenset({signal.SIGABRT, signal.SIGINT, signal.SIGKILL, signal.SIGQUIT, signal.SIGSEGV, signal.SIGTERM})
_host_process: ContextVar[int | None] = ContextVar("host_process", default=None)
"""Set while a function runs; not to be confused with a child that the function has forked."""

_real_exit, _real_abort, _real_kill = os._exit, os.abort, os.kill


class WorkerExitError(Exception):
    """A function has ended the process that it believes to be its own."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@contextmanager
def contained() -> Iterator[None]:
    """Turn exits of the function that runs within into a `WorkerExitError`."""
    token = _host_process.set(os.getpid())
    try:
        yield
    except SystemExit as left:
        raise WorkerExitError(_code(left.code)) from None
    except KeyboardInterrupt:
        raise WorkerExitError(_INTERRUPTED) from None
    finally:
        _host_process.reset(token)


def _code(given: str | int | None) -> int:
    if given is None:
        return 0
    return given & 0xFF if isinstance(given, int) else 1


def _is_in_function() -> bool:
    return _host_process.get() == os.getpid()


def _exit(status: int) -> NoReturn:
    if _is_in_function():
        raise SystemExit(status)
    _real_exit(status)


def _abort() -> NoReturn:
    if _is_in_function():
        raise SystemExit(_SIGNALLED + signal.SIGABRT)
    _real_abort()


def _kill(pid: int, number: int, /) -> None:
    if _is_in_function() and pid == os.getpid() and number in _DEADLY:
        raise SystemExit(_SIGNALLED + number)
    _real_kill(pid, number)


interception = patch.multiple(os, _exit=_exit, abort=_abort, kill=_kill)
"""Started while at least one host runs."""
