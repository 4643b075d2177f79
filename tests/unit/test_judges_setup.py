"""What the setup of the judges remembers, and how a server process that fails is told."""

import json
import sys
from pathlib import Path

import pytest

from dev.judges import components
from dev.judges.components import ROOT, Component
from dev.judges.process import ServerProcess
from dev.judges.setup import find_chromium

pytestmark = pytest.mark.unit


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Component:
    monkeypatch.setattr(components, "HOME", tmp_path)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("JUDGE_FILE", raising=False)
    return Component("judge", lambda: b"1.0", "run", named_by="JUDGE_FILE")


def test_what_was_never_set_up_says_how_to(judge: Component) -> None:
    assert not judge.is_settled()
    assert judge.why_missing() == "it has not been set up: run `make setup`"


def test_what_is_installed_is_left_alone_until_its_pins_change(judge: Component) -> None:
    judge.record(None)
    judge.artifact.touch()
    assert judge.is_settled()
    assert judge.why_missing() is None
    newer = Component("judge", lambda: b"1.1", "run")
    assert not newer.is_settled()
    assert newer.why_missing() is not None
    judge.artifact.unlink()
    assert not judge.is_settled()


def test_what_cannot_be_had_is_asked_for_again_later_and_always_in_ci(
    judge: Component, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge.record("there is no java")
    assert judge.is_settled()
    assert judge.why_missing() == "there is no java (or get run otherwise, and name it with JUDGE_FILE)"
    monkeypatch.setenv("CI", "true")
    assert not judge.is_settled()
    monkeypatch.delenv("CI")
    record = judge.home / "installed.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"at": "0"}))
    assert not judge.is_settled()


def test_a_file_got_elsewhere_can_be_named(judge: Component, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUDGE_FILE", str(tmp_path / "mine"))
    assert judge.why_missing() == "JUDGE_FILE names no file"
    (tmp_path / "mine").touch()
    assert judge.why_missing() is None
    assert judge.artifact == tmp_path / "mine"


def test_a_browser_that_does_not_start_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_chromium() is None
    for name, status in (("chromium", 1), ("google-chrome", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {status}\n")
        (tmp_path / name).chmod(0o755)
    assert find_chromium() == str(tmp_path / "google-chrome")


def test_a_server_that_ends_at_once_tells_its_last_words() -> None:
    command = [sys.executable, "-c", "print('no such option'); raise SystemExit(2)"]
    with pytest.raises(RuntimeError, match="no such option"), ServerProcess(command, r"port (\d+)", cwd=ROOT):
        pass


def test_a_server_is_gone_after_a_failure_in_its_use() -> None:
    command = [sys.executable, "-c", "import sys; print('port 4711', flush=True); sys.stdin.read()"]
    server = ServerProcess(command, r"port (\d+)", cwd=ROOT)
    with pytest.raises(ZeroDivisionError), server:
        server.port / 0
    assert server.port == 4711
    assert server.has_ended()
