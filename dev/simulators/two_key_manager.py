"""Resource Manager's side of the services with two keys: find the target of a request, and answer for it.

Ids are matched without regard to case, as Resource Manager does.
"""

from collections.abc import Callable
from functools import partial

from . import two_key_errors as errors
from .two_key_facts import BY_TYPE, Facts
from .two_key_services import TwoKeyTarget
from .wire import Operation, Request, Response, json_response

Refusal = Callable[[Request], Response | None]
"""What Resource Manager refuses before it looks at the target: a bad token, no api-version."""


class TwoKeyManager:
    """All targets of one cloud."""

    def __init__(self, refusal: Refusal) -> None:
        self._refusal = refusal
        self._targets: dict[str, TwoKeyTarget] = {}

    def add(self, target: TwoKeyTarget) -> None:
        """Make a target known."""
        self._targets[target.resource_id.lower()] = target

    def remove(self, target: TwoKeyTarget) -> None:
        """Forget a target."""
        target.forget()
        self._targets.pop(target.resource_id.lower(), None)

    def forget_all(self) -> None:
        """Forget every target, and what is still under way."""
        for target in list(self._targets.values()):
            self.remove(target)

    def route(self, request: Request) -> Operation | None:
        """Name the operation that a request asks for; None if it is not about a target of these kinds."""
        parts = request.segments
        for length in range(len(parts), 7, -1):
            facts = BY_TYPE.get("/".join([parts[5].lower(), *(part.lower() for part in parts[6:length:2])]))
            if facts is not None and length % 2 == 0:
                return self._operation(request, facts, parts[:length], "/".join(parts[length:]))
        return self._parent(request, parts)

    def _operation(self, request: Request, facts: Facts, parts: list[str], action: str) -> Operation | None:
        target = self._targets.get("/" + "/".join(parts).lower())
        if target is None:
            missing = errors.not_found(facts.type, parts[-1], parts[3])
            return Operation(f"{facts.service}.get", parts[-1], lambda: self._refusal(request) or missing)
        asked = target.operation(request.method, action)
        if asked is None:
            return None
        about = target.name
        if asked == "regenerateKey" and (slot := target.slot_asked(request)) is not None:
            about = f"{target.name}/{slot}"
        name = "get" if asked == "read" else asked
        return Operation(f"{facts.service}.{name}", about, partial(self._answer, request, target, asked))

    def _parent(self, request: Request, parts: list[str]) -> Operation | None:
        """Answer for the namespace, of which the rules that are targets are a part."""
        prefix = request.path.rstrip("/").lower() + "/"
        below = [target for target in self._targets.values() if target.resource_id.lower().startswith(prefix)]
        if request.method != "GET" or not below or len(parts) != 8:
            return None
        target = below[0]
        return Operation(f"{target.facts.service}.get", parts[7], partial(self._answer, request, target, "namespace"))

    def _answer(self, request: Request, target: TwoKeyTarget, asked: str) -> Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        right = "read" if asked == "namespace" else asked
        if request.caller == "app" and target.denies(right):
            return errors.authorization_failed(target, right)
        if asked == "namespace":
            return json_response(200, target.described())
        if asked == "read":
            return json_response(200, target.rule() if target.is_rule else target.described())
        if target.read_only_lock:
            return errors.scope_locked(target)
        if asked == "listKeys":
            return json_response(200, target.listed())
        slot = target.slot_asked(request)
        return errors.bad_key_name() if slot is None else target.regenerate_asked(slot)
