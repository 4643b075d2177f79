"""Somebody who reads the status page: what they see and press, and what their browser complains of."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect

from tests.e2e.conftest import Running

KEY = "a-function-key-that-nobody-may-find"  # what the embedded host makes of it is nothing
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 740}


@dataclass
class Reader:
    """The page, open in a browser."""

    page: Page
    running: Running
    complaints: list[str] = field(default_factory=list)
    """Errors on the console, uncaught exceptions, requests to other origins."""

    @classmethod
    @contextmanager
    def of(
        cls,
        browser: Browser,
        running: Running,
        *,
        viewport: dict[str, int] = DESK,
        scheme: Literal["light", "dark"] = "light",
        script: str | None = None,
        **options: Any,
    ) -> Iterator["Reader"]:
        """Open the page, before the key is given; `script` runs in it before anything of its own."""
        context = browser.new_context(
            viewport={"width": viewport["width"], "height": viewport["height"]},
            color_scheme=scheme,
            timezone_id="America/New_York",
            **options,
        )
        try:
            page = context.new_page()
            page.set_default_timeout(20_000)
            reader = cls(page, running)
            page.on("console", reader._heard)
            page.on("pageerror", lambda error: reader.complaints.append(str(error)))
            page.on("request", reader._requested)
            if script is not None:
                page.add_init_script(script)
            page.goto(f"{running.host.url}/api/status")
            yield reader
        finally:
            context.close()

    def sign_in(self, key: str = KEY) -> None:
        """Give the key, and wait for the board."""
        self.page.get_by_label("Function key").fill(key)
        self.page.keyboard.press("Enter")
        expect(self.page.locator("#freshness")).to_contain_text("Updated")

    def look_again(self) -> None:
        """Come back to the tab, which makes the page ask at once."""
        self.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    def row(self, secret: str) -> Locator:
        """Return the row of a secret."""
        return self.page.locator("#rows tr").filter(has=self.page.get_by_role("button", name=secret, exact=True))

    def state(self, secret: str) -> Locator:
        """Return the label that says how a secret stands."""
        return self.row(secret).locator(".badge")

    def secrets(self) -> list[str]:
        """Return the names in the table, in order."""
        return self.page.locator("#rows .name").all_text_contents()

    def figure(self, name: str) -> Locator:
        """Return a figure of the health board, which is a button too."""
        return self.page.locator(f"[data-figure={name}]")

    def open(self, secret: str) -> Locator:
        """Open a secret and return the drawer, once it shows more than that it loads."""
        self.row(secret).get_by_role("button").click()
        drawer = self.page.locator("#drawer")
        expect(drawer.locator(".state-line")).to_be_visible()
        return drawer

    def press(self, label: str) -> Locator:
        """Press an action in the drawer and return the question that it asks."""
        self.page.locator("#drawer-actions").get_by_role("button", name=label).click()
        question = self.page.locator("#question")
        expect(question).to_be_visible()
        return question

    def agree(self) -> None:
        """Answer the question with yes; it closes once the app has done it."""
        self.page.locator("#question-yes").click()
        expect(self.page.locator("#question")).to_be_hidden()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _requested(self, request: Request) -> None:
        if not request.url.startswith(f"{self.running.host.url}/"):
            self.complaints.append(f"a request to {request.url}")
