"""`GET /api/status`: the page for people, and the files that it is made of.

They hold no data, so anybody may have them: the page asks its reader for a key and calls the HTTP API with it.
"""

from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import azure.durable_functions as df
import azure.functions as func

bp = df.Blueprint()

_WEB = Path(__file__).parents[1] / "web"
_PAGE = "status.html"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

# Nothing from elsewhere, nothing inline, no markup out of text: a name or reason that holds a script stays a text.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # The files change together, with a deployment: a mixture of two would not work.
    "Cache-Control": "no-store",
}


@bp.route(route="status", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def status_page(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with the page."""
    if urlsplit(req.url).path.endswith("/"):
        # The page names its files relative to where it is.
        return func.HttpResponse(status_code=308, headers={**_HEADERS, "Location": "../status"})
    return _answer(_PAGE)


@bp.route(route="status/{file}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def status_file(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with one of the files that the page is made of; 404 for any other name."""
    return _answer(req.route_params["file"])


def _answer(name: str) -> func.HttpResponse:
    content = _files().get(name)
    if content is None:
        return func.HttpResponse(status_code=404, headers=_HEADERS)
    kind = _TYPES[Path(name).suffix]
    return func.HttpResponse(content, headers=_HEADERS, mimetype=kind, charset="utf-8")


@cache
def _files() -> dict[str, bytes]:
    """Read all of them, once; a request only ever picks one of these names."""
    return {path.name: path.read_bytes() for path in _WEB.iterdir() if path.suffix in _TYPES}
