"""Routes of HTTP functions: ASP.NET's templates and constraints, over HTTP."""

from pathlib import Path

import pytest

from dev.clock import VirtualClock
from dev.embedded_host import EmbeddedHost, HostError
from tests.contract.host_helpers import request, write_app

pytestmark = pytest.mark.contract


def _function(route: str, name: str = "f", methods: str = "None") -> str:
    return f"""
@app.route(route={route!r}, methods={methods})
def {name}(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(json.dumps({{"f": "{name}", **req.route_params}}), mimetype="application/json")
"""


@pytest.mark.parametrize(
    ("route", "fitting", "unfitting"),
    [
        ("x/{v:length(3)}", ["abc"], ["ab", "abcd"]),
        ("x/{v:length(2,3)}", ["ab", "abc"], ["a", "abcd"]),
        ("x/{v:minlength(2):maxlength(3)}", ["ab", "abc"], ["a", "abcd"]),
        ("x/{v:int:min(1)}", ["1", "99"], ["0", "-1", "one"]),
        ("x/{v:max(5)}", ["5", "-7"], ["6"]),
        ("x/{v:range(1,5)}", ["1", "5"], ["0", "6"]),
        ("x/{v:regex(^a+$)}", ["a", "AAA"], ["ab"]),
        ("x/{v:int}", ["-2147483648"], ["2147483648", "1.0"]),
        ("x/{v:long}", ["2147483648"], ["9223372036854775808"]),
        ("x/{v:datetime}", ["2026-11-21", "2026-11-21T03:30:39"], ["2026", "2026-13-01"]),
        ("x/{v:guid}", ["9e9529595e334daf827f2fa12937b875", "9E952959-5E33-4DAF-827F-2FA12937B875"], ["9e952959-5e33"]),
        ("x/{v:bool}", ["True"], ["1"]),
        ("x/{v:decimal}", ["1", "-1.5"], ["1,5"]),
        ("x/{v:alpha}", ["Abc"], ["a1"]),
    ],
)
def test_constraints(tmp_path: Path, route: str, fitting: list[str], unfitting: list[str]) -> None:
    with EmbeddedHost(write_app(tmp_path, _function(route)), clock=VirtualClock()) as host:
        for value in fitting:
            assert request("GET", f"{host.url}/api/x/{value}")[2] == {"f": "f", "v": value}
        for value in unfitting:
            assert request("GET", f"{host.url}/api/x/{value}")[0] == 404


def test_order_of_routes(tmp_path: Path) -> None:
    templates = {"rest": "y/{*all}", "free": "y/{v}", "number": "y/{v:int}", "file": "z/{stem}.{kind}", "me": "y/me"}
    app = write_app(tmp_path, "".join(_function(route, name) for name, route in templates.items()))
    with EmbeddedHost(app, clock=VirtualClock()) as host:
        answers = {
            "Y/ME": {"f": "me"},
            "y/7": {"f": "number", "v": "7"},
            "y/%C3%BC%20b": {"f": "free", "v": "\u00fc b"},
            "y/a/b/": {"f": "rest", "all": "a/b/"},
            "y": {"f": "rest"},
            "z/a.b.txt": {"f": "file", "stem": "a.b", "kind": "txt"},
        }
        assert {path: request("GET", f"{host.url}/api/{path}")[2] for path in answers} == answers
        assert request("GET", f"{host.url}/api/z/a")[0] == 404


def test_a_route_may_be_shared_by_methods_but_not_taken_twice(tmp_path: Path) -> None:
    shared = _function("s", "reads", "['GET']") + _function("S", "writes", "['POST', 'PUT']")
    app = write_app(tmp_path, shared)
    with EmbeddedHost(app, clock=VirtualClock()) as host:
        assert [request(method, f"{host.url}/api/s")[2] for method in ("GET", "PUT")] == [
            {"f": "reads"},
            {"f": "writes"},
        ]
    (app / "function_app.py").write_text((app / "function_app.py").read_text() + _function("s", "again"))
    with pytest.raises(HostError, match="function 'again': the route 'api/s' conflicts with that of function 'reads'"):
        EmbeddedHost(app, clock=VirtualClock()).open()


@pytest.mark.parametrize("route", ["{v:shape}", "{v:range(1)}", "{v:min(one)}", "{v:regex(()}", "{v", "{v=5}"])
def test_what_is_not_understood_is_refused(tmp_path: Path, route: str) -> None:
    with pytest.raises(HostError, match=r"function 'f': route .* is not supported"):
        EmbeddedHost(write_app(tmp_path, _function(route)), clock=VirtualClock()).open()
