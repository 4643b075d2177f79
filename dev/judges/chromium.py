"""Chromium without a window, driven by Playwright; it is the machine's own, never one that Playwright brings."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from .components import CHROMIUM


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser, and end it.

    Its driver keeps an event loop in this thread meanwhile: nobody else can run one here.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM.artifact)
        try:
            yield browser
        finally:
            browser.close()
