"""Simulated targets with two keys (or two pairs), of every kind that `two_key_facts` tells of.

A target is its state and its side of Resource Manager; `TwoKeyDataPlane` is a host name behind which keys are used.
"""

import re
from datetime import datetime
from functools import partial
from typing import Any

from dev.clock import Cancellable

from . import key_proofs
from . import two_key_errors as errors
from .clouds import PUBLIC
from .key_holder import KeyHolder
from .two_key_facts import Facts
from .wire import Operation, Request, Response, json_response
from .world import World, timestamp


class TwoKeyTarget(KeyHolder):
    """A resource whose keys come in pairs."""

    def __init__(
        self, world: World, facts: Facts, group: str, names: tuple[str, ...], created: datetime | None
    ) -> None:
        super().__init__(world, names[-1], PUBLIC, tuple(facts.slots), created)
        self.facts = facts
        self.names = names
        self.kind = facts.kind
        self.properties = {name: self._filled(value) for name, value in facts.properties.items()}
        self.rights: tuple[str, ...] = ("Listen", "Send", "Manage")
        self.operation_takes = facts.operation_takes
        self.key_fields = (facts.key_field,) if facts.key_field else ()
        self.separator = facts.separator
        self.tells_ages = facts.entries or bool(facts.ages)
        namespace, *kinds = facts.type.split("/")
        path = "".join(f"/{kind}/{name}" for kind, name in zip(kinds, names, strict=True))
        self._resource_id = f"{group}/providers/{namespace}{path}"
        self._subscription = group.split("/")[2]
        self._under_way: Cancellable | None = None

    @property
    def resource_id(self) -> str:
        """The Resource Manager id."""
        return self._resource_id

    @property
    def hosts(self) -> tuple[str, ...]:
        """The name at which a key of it can be used, if it is one that speaks HTTP."""
        return (self._filled(self.facts.data_plane.host),) if self.facts.data_plane else ()

    @property
    def is_busy(self) -> bool:
        """Whether a regeneration that has been taken in is still going on."""
        return self._under_way is not None

    # --- knobs, questions and effects ---------------------------------------------------------------------

    def turn_keys_off(self) -> None:
        """Let no key be taken, by policy."""
        name, value = self.facts.off
        self.properties[name] = value

    @property
    def takes_no_keys(self) -> bool:
        """Whether that is so."""
        name, value = self.facts.off
        return bool(self.properties.get(name) == value)

    def other_slot(self, slot: str) -> str:
        """Return the slot that stands in for one: the other of its family."""
        family = next((family for family in self.facts.families if slot in family), tuple(self.facts.slots))
        return next(other for other in family if other != slot)

    def key_id(self, key: str) -> str:
        """Return what the service calls a key where it has ids: another one each time."""
        return re.sub(r"[^A-Za-z0-9]", "", key)[:16]

    def takes(self, value: str) -> bool:
        """Tell whether a consumer gets in: where keys have ids, the value's must be that of its key."""
        key = self.key_in(value)
        return self.accepts(key) and (not self.facts.entries or f"Id={self.key_id(key)};" in value)

    def around_key(self, value: str) -> str:
        """Return all of a value but the key, and its id."""
        return super().around_key(value).replace(f"Id={self.key_id(self.key_in(value))};", "Id=…;")

    def with_slot(self, value: str, slot: str) -> str:
        """Return a secret's value with another slot's key, and its id."""
        old = self.key_in(value)
        return super().with_slot(value, slot).replace(f"Id={self.key_id(old)};", f"Id={self.key_id(self.key(slot))};")

    def connection_string(self, slot: str) -> str:
        """Return the connection string for a slot, as the portal shows it; a bare key where there is no such thing."""
        if self.facts.connection_string is None:
            return self.key(slot)
        key = self.key(slot)
        return self.facts.connection_string.format(*self.names, key=key, id=self.key_id(key), name=self.name)

    def forget(self) -> None:
        """Let nothing happen to it any more."""
        if self._under_way is not None:
            self._under_way.cancel()

    def _filled(self, value: Any) -> Any:
        return value.format(*self.names) if isinstance(value, str) else value

    # --- Resource Manager ---------------------------------------------------------------------------------

    def operation(self, method: str, action: str) -> str | None:
        """Name what a request below its id asks for: `read`, `listKeys`, `regenerateKey`, or nothing known."""
        if method == "GET" and not action:
            return "read"
        if method != "POST":
            return None
        if action.lower() == self.facts.list_keys.lower():
            return "listKeys"
        wanted = action.partition("/")[0] if self.facts.body is None else action
        return "regenerateKey" if wanted.lower() == self.facts.regenerate.lower() else None

    def slot_asked(self, request: Request) -> str | None:
        """Return the slot that a regenerate request names, in whatever way the service wants."""
        if self.facts.body is None:
            asked = request.segments[-1]
        else:
            try:
                asked = str(request.json().get(self.facts.body))
            except ValueError:
                return None
        if self.facts.entries:
            return next((slot for slot in self.keys.slots if self.key_id(self.key(slot)) == asked), None)
        return asked if asked in self.facts.slots else None

    def listed(self) -> dict[str, Any]:
        """Answer the list call."""
        current = {slot: self.keys.current(slot) for slot in self.keys.slots}
        if self.facts.entries:
            entries = [
                {
                    "id": self.key_id(key.value.reveal()),
                    "name": slot,
                    "value": key.value.reveal(),
                    "connectionString": self.connection_string(slot),
                    "lastModified": timestamp(key.created) if key.created else None,
                    "readOnly": "Read Only" in slot,
                }
                for slot, key in current.items()
            ]
            return {"value": entries}
        document: dict[str, Any] = {self.facts.slots[slot]: key.value.reveal() for slot, key in current.items()}
        if not self.facts.ages_in_description:
            document |= {self.facts.ages[slot]: _told(current[slot].created) for slot in self.facts.ages}
        return document

    def described(self) -> dict[str, Any]:
        """Answer the read call."""
        properties = dict(self.properties)
        if self.is_busy:
            properties["provisioningState"] = "Updating"
        if self.facts.ages_in_description:
            ages = {field: self.keys.current(slot).created for slot, field in self.facts.ages.items()}
            properties["keysMetadata"] = {
                name: {"generationTime": _told(age)} for name, age in ages.items() if age is not None
            }
        document = {"id": self.resource_id, "name": self.name, "type": self.facts.type, "properties": properties}
        return document | ({"kind": self.kind} if self.kind else {})

    @property
    def is_rule(self) -> bool:
        """Whether it is an authorization rule: what else there is to know stands at its namespace."""
        return self.facts.type.endswith("/authorizationRules")

    def rule(self) -> dict[str, Any]:
        """Answer the read call of a rule, which tells its rights alone."""
        properties = {"rights": list(self.rights)}
        return {"id": self.resource_id, "name": self.name, "type": self.facts.type, "properties": properties}

    def regenerate_asked(self, slot: str) -> Response:
        """Answer the regenerate call: when it is done, or once it has been taken in."""
        if self.is_busy:
            return errors.busy(self)
        if self.operation_takes is None:
            self.regenerate(slot)
            return json_response(200, self.listed())
        if self.operation_takes:
            due = self._world.now() + self.operation_takes
            self._under_way = self._world.clock.call_at(due, partial(self._finish, slot))
        else:
            self.regenerate(slot)
        operation = f"https://{self.cloud.arm_host}/subscriptions/{self._subscription}/operationStatus/1?api-version=1"
        return json_response(202, {}, {"Azure-AsyncOperation": operation, "Location": operation, "Retry-After": "10"})

    def _finish(self, slot: str) -> None:
        with self._world.lock:
            self._under_way = None
        self.regenerate(slot)


