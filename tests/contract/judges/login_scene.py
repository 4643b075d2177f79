"""Logins on a real PostgreSQL server that has its place in simulated Azure, and the steps of their rotation."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from activities import read_metadata, regenerate_key, verify_key, write_version
from azure_clients.postgresql import identifier
from dev.judges.postgresql import HOST, PostgresqlServer
from dev.simulators import LoginServer, SecretVersion
from tests.contract import steps
from tests.scene import DAY, Scene

ADMINISTRATOR = "rotation_administrator"
PASSWORD = "Chosen-by-hand.1"
OTHER_PASSWORD = "Chosen-by-hand.2"
FORMS = {
    "json": json.dumps({"username": "{login}", "password": "{password}", "host": HOST}, indent=2),
    "url": f"postgresql://{{login}}:{{password}}@{HOST}:5432/postgres?sslmode=verify-full",
    "libpq": f"host={HOST} user={{login}} password={{password}} sslmode=verify-full",
    "ado.net": f"Host={HOST};Username={{login}};Password={{password}};SSL Mode=VerifyFull",
}


@contextmanager
def reachable(server: PostgresqlServer, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this process find the server under its name in Azure, and trust who has issued its certificate."""
    look_up = socket.getaddrinfo

    def resolve(host: Any, *arguments: Any, **options: Any) -> Any:
        return server.resolve(str(host)) or look_up(host, *arguments, **options)

    patch.setattr(socket, "getaddrinfo", resolve)
    patch.setenv("SSL_CERT_FILE", str(server.authority_file))
    yield


@dataclass
class LoginScene:
    """Two logins and their administrator."""

    scene: Scene
    server: PostgresqlServer
    first: str = "app_a"
    second: str = "app_b"
    azure_server: LoginServer = field(init=False)

    def __post_init__(self) -> None:
        self.azure_server = self.scene.azure.add_login_server(HOST.partition(".")[0])
        for name, password in ((self.first, PASSWORD), (self.second, OTHER_PASSWORD), (ADMINISTRATOR, "admin")):
            self.make_role(name, password)
        self.server.run(f"ALTER ROLE {ADMINISTRATOR} CREATEROLE")
        self.scene.vault.set_secret("administrator", "admin")

    def make_role(self, name: str, password: str) -> None:
        self.server.run(f"DROP ROLE IF EXISTS {identifier(name)}")
        self.server.run(f"CREATE ROLE {identifier(name)} LOGIN PASSWORD '{password}'")

    def drop_roles(self) -> None:
        rows = self.server.run("SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> 'postgres'")
        for (name,) in rows:
            self.server.run(f"DROP ROLE {identifier(name)}")

    def seed(self, value: str | None = None, *, form: str = "json", name: str = "db", **tags: str) -> SecretVersion:
        """Seed a secret of two logins; a tag that is told as empty is left out."""
        known = {
            "ProviderAddress": self.azure_server.resource_id,
            "Login": self.first,
            "OtherLogin": self.second,
            "AdministratorLogin": ADMINISTRATOR,
            "AdministratorSecret": "administrator",
        }
        text = FORMS[form].replace("{login}", self.first).replace("{password}", PASSWORD) if value is None else value
        self.scene.clock.advance(timedelta(seconds=2))
        return self.scene.vault.set_secret(
            name,
            text,
            tags={tag: told for tag, told in (known | tags).items() if told},
            expires_on=self.scene.clock.now() + 20 * DAY,
        )

    def seed_single(self, value: str | None = None, **options: str) -> SecretVersion:
        return self.seed(value, **options, OtherLogin="", SlotStrategy="pinned")

    def call(self, module: Any, **payload: Any) -> dict[str, Any]:
        """Call an activity as the worker does, with plain JSON."""
        return steps.call(self.scene.clock, module, **payload)

    def read(self, version: SecretVersion) -> dict[str, Any]:
        return self.call(read_metadata, request=self.scene.request(version.version, name=version.name).to_json())

    def done(self, module: Any, **payload: Any) -> dict[str, Any]:
        answer = self.call(module, **payload)
        assert answer["status"] == "done", answer
        value: dict[str, Any] = answer["value"]
        return value

    def planned(self, version: SecretVersion) -> dict[str, Any]:
        answer = self.read(version)
        assert answer["status"] == "done", answer
        plan: dict[str, Any] = answer["value"]
        return plan

    def regenerate(self, plan: dict[str, Any]) -> dict[str, Any]:
        return self.call(regenerate_key, plan=plan, expected_version=plan["version"])

    def verify(self, plan: dict[str, Any]) -> dict[str, Any]:
        return self.call(verify_key, plan=plan, slot=plan["slot"])

    def write(self, plan: dict[str, Any], proof: dict[str, Any]) -> dict[str, Any]:
        payload = {"fingerprint": proof["fingerprint"], "expected_version": plan["version"], "interim": False}
        return self.call(write_version, plan=plan, slot=plan["slot"], **payload)

    def rotate(self, version: SecretVersion) -> dict[str, Any]:
        """Take all steps but the last, and return the plan."""
        plan = self.planned(version)
        assert self.regenerate(plan)["status"] == "done"
        proof = self.verify(plan)
        assert proof["status"] == "done", proof
        written = self.write(plan, proof["value"])
        assert written["status"] == "done", written
        return plan
