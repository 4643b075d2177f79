"""`python -m dev.screenshots`: the pictures of the status page in docs/images, of the real app in simulated Azure.

It shows what `make demo KEEP=1` leaves running, among neighbours that are well. The fonts are the machine's.
"""

from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page

from dev.demo.stage import NOW, SECRET, VERSION, Stage, stage
from dev.demo.trouble import plant
from dev.judges.chromium import chromium

IMAGES = Path(__file__).parents[1] / "docs" / "images"
_DAY = timedelta(days=1)
_WELL = {
    "orders": 38, "invoices": 41, "search": 44, "ledger": 44, "telemetry": 47, "images": 52, "tickets": 55,
    "payroll": 58, "crawler": 61, "mobile": 61, "audit": 66, "exports": 70, "sessions": 73, "edge": 77, "mail": 80,
    "forms": 83, "fraud": 85, "maps": 88,
}  # fmt: skip
_DUE = {"labs": 25, "crm": 27, "cdn": 29}


def main() -> None:
    """Take them."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with stage() as set_up, chromium() as browser:
        _furnish(set_up)
        _desk(browser, set_up)
        _phone(browser, set_up)


def _furnish(stage: Stage) -> None:
    for name, days in _WELL.items():
        _add(stage, name, days)
    stage.seed(SECRET, "samplestore", VERSION)
    stage.clock.advance(timedelta(hours=30))
    plant(stage)
    for name, days in _DUE.items():
        _add(stage, name, days)
    stage.clock.advance(timedelta(minutes=1))  # the app's listing of the vault is from before


def _add(stage: Stage, name: str, days: int) -> None:
    account = stage.azure.add_storage_account(f"{name}store", created=NOW - 300 * _DAY)
    stage.vault.set_secret(
        f"{name}-storage",
        account.connection_string("key1"),
        tags={"ProviderAddress": account.resource_id, "CredentialId": "key1"},
        content_type="connection string",
        expires_on=NOW + days * _DAY,
    )


def _desk(browser: Browser, stage: Stage) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 1000}, locale="en-GB", timezone_id="UTC")
    _sign_in(page, stage)
    page.screenshot(path=IMAGES / "status-page.png")


def _phone(browser: Browser, stage: Stage) -> None:
    page = browser.new_page(
        viewport={"width": 360, "height": 740}, device_scale_factor=2, color_scheme="dark", timezone_id="UTC",
        reduced_motion="reduce",
    )  # fmt: skip
    _sign_in(page, stage)
    page.get_by_role("button", name="shop-storage").click()
    page.locator("#drawer .steps").wait_for()
    page.screenshot(path=IMAGES / "status-page-phone.png")


def _sign_in(page: Page, stage: Stage) -> None:
    page.goto(f"{stage.host.url}/api/status")
    page.get_by_label("Function key").fill("any")
    page.keyboard.press("Enter")
    page.get_by_text("Updated").wait_for()


if __name__ == "__main__":
    main()
