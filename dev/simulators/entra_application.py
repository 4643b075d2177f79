"""An Entra application with secrets, and Microsoft Graph as far as those go.

https://learn.microsoft.com/graph/api/application-addpassword and application-removepassword; how long a new secret
takes to be known everywhere: github.com/microsoftgraph/microsoft-graph-docs/issues/17966.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from .account_keys import KeyGeneration
from .arm_errors import unauthorized
from .clouds import PUBLIC, Cloud
from .key_holder import KeyHolder
from .sensitive import Sensitive
from .tokens import TokenRegistry
from .wire import Operation, Request, Response, json_error, json_response
from .world import World

_TWO_YEARS = timedelta(days=730)


@dataclass(frozen=True)
class ApplicationSecret:
    """One of an application's secrets."""

    key_id: str
    display_name: str | None
    text: Sensitive
    begins: datetime
    ends: datetime
    known_from: datetime
    removed: bool = False

    def works(self, now: datetime) -> bool:
        """Tell whether whoever signs in with it gets in."""
        return not self.removed and self.known_from <= now < self.ends

    def to_json(self) -> dict[str, Any]:
        """Return what Graph tells of it, never its text."""
        return {
            "keyId": self.key_id,
            "displayName": self.display_name,
            "hint": self.text.reveal()[:3],
            "startDateTime": _time(self.begins),
            "endDateTime": _time(self.ends),
            "secretText": None,
            "customKeyIdentifier": None,
        }


class EntraApplication(KeyHolder):
    """An application, with the knobs and questions of any other target; `current` is its first secret."""

    key_fields = ("appkey",)

    def __init__(self, world: World, name: str, created: datetime) -> None:
        super().__init__(world, name, PUBLIC, ("current", "next"), created)
        self.object_id = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.object"))
        self.client_id = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.client"))
        self.secrets: list[ApplicationSecret] = []
        self._by_hand: list[KeyGeneration] = []
        self.known_after = timedelta(0)
        """How long a new secret takes to be accepted."""
        self.first = self.add("by hand", created + timedelta(days=3650), at=created)

    @property
    def resource_id(self) -> str:
        """What the tag `ProviderAddress` says."""
        return f"entra:{self.object_id}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """Where it signs in is where the whole directory does."""
        return ()

    def add(self, display_name: str | None, ends: datetime, at: datetime | None = None) -> ApplicationSecret:
        """Add a secret, through Graph or by hand."""
        now = at or self._world.now()
        text = Sensitive(f"{self._world.new_version_id()[:3]}8Q~{self._world.new_version_id()}")
        made = ApplicationSecret(str(uuid.uuid4()), display_name, text, now, ends, now + self.known_after)
        self.secrets.append(made)
        self._world.changed(f"{self.name}: a secret was added")
        return made

    def remove(self, key_id: str) -> bool:
        """Remove a secret, and tell whether it was there."""
        found = next((each for each in self.secrets if each.key_id == key_id and not each.removed), None)
        if found is None:
            return False
        self.secrets[self.secrets.index(found)] = replace(found, removed=True)
        self._world.changed(f"{self.name}: a secret was removed")
        return True

    def make_alike(self, key_id: str, other: str) -> None:
        """Let a secret begin as another does, which is all that Graph tells of either."""
        texts = {each.key_id: each.text.reveal() for each in self.secrets}
        text = Sensitive(texts[other][:3] + texts[key_id][3:])
        self.secrets = [replace(each, text=text) if each.key_id == key_id else each for each in self.secrets]

    def there(self) -> list[ApplicationSecret]:
        """Return the secrets that it has now."""
        return [each for each in self.secrets if not each.removed]

    def accepts(self, key: str) -> bool:
        """Tell whether the application signs in with a secret now."""
        with self._world.lock:
            return any(each.text.reveal() == key and each.works(self._world.now()) for each in self.secrets)

    def key(self, slot: str) -> str:
        """Return a secret that works: the first or one that is named, and the newest where that is gone."""
        with self._world.lock:
            there = {each.key_id: each for each in self.there()}
            wanted = there.get(self.first.key_id if slot == "current" else slot)
            return (wanted or self.there()[-1]).text.reveal()

    def slot_of(self, key: str) -> str | None:
        """Return the key id of a secret."""
        return next((each.key_id for each in self.there() if each.text.reveal() == key), None)

    def regenerate(self, slot: str) -> str:
        """Replace a secret by hand, as somebody in the portal would: the old one dies at once."""
        with self._world.lock:
            now, old = self._world.now(), next(each for each in self.there() if each.text.reveal() == self.key(slot))
            self.remove(old.key_id)
            made = self.add("by hand", now + _TWO_YEARS)
            if old == self.first:
                self.first = made
            self._by_hand += [
                KeyGeneration(slot, old.text, old.begins, old.known_from, now),
                KeyGeneration(slot, made.text, now, made.known_from),
            ]
            self._world.changed(f"{self.name}/{slot}: regenerated")
        return made.text.reveal()

    def key_history(self, slot: str | None = None) -> list[KeyGeneration]:
        """Return what has been replaced by hand, and by what."""
        return list(self._by_hand)

    def connection_string(self, slot: str) -> str:
        """Return one as Azure's service authentication has it."""
        return f"RunAs=App;AppId={self.client_id};TenantId=contoso;AppKey={self.key(slot)}"


class GraphService:
    """Microsoft Graph."""

    def __init__(self, cloud: Cloud, tokens: TokenRegistry, applications: Mapping[str, EntraApplication]) -> None:
        self._cloud = cloud
        self._tokens = tokens
        self._applications = applications

    def failure(self, status: int, request: Request) -> Response:
        """Answer as an unwell Graph does."""
        return json_error(status, "UnknownError" if status >= 500 else "TooManyRequests", "Try again.")

    def route(self, request: Request) -> Operation:
        """Name the operation that a request asks for."""
        version, collection, object_id, action = (*request.segments, "", "", "", "")[:4]
        actions = {("GET", ""): "getApplication", ("POST", "addpassword"): "addPassword"}
        actions |= {("POST", "removepassword"): "removePassword"}
        name = actions.get((request.method, action.lower()))
        if (version, collection) != ("v1.0", "applications") or name is None:
            return Operation("graph.unsupported", "", partial(json_error, 400, "BadRequest", "Resource not found."))
        return Operation(f"graph.{name}", object_id, partial(self._checked, request, name, object_id))

    def _checked(self, request: Request, name: str, object_id: str) -> Response:
        complaint = self._tokens.complaint(request, (f"https://{self._cloud.graph_host}",))
        if complaint is not None:
            return unauthorized(self._cloud, complaint, self._tokens.claims_wanted(complaint))
        application = self._applications.get(object_id)
        if application is None:
            return json_error(404, "Request_ResourceNotFound", f"Resource '{object_id}' does not exist.")
        if application.denies("read" if name == "getApplication" else "regenerateKey"):
            return json_error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        document = request.json() if request.body else {}
        match name:
            case "getApplication":
                told = [each.to_json() for each in application.there()]
                return json_response(200, {"appId": application.client_id, "passwordCredentials": told})
            case "addPassword":
                wanted = document.get("passwordCredential") or {}
                ends = datetime.fromisoformat(wanted["endDateTime"])
                made = application.add(wanted.get("displayName"), ends)
                return json_response(200, made.to_json() | {"secretText": made.text.reveal()})
            case _:
                if not application.remove(str(document.get("keyId"))):
                    return json_error(400, "Request_BadRequest", "No password credential found with keyId.")
                return Response(204)


def _time(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
