"""The state file: one host at a time, and nothing in it that can bring a host down."""

from pathlib import Path

import pytest

from dev.clock import VirtualClock
from dev.embedded_host import EmbeddedHost, HostError
from tests.contract.host_helpers import APPS

pytestmark = pytest.mark.contract


def test_two_hosts_cannot_use_one_state_file(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    with EmbeddedHost(APPS / "traced", clock=VirtualClock(), state=state):
        other = EmbeddedHost(APPS / "traced", clock=VirtualClock(), state=state)
        with pytest.raises(HostError, match=r"the state file .* can't be used: another host is using it"):
            other.open()
    with EmbeddedHost(APPS / "traced", clock=VirtualClock(), state=state) as host:
        assert host.status("nobody") is None


def test_a_killed_host_leaves_no_lock_behind(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    first = EmbeddedHost(APPS / "traced", clock=VirtualClock(), state=state)
    first.open()
    first.kill()
    with EmbeddedHost(APPS / "traced", clock=VirtualClock(), state=state) as host:
        assert host.status("nobody") is None


@pytest.mark.parametrize("content", [b"this is no database" * 100, None], ids=["not SQLite", "a directory"])
def test_a_file_that_is_no_state_is_refused(tmp_path: Path, content: bytes | None) -> None:
    state = tmp_path / "state.db"
    if content is None:
        state.mkdir()
    else:
        state.write_bytes(content)
    with pytest.raises(HostError, match=r"the state file .* can't be used"):
        EmbeddedHost(APPS / "traced", clock=VirtualClock(), state=state).open()
