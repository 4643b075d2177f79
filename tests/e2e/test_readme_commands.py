"""The commands of README's "Watch it and drive it", pasted into a shell: the HTTP API's, and the Durable API's."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import APP, Running
from tests.scene import VAULT

pytestmark = pytest.mark.e2e

SECTION = (APP / "README.md").read_text("utf-8").split("\n## Watch it and drive it\n")[1].split("\n## ")[0]
HTTP_API, DURABLE_API = re.findall(r"^```bash\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)


def answers(running: Running, home: Path, commands: str, **variables: str) -> list[tuple[str, str]]:
    """Run some commands and return method and status of each call that they make."""
    (home / ".curlrc").write_text('silent\noutput = /dev/null\nwrite-out = "%{method} %{http_code}\\n"\n')
    known = {"HOST": running.host.url, "KEY": "function-key", "CODE": "durable-key", "CURL_HOME": str(home)}
    done = subprocess.run(  # noqa: S603 - README's own commands
        ["bash", "-euo", "pipefail", "-c", commands.replace("contoso", VAULT)],  # noqa: S607 - wherever it is kept
        env={"PATH": os.environ["PATH"], **known, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    running.host.wait_idle()
    return [(line.split()[0], line.split()[1]) for line in done.stdout.splitlines()]


@pytest.fixture
def failed(running: Running) -> str:
    """Return the id of a rotation that has failed, its cause mended."""
    scene = running.scene
    scene.account.deny("regenerateKey")
    instance = str(running.rotate(scene.secret(RetireAfter="P2D").version)["instanceId"])
    scene.account.allow("regenerateKey")
    return instance


def test_the_commands_of_the_http_api(running: Running, failed: str, tmp_path: Path) -> None:
    told = answers(running, tmp_path, HTTP_API, ID=failed)
    assert told[:2] == [("GET", "200")] * 2
    assert told[2:5] == [("POST", "202"), ("GET", "200"), ("GET", "200")]
    assert told[5] in (("POST", "202"), ("POST", "409")), "the forced start may have taken it up by then"
    assert running.ended(failed)["output"]["outcome"] == "rotated"
    assert running.scene.works()


def test_the_commands_of_the_durable_api(running: Running, failed: str, tmp_path: Path) -> None:
    running.deliver("no event")
    # So that what is restarted is still there to hear the events that follow.
    running.scene.azure.faults.add("storage.listKeys", status=429, retry_after=600)
    version = running.scene.vault.current("storage-key").version
    told = answers(running, tmp_path, DURABLE_API, ID=failed, VERSION=version)
    assert {status for _, status in told} <= {"200", "202"}
    assert len(told) == DURABLE_API.count("curl ")
    assert running.ended(failed)["customStatus"]["reason"].startswith("rolled back on request")
    assert running.scene.works()
