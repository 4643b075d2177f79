"""Small things that the tests of the embedded host share."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import aiohttp

APPS = Path(__file__).parent.parent / "apps"


def request(
    method: str, url: str, body: str | bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], Any]:
    """Make an HTTP request; return status, headers and the body, read as JSON if it is JSON."""

    async def send() -> tuple[int, dict[str, str], Any]:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, data=body, headers=headers or {}) as response,
        ):
            text = await response.text()
            try:
                value = json.loads(text) if text else None
            except ValueError:
                value = text
            return response.status, dict(response.headers), value

    return asyncio.run(send())


PREAMBLE = """
import asyncio, json, os
import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
CALLS = []
"""


def write_app(
    directory: Path, code: str, *, host: str = '{"version": "2.0"}', settings: dict[str, str] | None = None
) -> Path:
    """Write an app of `code`, which goes on from the preamble, and return its directory."""
    app = directory / "app"
    app.mkdir()
    (app / "function_app.py").write_text(PREAMBLE + code)
    (app / "host.json").write_text(host)
    if settings is not None:
        (app / "local.settings.json").write_text(json.dumps({"IsEncrypted": False, "Values": settings}))
    return app


def calls() -> list[dict[str, Any]]:
    """Return what the functions of the app that was loaded last have noted."""
    noted: list[dict[str, Any]] = sys.modules["function_app"].CALLS
    return noted


def open_gate() -> None:
    """Let the feature app's gated activities go on."""
    sys.modules["function_app"].GATE.set()
