"""Finds every reason that the app can give, in its own source: what the runbook has to explain.

A reason is the text that is given to one of the constructors below. A placeholder in it, or a part that another module
words, is shown as `…`.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = ("bootstrap.py", "triggers/vault_events.py")
FOLDERS = ("activities", "azure_clients", "entities", "orchestrations", "providers", "rotation", "task_hub")
ELIDED = "…"

# Which argument of each is the reason, and what kind of reason that makes it.
GIVERS = {
    "RefusedError": (0, "refused"),
    "DeniedError": (0, "refused"),
    "MissingError": (0, "refused"),
    "DisabledError": (0, "refused"),
    "TransientError": (0, "retry"),
    "UnreachableError": (0, "retry"),
    "NoSuchHostError": (0, "retry"),
    "Retry": (0, "retry"),
    "Trial": (1, "retry"),
    "Conclusion": (1, ""),
    "Stop": (1, ""),
    "Unreadable": (0, "parked"),
    "_left_behind": (2, "parked"),
    "WrongSecret": (1, "finding"),
    "Decision": (1, "finding"),
    "Driven": (1, "finding"),
    "_kept": (0, "note"),
}


@dataclass(frozen=True)
class Reason:
    """One reason, as far as it is known before it is given."""

    kind: str
    """An outcome, or `retry`, `parked`, `finding` or `note`."""
    text: str
    place: str


def reasons() -> list[Reason]:
    """Return every reason in the deployed code that is worded where it is given."""
    modules = [ROOT / name for name in MODULES]
    modules += [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return [reason for path in modules for reason in _of_module(path) if re.search(r"\w", reason.text)]


def _of_module(path: Path) -> Iterator[Reason]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for function in functions:
        worded = {
            target.id: node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and (name := ast.unparse(call.func).rpartition(".")[2]) in GIVERS:
                position, kind = GIVERS[name]
                if len(call.args) > position:
                    reason = call.args[position]
                    reason = worded.get(reason.id, reason) if isinstance(reason, ast.Name) else reason
                    kind = kind or ast.unparse(call.args[0]).rpartition(".")[2].lower()
                    yield Reason(kind, _text(reason), f"{path.relative_to(ROOT)}:{call.lineno}")


def _text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) for part in parts)
        case ast.BinOp(left=left, right=right):
            return _text(left) + _text(right)
        case _:
            return ELIDED
