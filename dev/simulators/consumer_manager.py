"""Resource Manager's side of sites, slots and container apps: list them, and read, refresh and write references.

Paths and fields: https://learn.microsoft.com/rest/api/appservice/web-apps and
https://learn.microsoft.com/rest/api/containerapps/container-apps. Ids are matched without regard to case.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from .container_apps import ContainerApp
from .sites import PLACES, Site
from .wire import Operation, Request, Response, json_error, json_response
from .world import APP_ID, OBJECT_ID

Refusal = Callable[[Request], Response | None]
"""What Resource Manager refuses before it looks at the resource: a bad token, no api-version."""

_SITES, _APPS = "/providers/microsoft.web/sites", "/providers/microsoft.app/containerapps"
_PAGE = 50
_REFRESH = "config/configreferences/appsettings/refresh"


class ConsumerManager:
    """All sites and container apps of one cloud."""

    def __init__(self, refusal: Refusal) -> None:
        self.sites: dict[str, Site] = {}
        self.apps: dict[str, ContainerApp] = {}
        self.scopes_denied: set[str] = set()
        """Scopes, as ARM ids in lower case, that the app may not list."""
        self._refusal = refusal

    def forget_all(self) -> None:
        """Forget everything."""
        self.sites.clear()
        self.apps.clear()
        self.scopes_denied.clear()

    def route(self, request: Request) -> Operation | None:
        """Name the operation that a request asks for; None if it is not about these kinds."""
        path = request.path.lower().rstrip("/")
        if request.method == "GET" and path.endswith((_SITES, _APPS)):
            kind = _SITES if path.endswith(_SITES) else _APPS
            name = "sites.list" if kind == _SITES else "containerApps.list"
            scope = path.removesuffix(kind)
            return Operation(name, scope, partial(self._list, request, scope, kind))
        if _APPS in path:
            return Operation("containerApps.get", path.rpartition("/")[2], partial(self._app, request, path))
        return self._of_site(request, path) if _SITES in path else None

    def _of_site(self, request: Request, path: str) -> Operation | None:
        parts = path.split("/")
        length = 11 if parts[9:10] == ["slots"] and len(parts) > 10 else 9
        key, asked = "/".join(parts[:length]), "/".join(parts[length:])
        target = "/".join(parts[8:length:2])
        for wanted, name, run in (
            (("GET", "slots"), "sites.listSlots", self._slots),
            (("POST", _REFRESH), "sites.refreshReferences", self._refresh),
            *(
                (("GET", f"config/configreferences/{each}"), "sites.listReferences", self._references)
                for each in PLACES
            ),
            *((("POST", f"config/{each}/list"), "sites.listSettings", self._settings) for each in PLACES),
            *((("PUT", f"config/{each}"), "sites.writeSettings", self._write) for each in PLACES),
        ):
            if wanted == (request.method, asked):
                place = next((each for each in PLACES if each in asked), "")
                return Operation(name, target, partial(self._do, request, key, partial(run, request, place=place)))
        return None

    def _do(self, request: Request, key: str, run: Callable[[Site], Response]) -> Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        site = self.sites.get(key)
        return _not_found(key) if site is None else run(site)

    def _list(self, request: Request, scope: str, kind: str) -> Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        if scope in self.scopes_denied:
            return _denied(scope, f"{kind.removeprefix('/providers/')}/read")
        inside = f"{scope}/"
        if kind == _APPS:
            return _page(request, [app.described() for key, app in self.apps.items() if key.startswith(inside)])
        sites = [site for key, site in self.sites.items() if key.startswith(inside) and "/slots/" not in key]
        return _page(request, [_described(site) for site in sites])

    def _slots(self, request: Request, site: Site, *, place: str) -> Response:
        below = f"{site.resource_id.lower()}/slots/"
        return _page(request, [_described(slot) for key, slot in self.sites.items() if key.startswith(below)])

    def _references(self, request: Request, site: Site, *, place: str) -> Response:
        return _refused(request, site, "read") or json_response(
            200, {"value": site.references(place), "nextLink": None}
        )

    def _refresh(self, request: Request, site: Site, *, place: str) -> Response:
        refusal = _refused(request, site, "refresh")
        if refusal is None:
            site.refresh()
        return refusal or json_response(200, {"value": site.references("appsettings")})

    def _settings(self, request: Request, site: Site, *, place: str) -> Response:
        return _refused(request, site, "listSettings") or _told(site, place)

    def _write(self, request: Request, site: Site, *, place: str) -> Response:
        refusal = _refused(request, site, "writeSettings")
        if refusal is not None:
            return refusal
        wanted = request.headers.get("if-match")
        if site.tells_state and wanted is not None and wanted != site.etag:
            return json_error(412, "PreconditionFailed", "The settings have been changed meanwhile.")
        site.write(place, request.json()["properties"])
        return _told(site, place)

    def _app(self, request: Request, path: str) -> Response:
        refusal = self._refusal(request)
        app = self.apps.get(path)
        return refusal or (_not_found(path) if app is None else json_response(200, app.described()))


def _described(site: Site) -> dict[str, Any]:
    kind = "Microsoft.Web/sites/slots" if "/" in site.name else "Microsoft.Web/sites"
    return {"id": site.resource_id, "name": site.name, "type": kind, "properties": {"state": "Running"}}


def _told(site: Site, place: str) -> Response:
    headers = {"ETag": site.etag} if site.tells_state else {}
    return json_response(200, {"name": place, "properties": site.settings(place)}, headers)


def _page(request: Request, found: list[Any]) -> Response:
    """Return a page of a list, with a link to the next one."""
    begin = int(request.parameter("$skiptoken") or 0)
    end = begin + _PAGE
    version = request.parameter("api-version")
    link = f"https://{request.host}{request.path}?api-version={version}&%24skiptoken={end}"
    return json_response(200, {"value": found[begin:end], "nextLink": link if len(found) > end else None})


def _refused(request: Request, site: Site, right: str) -> Response | None:
    return _denied(site.resource_id, right) if request.caller == "app" and site.denies(right) else None


def _denied(scope: str, action: str) -> Response:
    return json_error(
        403,
        "AuthorizationFailed",
        f"The client '{APP_ID}' with object id '{OBJECT_ID}' does not have authorization to perform action '{action}' "
        f"over scope '{scope}' or the scope is invalid.",
    )


def _not_found(path: str) -> Response:
    return json_error(404, "ResourceNotFound", f"The Resource '{path}' was not found.")
