"""What the page keeps to itself, and what it does not let in."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import APP, Running
from tests.e2e.status_page.reader import KEY, Reader
from tests.scene import SECRET

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]

MARKUP = "<img src=x onerror=window.fallen=1><script>window.fallen=1</script>"
KINDS = ("text/html; charset=utf-8", "text/css; charset=utf-8", "text/javascript; charset=utf-8", "image/svg+xml")


def get(running: Running, path: str, **options: Any) -> requests.Response:
    return requests.get(f"{running.host.url}/api/status{path}", timeout=10, **options)


def test_page_and_files_are_for_anybody_and_for_this_origin_only(running: Running) -> None:
    names = [path.name for path in (APP / "web").iterdir()]
    for path in ("", *(f"/{name}" for name in names)):
        answer = get(running, path)
        assert answer.status_code == 200
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"https?:|\*", policy)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Type"] in KINDS


def test_nothing_else_is_served(running: Running) -> None:
    with requests.Session() as session:
        for path in ("/host.json", "/..%2Fhost.json", "/%2e%2e%2fbootstrap.py", "/status.html/x", "/__init__.py"):
            prepared = requests.Request("GET", f"{running.host.url}/api/status").prepare()
            prepared.url = f"{running.host.url}/api/status{path}"  # as it is, with nothing made tidy
            assert session.send(prepared, timeout=10).status_code == 404


def test_a_slash_too_many_does_no_harm(running: Running) -> None:
    assert get(running, "/").url == f"{running.host.url}/api/status"


def test_the_page_names_nothing_inline_and_nothing_elsewhere(running: Running) -> None:
    page = get(running, "").text
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:|https?://|//", page)


def test_scripts_parse_no_markup_and_keep_nothing() -> None:
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|"
        r"localStorage|sessionStorage|indexedDB|document\.cookie|history\.(push|replace)State|console\."
    )
    scripts = list((APP / "web").glob("*.js"))
    assert scripts
    assert {path.name: found for path in scripts if (found := forbidden.findall(path.read_text("utf-8")))} == {}


def test_the_policy_is_enforced(reader: Reader) -> None:
    reader.page.evaluate(
        """() => {
            const script = document.createElement('script');
            try { script.text = 'window.fallen = 1'; } catch { script.append('window.fallen = 1'); }
            document.body.append(script);
            const image = document.createElement('img');
            try { image.setAttribute('onerror', 'window.fallen = 1'); } catch { image.alt = 'no'; }
            image.src = 'https://elsewhere.invalid/pixel';
            document.body.append(image);
        }"""
    )
    assert reader.page.evaluate("window.fallen") is None
    with pytest.raises(Exception, match="TrustedHTML"):
        reader.page.evaluate("document.body.innerHTML = '<b>bold</b>'")
    assert any("Content Security Policy" in complaint for complaint in reader.complaints)
    reader.complaints.clear()


def test_markup_in_names_and_reasons_is_text(reader: Reader) -> None:
    scene, page = reader.running.scene, reader.page
    scene.secret(ProviderAddress=MARKUP, ValidityPeriodDays=MARKUP)
    reader.running.rotate(scene.vault.current(SECRET).version)
    reader.running.deliver(MARKUP)
    reader.running.host.wait_idle()

    def rename(route: Route) -> None:
        answer = route.fetch()
        content = answer.json()
        content["secrets"][0] |= {"secret": MARKUP, "vault": MARKUP, "complaints": [MARKUP]}
        route.fulfill(response=answer, json=content)

    def explain(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"reason": MARKUP, "note": MARKUP})

    page.route("**/api/secrets**", rename)
    page.route("**/api/rotations?**", lambda route: route.fulfill(json={"rotations": []}))
    page.route("**/api/rotations/**", explain)
    user = dict.fromkeys(("id", "name", "state", "reason", "version"), MARKUP) | {"settings": [MARKUP]}
    page.route("**/api/consumers**", lambda route: route.fulfill(json={"version": MARKUP, "consumers": [user]}))
    reader.sign_in()
    drawer = reader.open(MARKUP)
    expect(drawer.locator("h2")).to_have_text(MARKUP)
    expect(drawer.locator(".notice.warn li")).to_have_text(MARKUP)
    expect(drawer.locator("p.notice")).to_have_text(MARKUP)
    page.keyboard.press("Escape")
    reader.figure("parked").click()
    expect(page.locator("#drawer .parked")).to_contain_text("onerror=window.fallen")
    assert page.locator("script").count() == 1
    assert page.locator("img").count() == 1
    assert page.evaluate("window.fallen") is None


def test_the_key_goes_to_the_api_and_nowhere_else(reader: Reader) -> None:
    page = reader.page
    reader.running.scene.secret()
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    field = page.get_by_label("Function key")
    expect(field).to_have_attribute("type", "password")
    expect(field).to_have_attribute("autocomplete", "off")
    with page.expect_request("**/api/secrets**") as asked:
        reader.sign_in()
    assert asked.value.headers["x-functions-key"] == KEY
    assert not any(KEY in url for url in [*urls, page.url])
    assert KEY not in page.content()
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert page.evaluate("indexedDB.databases()") == []
    assert page.context.storage_state() == {"cookies": [], "origins": []}
    expect(field).to_have_value("")
    page.get_by_role("button", name="Forget key").click()
    expect(page.get_by_label("Function key")).to_be_focused()
    expect(page.locator("#board")).to_be_hidden()


def answer(page: Page, status: int, problem: dict[str, Any] | None = None, **headers: str) -> None:
    page.route("**/api/secrets**", lambda route: route.fulfill(status=status, json=problem or {}, headers=headers))


def test_a_key_that_is_not_accepted_is_asked_for_again(reader: Reader) -> None:
    page = reader.page
    reader.running.scene.secret()
    answer(page, 401)
    page.get_by_label("Function key").fill("wrong")
    page.keyboard.press("Enter")
    trouble = page.locator("#key-trouble")
    expect(trouble).to_contain_text("does not accept this key")
    expect(trouble).to_contain_text("It must be a host key")
    expect(page.get_by_label("Function key")).to_be_focused()
    page.unroute("**/api/secrets**")
    reader.sign_in()
    expect(trouble).to_be_empty()
    answer(page, 401)
    reader.look_again()
    expect(page.get_by_label("Function key")).to_be_visible()
    expect(page.locator("#board")).to_be_hidden()
    page.get_by_label("Function key").fill("no key “at all”")
    page.keyboard.press("Enter")
    expect(trouble).to_contain_text("That is no key")
    forgive(reader, 401)


TOLD = {
    403: "The app does not allow this.",
    429: "Too many questions at once.",
    500: "The app failed (500).",
    502: "The app itself is not allowed to do this.",
    503: "The app cannot reach what it needs.",
}


def test_what_goes_wrong_is_told_and_what_was_known_stays(reader: Reader) -> None:
    page = reader.page
    reader.running.scene.secret()
    reader.sign_in()
    notice = page.locator("#notices")
    for status, words in TOLD.items():
        answer(page, status, {"title": "A title", "detail": "the vault said <b>no</b>"})
        reader.look_again()
        expect(notice).to_contain_text(words)
        expect(notice).to_contain_text("The vault said <b>no</b>.")
        expect(notice).to_contain_text("What you see is from before.")
        expect(reader.row(SECRET)).to_be_visible()
        page.unroute("**/api/secrets**")
        reader.look_again()
        expect(notice).to_be_empty()
        forgive(reader, status)


def test_no_answer_at_all_is_told(reader: Reader) -> None:
    page = reader.page
    reader.running.scene.secret()
    reader.sign_in()
    page.context.set_offline(True)
    reader.look_again()
    expect(page.locator("#notices")).to_contain_text("The app does not answer. Check your connection")
    page.context.set_offline(False)
    expect(page.locator("#notices")).to_be_empty()
    forgive(reader, "ERR_INTERNET_DISCONNECTED")


def forgive(reader: Reader, what: object) -> None:
    """Expect that the browser has complained of these answers, and of nothing else."""
    assert reader.complaints
    assert all(str(what) in complaint for complaint in reader.complaints)
    reader.complaints.clear()


def test_a_vault_that_cannot_be_listed_is_named(reader: Reader) -> None:
    scene = reader.running.scene
    scene.secret()
    scene.second_vault.deny("listSecrets")
    reader.sign_in()
    expect(reader.page.locator("#notices")).to_contain_text("second-kv.vault.azure.net")
    expect(reader.row(SECRET)).to_be_visible()


def test_ten_thousand_secrets_do_not_freeze_it(reader: Reader) -> None:
    page, total = reader.page, 10_000

    def page_of(route: Route) -> None:
        asked = parse_qs(urlsplit(route.request.url).query)
        first, size = int(asked.get("continuationToken", ["0"])[0]), int(asked["top"][0])
        secrets = [
            {
                "vault": "sample-kv.vault.azure.net", "secret": f"secret-{number:05}", "enabled": True, "state": "ok",
                "expiresOn": f"2026-09-{1 + number % 28:02}T00:00:00Z", "complaints": [],
            }
            for number in range(first, min(total, first + size))
        ]  # fmt: skip
        more = {"continuationToken": str(first + size)} if first + size < total else {}
        route.fulfill(json={"asOf": "2026-07-25T01:08:00Z", "secrets": secrets, "unreachable": [], **more})

    page.route("**/api/secrets**", page_of)
    page.evaluate(
        "window.longest = 0;"
        "new PerformanceObserver((list) => { for (const task of list.getEntries())"
        " window.longest = Math.max(window.longest, task.duration); }).observe({type: 'longtask'})"
    )
    reader.sign_in()
    expect(page.locator("#count")).to_have_text("10,000")
    expect(page.locator("#rows tr")).to_have_count(200)
    page.locator("#more").click()
    expect(page.locator("#rows tr")).to_have_count(400)
    expect(reader.row("secret-00200").get_by_role("button")).to_be_focused()
    page.get_by_label("Name, vault, resource or reason").fill("secret-09999")
    expect(page.locator("#rows tr")).to_have_count(1)
    assert page.evaluate("window.longest") < 4000, "milliseconds; a tenth of that on a machine with nothing else to do"
