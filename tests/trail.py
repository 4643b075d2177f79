"""Reads the audit trail out of a captured log."""

import json
import logging
from typing import Any

import pytest

from rotation.audit import LOGGER


def listen(caplog: pytest.LogCaptureFixture) -> None:
    """Capture what Azure would capture, host.json's level being Information."""
    caplog.set_level(logging.INFO, "secret_rotation")


def records(caplog: pytest.LogCaptureFixture, kind: str, **fields: Any) -> list[dict[str, Any]]:
    """Return the records of a kind whose fields have these values, in the order in which they were written."""
    written = [json.loads(record.getMessage()) for record in caplog.records if record.name == LOGGER]
    return [
        one for one in written if one["record"] == kind and all(one[name] == value for name, value in fields.items())
    ]