class TwoKeyDataPlane:
    """One host name, behind which the keys of one target are used, or of several: the rules of a namespace."""

    def __init__(self) -> None:
        self.targets: list[TwoKeyTarget] = []

    def failure(self, status: int, request: Request) -> Response:
        """Answer as an unwell service does."""
        return errors.unwell(status)

    def route(self, request: Request) -> Operation:
        """Name the operation that a request asks for."""
        for target in self._addressed(request):
            plane = target.facts.data_plane
            if plane and (request.method, request.path) == (plane.method, plane.path.format(*target.names)):
                return Operation(plane.operation, target.name, partial(self._answer, request, target))
        return Operation("dataPlane.unsupported", request.path, errors.no_such_path)

    def _addressed(self, request: Request) -> list[TwoKeyTarget]:
        """Return those that a request can be meant for: one rule of a namespace, or any that accepts the key."""
        rule = key_proofs.token_rule(request)
        named = [target for target in self.targets if target.name.lower() == rule.lower()]
        proven = [target for target in self.targets if _proves(target, request)]
        return named or proven or self.targets

    def _answer(self, request: Request, target: TwoKeyTarget) -> Response:
        plane = target.facts.data_plane
        assert plane is not None  # noqa: S101 - route has seen it
        if target.firewall_closed:
            return errors.refused(plane, plane.closed, plane.closed_code, plane.closed_message)
        if target.takes_no_keys:
            return errors.local_auth_disabled(plane)
        if not _proves(target, request):
            return errors.refused(plane, plane.refused, plane.code, plane.message)
        if plane.rights_matter and "Manage" not in target.rights:
            return errors.refused(plane, 401, "401", "Manage,EntityRead claims required for this operation.")
        return json_response(plane.good, {})


def _proves(target: TwoKeyTarget, request: Request) -> bool:
    plane = target.facts.data_plane
    if plane is None:
        return False
    for made in target.keys.accepted():
        key = made.value.reveal()
        about = target.key_id(key) if target.facts.entries else target.name
        if plane.proof(request, key, about):
            return True
    return False


def _told(when: datetime | None) -> str | None:
    return timestamp(when) if when else None
