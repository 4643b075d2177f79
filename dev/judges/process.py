"""A server in a process of its own: started, waited for, stopped."""

import os
import re
import subprocess
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import IO

_KEPT = ("PATH", "HOME", "LANG", "JAVA_HOME")
_PATIENCE = 60  # seconds
_LINES = 40


class ServerProcess:
    """Runs a command that prints, once it listens, a line with its port."""

    def __init__(
        self, command: Sequence[str], listening: str, *, cwd: Path, environment: dict[str, str] | None = None
    ) -> None:
        self._command = list(command)
        self._listening = re.compile(listening)
        self._cwd = cwd
        self._environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | (environment or {})
        self._port: Future[int] = Future()
        self._output: deque[str] = deque(maxlen=_LINES)
        self._process: subprocess.Popen[str] | None = None

    @property
    def port(self) -> int:
        """The loopback port that it chose."""
        return self._port.result(timeout=0)

    @property
    def pid(self) -> int:
        """The process's id."""
        if self._process is None:
            raise RuntimeError("it has not been started")
        return self._process.pid

    def __enter__(self) -> "ServerProcess":
        # Its input stays open for as long as this process lives, by which it can tell.
        self._process = subprocess.Popen(  # noqa: S603 - a judge's own command
            self._command,
            cwd=self._cwd,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()
        try:
            self._port.result(timeout=_PATIENCE)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End it, politely first."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def has_ended(self) -> bool:
        """Tell whether it runs no more."""
        return self._process is None or self._process.poll() is not None

    def _read(self, output: IO[str]) -> None:
        with output:
            for line in output:
                self._output.append(line.rstrip())
                found = self._listening.search(line)
                if found and not self._port.done():
                    self._port.set_result(int(found[1]))
        if not self._port.done():
            told = "\n".join(self._output)
            self._port.set_exception(RuntimeError(f"{self._command[0]} ended before it listened:\n{told}"))
