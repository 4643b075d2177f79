"""No credential in the task hub, the status API or a log, whatever goes wrong."""

import base64
import logging
from datetime import timedelta
from urllib.parse import quote

import pytest

from tests.e2e.conftest import Running
from tests.scene import SECRET

pytestmark = pytest.mark.e2e


def canaries(running: Running) -> list[str]:
    """Return every key that ever lived, in the forms in which it could show."""
    keys = [each.value.reveal() for each in running.scene.account.key_history()]
    forms = [(key, quote(key, safe=""), base64.b64encode(key.encode()).decode(), key[:40]) for key in keys]
    return [form for group in forms for form in group]


def test_nothing_stored_sent_or_logged_holds_a_key(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    scene = running.scene
    for operation in ("keyvault.getSecret", "keyvault.setSecret", "storage.listKeys", "storage.regenerateKey"):
        scene.azure.faults.add(operation, nth=2, status=503)
        scene.azure.faults.add(operation, nth=3, when="after", drop=True)
    running.host.crash_worker("activity", "write_version")
    running.rotate(scene.secret(connection_string=True, RetireAfter="P1D").version)
    running.rotate(scene.secret(name="odd", value="AccountKey=a;AccountKey=b").version, "odd")
    scene.account.regenerate("key1")
    running.rotate(scene.secret(name="drifted", CredentialId="key1").version, "drifted")
    running.host.advance(timedelta(days=2))
    haystack = running.host.dump() + "\n".join(
        f"{record.getMessage()} {record.exc_text or ''} {record.__dict__}" for record in caplog.records
    )
    assert scene.vault.value(SECRET)
    assert [canary for canary in canaries(running) if canary in haystack] == []


def test_the_search_would_find_one(running: Running) -> None:
    planted = running.scene.account.key("key1")
    running.host.start("rotate_secret", "planted", {"vault": planted})
    running.host.wait_idle()
    assert any(canary in running.host.dump() for canary in canaries(running))
