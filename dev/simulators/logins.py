"""Logins of a simulated PostgreSQL server, dressed as a target: who gets in with what, and what the app did to them.

Its data plane is asked in a language of its own, which only `postgresql_driver` speaks: signing in, and each statement
that the app knows, is a request like any other, so that faults and calls are what they are everywhere.
"""

import hashlib
import hmac
import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterable
from datetime import datetime

from .clouds import PUBLIC
from .key_holder import KeyHolder
from .login_server import LoginServer
from .wire import Operation, Request, Response, json_error, json_response
from .world import World

ADMINISTRATOR = "rotation"
ADMINISTRATOR_PASSWORD = "An-administrators-own.1"  # noqa: S105 - of a simulated server

_ALTER = re.compile(r'ALTER ROLE "((?:[^"]|"")+)" PASSWORD \'(SCRAM-SHA-256\$[^\']+)\'')


class Logins(KeyHolder):
    """One login, or two that take turns; a key is a password."""

    tells_ages = False

    def __init__(
        self,
        world: World,
        server: LoginServer,
        logins: tuple[str, ...],
        created: datetime | None,
        known: Callable[[], Iterable[str]],
    ) -> None:
        """`known` returns passwords that a verifier may be of; one of none of them nobody knows."""
        super().__init__(world, server.name, PUBLIC, logins, created)
        self.server = server
        self._known = known

    @property
    def is_single(self) -> bool:
        """Whether the old password dies when the new one comes into force, before it is published."""
        return len(self.keys.slots) == 1

    @property
    def resource_id(self) -> str:
        """The Resource Manager id."""
        return self.server.resource_id

    @property
    def hosts(self) -> tuple[str, ...]:
        """Where it listens."""
        return (self.server.host,)

    def tags(self) -> dict[str, str]:
        """Return what the tags of a secret say of them."""
        names = dict(zip(("Login", "OtherLogin"), self.keys.slots, strict=False))
        known = {"AdministratorLogin": ADMINISTRATOR, "AdministratorSecret": "administrator"}
        return names | known | ({"SlotStrategy": "pinned"} if self.is_single else {})

    def connection_string(self, slot: str) -> str:
        """Return a value as consumers of databases have it."""
        return json.dumps({"username": slot, "password": self.key(slot), "host": self.server.host})

    def takes(self, value: str) -> bool:
        """Tell whether its login gets in with its password."""
        document = json.loads(value)
        with self._world.lock:
            return document["username"] in self.keys.slots and self.key(document["username"]) == document["password"]

    def key_in(self, value: str) -> str:
        """Return its password."""
        return str(json.loads(value)["password"])

    def around_key(self, value: str) -> str:
        """Return all but login and password."""
        return json.dumps(json.loads(value) | {"username": "…", "password": "…"})

    def with_slot(self, value: str, slot: str) -> str:
        """Return a value with a login's password, as a colleague would write it."""
        return json.dumps(json.loads(value) | {"username": slot, "password": self.key(slot)})

    def other_slot(self, slot: str) -> str:
        """Return the login that stands in; a single one is its own."""
        return next((other for other in self.keys.slots if other != slot), slot)

    # --- its side of the network ----------------------------------------------------------------------------

    def route(self, request: Request) -> Operation:
        """Name what is asked."""
        asked = request.json()
        login, password = asked["login"], asked["password"]
        statement = asked.get("statement", "")
        altered = _ALTER.fullmatch(statement)
        if altered is not None:
            name, verifier = altered[1].replace('""', '"'), altered[2]
            return Operation("postgresql.setPassword", f"{self.name}/{name}", lambda: self._alter(name, verifier))
        if statement:
            return Operation("postgresql.readRole", self.name, lambda: self._role(asked["values"]["login"]))
        return Operation("postgresql.signIn", self.name, lambda: self._sign_in(login, password))

    def failure(self, status: int, request: Request) -> Response:
        """Answer as a server that is starting, full, or that the role lacks a right on."""
        state = {401: "28P01", 403: "42501", 429: "53300"}.get(status, "57P03")
        return json_error(status, state, "unwell")

    def _sign_in(self, login: str, password: str) -> Response:
        right = ADMINISTRATOR_PASSWORD if login == ADMINISTRATOR else None
        if login in self.keys.slots:
            right = self.key(login)
        return json_response(200, []) if password == right else json_error(401, "28P01", "wrong")

    def _role(self, login: str) -> Response:
        return json_response(200, [[False, True]] if login in self.keys.slots else [])

    def _alter(self, login: str, verifier: str) -> Response:
        if self.denies("regenerateKey"):
            return json_error(403, "42501", "must have CREATEROLE")
        if login not in self.keys.slots:
            return json_error(404, "42704", "no such role")
        password = next((one for one in self._known() if _is_of(verifier, one)), verifier)
        if password != self.key(login):
            self.keys.install(login, password)
            self._world.changed(f"{self.name}/{login}: regenerated")
        return json_response(200, [])


def _is_of(verifier: str, password: str) -> bool:
    _, rounds, keys = verifier.split("$")
    count, salt = rounds.split(":")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), b64decode(salt), int(count))
    return hmac.digest(salted, b"Server Key", "sha256") == b64decode(keys.split(":")[1])
