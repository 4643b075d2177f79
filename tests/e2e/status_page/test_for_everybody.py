"""Whether everybody can use the page: on a phone, in the dark, without a mouse, by ear."""

import itertools
import json
from datetime import timedelta
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from dev.judges.components import PAGE_CHECKS
from tests.contract.judges.conftest import require
from tests.e2e.conftest import Running
from tests.e2e.status_page.reader import DESK, PHONE, Reader
from tests.scene import DAY, SECRET

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture
def axe() -> str:
    require(PAGE_CHECKS)
    return PAGE_CHECKS.artifact.read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """Let axe-core judge the page as it is now."""
    # Half-way through an animation, colours are not those that anybody reads.
    page.evaluate("Promise.all(document.getAnimations().filter((one) => !one.effect.getComputedTiming().iterations "
                  "|| one.effect.getComputedTiming().iterations < 9).map((one) => one.finished))")  # fmt: skip
    found: dict[str, Any] = page.evaluate("(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}})", RULES)
    assert len(found["passes"]) > 10, "it has looked at next to nothing"
    return [
        f"{each['id']}: {each['help']}: {json.dumps([node['html'] for node in each['nodes']])}"
        for each in found["violations"]
    ]


def fill(running: Running) -> None:
    """Put a secret into each state that has a look of its own."""
    scene = running.scene
    scene.secret(name="orders", expires_in=80 * DAY)
    scene.secret(name="late", expires_in=-2 * DAY)
    scene.secret(name="wrong", ValidityPeriodDays="ninety")
    scene.secret(name="paused", RotationEnabled="false")
    failing = scene.secret(name="failed", Verification="required")
    scene.account.firewall_closed = True
    running.rotate(failing.version, "failed")
    scene.account.firewall_closed = False
    running.announce(scene.secret(name="a-name-as-long-as-key-vault-allows-" + 8 * "x", RetireAfter="P30D").version,
                     "a-name-as-long-as-key-vault-allows-" + 8 * "x")  # fmt: skip
    running.deliver("no event at all")
    running.host.wait_idle()


@pytest.mark.timeout(240)  # four readers, each of whom is looked over five times
def test_no_rule_is_broken_and_nothing_overflows(browser: Browser, running: Running, axe: str) -> None:
    fill(running)
    for viewport, scheme in itertools.product((DESK, PHONE), SCHEMES):
        with Reader.of(browser, running, viewport=viewport, scheme=scheme, script=axe) as reader:
            looked_over(reader, f"{viewport['width']} px, {scheme}")
        assert reader.complaints == []


def looked_over(reader: Reader, where: str) -> None:
    """Judge everything that the page can show."""
    page = reader.page

    def judge(what: str) -> None:
        assert violations(page) == [], f"{what}, {where}"
        width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width[0] <= width[1], f"{what}, {where}"

    judge("the form for the key")
    reader.sign_in()
    page.get_by_text("As a table").click()
    judge("the board")
    drawer = reader.open("failed")
    drawer.get_by_text("Facts").click()
    judge("a rotation")
    expect(reader.press("Rotate…").locator(".plan")).to_contain_text("Now it would end")
    judge("a question")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    reader.figure("parked").click()
    expect(page.locator("#drawer .parked")).to_be_visible()
    judge("parked events")


def test_everything_is_done_with_the_keyboard_alone(reader: Reader) -> None:
    scene, page = reader.running.scene, reader.page
    instance = reader.running.announce(scene.secret(RetireAfter="P10D").version)
    reader.running.host.wait_idle()
    expect(page.get_by_label("Function key")).to_be_focused()
    page.keyboard.type("any-key")
    page.keyboard.press("Enter")
    name = reader.row(SECRET).get_by_role("button")
    expect(name).to_be_visible()
    walk_to(page, SECRET)
    page.keyboard.press("Enter")
    expect(page.locator("#drawer-title")).to_be_focused()
    expect(page.locator("#drawer .steps")).to_be_visible()
    walk_to(page, "Consumers ready…")
    page.keyboard.press("Space")
    expect(page.locator("#question-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#drawer-actions").get_by_role("button", name="Consumers ready…")).to_be_focused()
    page.keyboard.press("Space")
    walk_to(page, "End the grace")
    page.keyboard.press("Enter")
    expect(page.locator("#question")).to_be_hidden()
    assert reader.running.status(instance)["runtimeStatus"] == "Completed"
    page.keyboard.press("Escape")
    expect(name).to_be_focused()


def walk_to(page: Page, text: str) -> None:
    """Press Tab until the focus is on a control of that name."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == text:
            return
    raise AssertionError(f"{text} is not in reach of the Tab key")


def test_the_picture_is_told_and_tabled(reader: Reader) -> None:
    scene = reader.running.scene
    for name, days in (("first", 3), ("second", 20), ("third", 70), ("fourth", 400), ("gone", -1)):
        scene.secret(name=name, expires_in=days * DAY)
    scene.secret(name="forever", expires_in=None)
    reader.sign_in()
    page = reader.page
    told = "Expired already: 1 · within 7 days: 1 · within 30 days: 2 · within 90 days: 3 · later: 1 · never: 1"
    expect(page.get_by_role("img", name=told)).to_be_visible()
    expect(page.locator("#timeline-summary")).to_have_text(told)
    expect(page.locator("#timeline .block")).to_have_count(4)
    page.get_by_text("As a table").click()
    rows = page.locator("#timeline-table tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.first).to_contain_text("gone")


def test_times_are_the_readers_with_utc_at_hand(reader: Reader) -> None:
    expires = reader.running.scene.secret(expires_in=timedelta(days=20, hours=1, minutes=-4)).expires_on
    assert expires is not None
    reader.sign_in()
    shown = reader.row(SECRET).locator("time").first
    expect(shown).to_have_attribute("title", f"{expires:%Y-%m-%d %H:%M:%S} UTC")
    expect(shown).to_have_text("13 Aug 2026")  # it is 22:06 on that day in New York, and the 14th in Greenwich
    expect(reader.row(SECRET)).to_contain_text("in 20 days")


def test_who_wants_less_motion_gets_none(browser: Browser, running: Running) -> None:
    running.scene.secret()
    with Reader.of(browser, running, reduced_motion="reduce") as reader:
        reader.sign_in()
        reader.open(SECRET)
        assert reader.page.evaluate("document.getAnimations().length") == 0
