"""Logins of a simulated database server, dressed as a target: who gets in with what, and what the app did to them.

Its data plane is asked in a language of its own, which only `postgresql_driver` and `sql_driver` speak: signing in, and
each statement that the app knows, is a request like any other, so that faults and calls are what they are everywhere.
"""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from .clouds import PUBLIC
from .dialects import Change, Dialect, PostgreSql, TransactSql
from .key_holder import KeyHolder
from .login_server import TYPE, LoginServer
from .wire import Operation, Request, Response, json_error, json_response
from .world import World

ADMINISTRATOR = "rotation"
ADMINISTRATOR_PASSWORD = "An-administrators-own.1"  # noqa: S105 - of a simulated server


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
        self.dialect: Dialect = PostgreSql() if server.type == TYPE else TransactSql()
        self.contained_in = ""
        """The database that keeps them itself, if one does."""
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
        known |= {"Database": self.contained_in} if self.contained_in else {}
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
        service, statement = self.server.service, asked.get("statement", "")
        change = self.dialect.change(statement)
        if change is not None:
            about = f"{self.name}/{change.login}"
            return Operation(f"{service}.setPassword", about, lambda: self._alter(change, asked["database"]))
        if statement:
            return Operation(f"{service}.{self.dialect.reads}", self.name, lambda: self._look_up(asked))
        return Operation(f"{service}.signIn", self.name, lambda: self._sign_in(asked))

    def failure(self, status: int, request: Request) -> Response:
        """Answer as a server that is starting, full, or that the role lacks a right on."""
        return json_error(status, self.dialect.codes.of(status), "unwell")

    def _sign_in(self, asked: dict[str, Any]) -> Response:
        login, right = asked["login"], None
        if login == ADMINISTRATOR:
            right = ADMINISTRATOR_PASSWORD
        elif login in self.keys.slots and self.contained_in in ("", asked["database"]):
            right = self.key(login)
        if asked["password"] == right:
            return json_response(200, [])
        return json_error(401, self.dialect.codes.wrong, "wrong")

    def _look_up(self, asked: dict[str, Any]) -> Response:
        (login,) = asked["values"].values()
        is_contained = bool(self.contained_in) and asked["database"] == self.contained_in
        rows = self.dialect.look(asked["statement"], is_contained=is_contained)
        is_there = login in self.keys.slots and self.contained_in in ("", asked["database"])
        return json_response(200, rows if is_there else [])

    def _alter(self, change: Change, database: str) -> Response:
        login, codes = change.login, self.dialect.codes
        if self.denies("regenerateKey"):
            return json_error(403, codes.denied, "the administrator lacks the right")
        is_here = database == self.contained_in if change.is_contained else not self.contained_in
        if login not in self.keys.slots or not is_here:
            return json_error(404, codes.missing, "no such login")
        password = next((one for one in self._known() if self.dialect.is_of(change.told, one)), change.told)
        if password != self.key(login):
            self.keys.install(login, password)
            self._world.changed(f"{self.name}/{login}: regenerated")
        return json_response(200, [])
