"""What the command line takes reaches the sections."""

from datetime import timedelta

import pytest
import typer
from typer.testing import CliRunner

from dev.bench import __main__ as command
from dev.bench import burst, headlines, report
from dev.bench.figures import Section
from dev.bench.options import Latencies, Options

pytestmark = pytest.mark.unit


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Options]:
    """What a burst is asked for, instead of being measured and written down."""
    seen: list[Options] = []

    def run(options: Options) -> Section:
        seen.append(options)
        return Section("Burst", [])

    monkeypatch.setattr(burst, "run", run)
    monkeypatch.setattr(report, "write", lambda *arguments: None)
    monkeypatch.setattr(headlines, "update", lambda: None)
    return seen


def run(*arguments: str) -> int:
    app = typer.Typer()
    app.command()(command.main)
    return CliRunner().invoke(app, arguments).exit_code


def test_other_sizes_seeds_and_latencies(asked: list[Options]) -> None:
    numbers = "--seed 7 --secrets 50 --days 30 --vault-ms 5 --list-keys-ms 6 --regenerate-ms 7 --blob-ms 8"
    assert run("burst", *numbers.split()) == 0
    times = [timedelta(milliseconds=each) for each in (5, 6, 7, 8)]
    assert asked == [Options(7, 50, 30, Latencies(*times))]


def test_defaults(asked: list[Options]) -> None:
    assert run("burst") == 0
    assert asked == [Options()]


def test_no_such_section(asked: list[Options]) -> None:
    assert run("bursts") == 2
    assert asked == []
