"""The HTTP API as a caller sees it; every answer is held against the OpenAPI document."""

from functools import cache
from typing import Any

import requests
import schemathesis

from tests.e2e.conftest import Running
from tests.scene import SECRET, VAULT

OPENAPI = "3.1"
JSON, PROBLEM = "application/json", "application/problem+json"


@cache
def described() -> Any:
    """Return the document, ready to judge answers by."""
    from triggers.openapi import document

    return schemathesis.openapi.from_dict(document())


class Api:
    """The API of a running app."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.url = f"{running.host.url}/api"

    def get(self, path: str, **query: Any) -> requests.Response:
        """Ask."""
        return self._checked(requests.get(self.url + path, params=query, timeout=30), path)

    def post(self, path: str, body: Any = None, **more: Any) -> requests.Response:
        """Ask for something to be done, and let it come to rest."""
        content = {"json": body} if body is not None else {}
        answer = self._checked(requests.post(self.url + path, timeout=30, **content, **more), path)
        self.running.host.wait_idle()
        return answer

    def start(self, **body: Any) -> requests.Response:
        """Ask for a rotation, of the scene's secret unless told otherwise."""
        return self.post("/rotations", {"vault": VAULT, "secret": SECRET} | body)

    def started(self, **body: Any) -> str:
        """Start a rotation and return its id."""
        answer = self.start(**body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def rotation(self, instance: str) -> dict[str, Any]:
        """Return one rotation, once everything has come to rest."""
        self.running.host.wait_idle()
        answer = self.get(f"/rotations/{instance}")
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def secret(self, name: str = SECRET, vault: str = VAULT) -> dict[str, Any]:
        """Return how one secret stands."""
        found: list[dict[str, Any]] = self.get("/secrets", vault=vault, secret=name).json()["secrets"]
        assert len(found) == 1
        return found[0]

    def _checked(self, answer: requests.Response, path: str) -> requests.Response:
        parts = path.strip("/").split("/")
        if parts[0] == "rotations" and len(parts) > 1:
            parts[1] = "{id}"
        described()["/" + "/".join(parts)][answer.request.method].validate_response(answer)
        return answer


def problem(answer: requests.Response, status: int) -> dict[str, Any]:
    """Return the problem that an answer is."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == PROBLEM
    told: dict[str, Any] = answer.json()
    assert told["status"] == status
    assert told["title"]
    assert told["detail"]
    return told
