"""azure-functions-runtime, the engine of the production Python worker, run on Python 3.13."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .components import HERE, WORKER_ENGINE

Data = tuple[str, Any]
"""A value and the field of `TypedData` that carries it: `string`, `json`, `http`, `collection_string` …"""

_PATIENCE = 60  # seconds


@dataclass(frozen=True)
class Invocation:
    """What the host sends for one run of a function."""

    function: str
    inputs: Mapping[str, Data]
    metadata: Mapping[str, Data] = field(default_factory=dict)


@dataclass(frozen=True)
class Session:
    """What the engine made of an app: either it refused to load it, or these are its functions and their results."""

    refused: str | None = None
    functions: Mapping[str, Any] = field(default_factory=dict)
    results: Sequence[Any] = ()


class WorkerEngine:
    """Starts the engine for a session."""

    def session(self, app: Path, environment: Mapping[str, str], *invocations: Invocation) -> Session:
        """Let the engine index an app and invoke its functions, one after the other.

        Raises:
            RuntimeError: The engine itself has failed.
        """
        asked = {
            "app": str(app),
            "invocations": [
                {"function": each.function, "inputs": dict(each.inputs), "metadata": dict(each.metadata)}
                for each in invocations
            ],
        }
        done = subprocess.run(  # noqa: S603 - our own script
            # -I: nothing but what is installed beside the engine is on its path.
            [str(WORKER_ENGINE.artifact), "-I", str(HERE / "engine_session.py")],
            input=json.dumps(asked),
            env={"PATH": os.environ.get("PATH", ""), "PYTHONUTF8": "1", **environment},
            cwd=app,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"the worker engine failed:\n{done.stderr}")
        return Session(**json.loads(done.stdout))
