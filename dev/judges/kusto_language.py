"""Kusto's own language service, from Microsoft's npm package: whether a query is right, and what its columns are."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from .components import KUSTO, KUSTO_FILES

# The columns that the queries use, of the tables in a workspace:
# https://learn.microsoft.com/azure/azure-monitor/reference/tables-index. What a resource's own log adds to
# AzureDiagnostics comes and goes with the rows, so queries ask for it by `column_ifexists`.
WORKSPACE = {
    "AppTraces": "(TimeGenerated: datetime, Message: string, SeverityLevel: int, Properties: dynamic)",
    "AppRequests": "(TimeGenerated: datetime, Name: string, Success: bool, DurationMs: real, Properties: dynamic)",
    "AzureDiagnostics": (
        "(TimeGenerated: datetime, ResourceProvider: string, OperationName: string, ResultType: string)"
    ),
    "AzureMetrics": (
        "(TimeGenerated: datetime, ResourceProvider: string, Resource: string, MetricName: string, Total: real)"
    ),
}
_PATIENCE = 60  # seconds


@dataclass(frozen=True)
class Judgement:
    """What the language service says of one query."""

    complaints: list[str]
    columns: dict[str, str]
    """The result's columns and their types."""


def judge(queries: Mapping[str, str]) -> dict[str, Judgement]:
    """Let queries be read, with the tables of a workspace.

    Raises:
        RuntimeError: The language service itself has failed.
    """
    done = subprocess.run(  # noqa: S603 - our own script
        ["node", str(KUSTO_FILES / "ask.cjs")],  # noqa: S607 - wherever the machine keeps it
        input=json.dumps({"tables": WORKSPACE, "queries": dict(queries)}),
        cwd=KUSTO.home,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"Kusto's language service failed:\n{done.stderr}")
    return {name: Judgement(**answer) for name, answer in json.loads(done.stdout).items()}
