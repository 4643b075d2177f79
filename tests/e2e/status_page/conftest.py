"""The status page in a browser, on the running app. One browser serves all of its tests, in one worker."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from dev.judges.chromium import chromium
from dev.judges.components import CHROMIUM
from tests.contract.judges.conftest import require
from tests.e2e.conftest import Running
from tests.e2e.status_page.reader import Reader


# Not for the session: Playwright keeps an event loop in this thread, and other tests want one of their own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    require(CHROMIUM)
    expect.set_options(timeout=20_000)  # a share of a busy machine is enough for it
    with chromium() as browser:
        yield browser


@pytest.fixture
def reader(browser: Browser, running: Running) -> Iterator[Reader]:
    """Somebody who has not given a key yet; what the browser complains of fails the test."""
    with Reader.of(browser, running) as reader:
        yield reader
    assert reader.complaints == []
