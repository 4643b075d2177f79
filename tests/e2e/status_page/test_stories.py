"""What people do with the status page, from the first look to the end of a rotation."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from rotation.ids import refresh_id
from tests.e2e.status_page.reader import Reader
from tests.events import message
from tests.scene import DAY, SECRET

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("browser")]


def steps(reader: Reader) -> dict[str, str]:
    """Return the steps in the drawer, by name, with what became of them."""
    items = reader.page.locator("#drawer .steps li")
    return {
        items.nth(place).locator("code").inner_text(): items.nth(place).locator(".result").inner_text()
        for place in range(items.count())
    }


def test_a_rotation_is_seen_from_start_to_finish(reader: Reader) -> None:
    scene, host = reader.running.scene, reader.running.host
    version = scene.secret(connection_string=True, RetireAfter="P2D").version
    scene.account.propagation_delay = timedelta(seconds=20)
    reader.sign_in()
    expect(reader.state(SECRET)).to_have_text("Due")
    expect(reader.figure("soon").locator(".figure")).to_have_text("1")

    reader.running.announce(version)
    reader.look_again()
    expect(reader.state(SECRET)).to_have_text("Rotating")
    drawer = reader.open(SECRET)
    expect(drawer.locator(".notice.busy")).to_contain_text("the new key is not accepted yet")
    assert steps(reader)["regenerate_key"] == "Done"

    host.advance(timedelta(minutes=2))
    reader.look_again()
    expect(drawer.locator(".state-line")).to_contain_text("In grace")
    expect(drawer.locator(".steps li").last).to_contain_text("Let consumers pick it up")
    assert steps(reader)["write_version"] == "Done"

    host.advance(2 * DAY)
    reader.look_again()
    expect(drawer.locator("h3").first).to_contain_text("Rotated")
    expect(drawer.locator(".state-line")).to_contain_text("OK")
    assert set(steps(reader).values()) == {"Done"}
    assert list(steps(reader))[-1] == "swap_slot"
    reader.page.keyboard.press("Escape")
    expect(reader.row(SECRET)).to_contain_text("key2")
    expect(reader.row(SECRET)).to_contain_text("Rotated")
    expect(reader.figure("rotating").locator(".figure")).to_have_text("0")


def test_who_has_which_version_is_seen(reader: Reader) -> None:
    scene = reader.running.scene
    shop, till = scene.azure.add_site("shop"), scene.azure.add_site("till")
    old = scene.secret(Consumers=f"{shop.resource_id},{till.resource_id}").version
    shop.set("Storage", f"@Microsoft.KeyVault(SecretUri={scene.vault.uri}secrets/{SECRET})")
    till.set("Storage", f"@Microsoft.KeyVault(SecretUri={scene.vault.uri}secrets/{SECRET}/{old})")
    new = reader.running.rotate(old)["output"]["version"]
    reader.running.ended(refresh_id(scene.request(new)))
    reader.sign_in()
    listed = reader.open(SECRET).locator(".consumers li")
    expect(listed).to_have_count(2)
    expect(listed.first).to_contain_text("Pinned till")
    expect(listed.first).to_contain_text(f"(Storage): {old}")
    expect(listed.last).to_contain_text("Current shop")


def test_a_failure_is_restarted_once_its_cause_is_mended(reader: Reader) -> None:
    scene = reader.running.scene
    version = scene.secret(Verification="required").version
    scene.account.firewall_closed = True
    failed = reader.running.rotate(version)
    reader.sign_in()
    expect(reader.figure("failed").locator(".figure")).to_have_text("1")
    reader.figure("failed").click()
    drawer = reader.open(SECRET)
    expect(drawer.locator(".notice.bad")).to_have_text(failed["customStatus"]["reason"])
    scene.account.firewall_closed = False
    question = reader.press("Restart…")
    expect(question).to_contain_text("nothing is regenerated or written twice")
    reader.agree()
    expect(reader.page.locator("#drawer-status")).to_contain_text("Done: started again")
    assert reader.running.ended(failed["instanceId"])["output"]["outcome"] == "rotated"
    reader.look_again()
    expect(drawer.locator("h3").first).to_contain_text("Rotated")
    assert scene.works()
    assert reader.running.regenerations() == 1


def test_going_back_is_asked_for_first(reader: Reader) -> None:
    scene = reader.running.scene
    before = scene.secret(connection_string=True, RetireAfter="P10D")
    value = scene.vault.value(SECRET)
    instance = reader.running.announce(before.version)
    reader.running.host.wait_idle()
    reader.sign_in()
    drawer = reader.open(SECRET)
    reader.press("Roll back…").get_by_role("button", name="Leave it").click()
    assert reader.running.status(instance)["runtimeStatus"] == "Running"
    assert scene.vault.value(SECRET) != value

    question = reader.press("Roll back…")
    expect(question).to_contain_text("written again, as a new version")
    question.get_by_label("Why").fill("consumers broke")
    reader.agree()
    assert "rolled back on request" in reader.running.ended(instance)["output"]
    assert scene.vault.value(SECRET) == value
    reader.look_again()
    expect(drawer.locator(".notice").first).to_contain_text("rolled back on request")


def test_a_finished_rotation_can_be_gone_back_on(reader: Reader) -> None:
    scene = reader.running.scene
    before = scene.secret(connection_string=True)
    value = scene.vault.value(SECRET)
    reader.running.rotate(before.version)
    assert scene.vault.value(SECRET) != value
    reader.sign_in()
    drawer = reader.open(SECRET)
    reader.press("Roll back…")
    reader.agree()
    reader.running.host.wait_idle()
    assert scene.vault.value(SECRET) == value
    reader.look_again()
    expect(drawer.locator("h3").first).to_contain_text("Restored")
    assert scene.works()


def test_consumers_ready_ends_the_grace(reader: Reader) -> None:
    scene = reader.running.scene
    old_key = scene.account.key("key1")
    instance = reader.running.announce(scene.secret(RetireAfter="P10D").version)
    reader.running.host.wait_idle()
    reader.sign_in()
    reader.open(SECRET)
    expect(reader.press("Consumers ready…")).to_contain_text("whoever still uses it is refused from then on")
    reader.agree()
    assert reader.running.status(instance)["runtimeStatus"] == "Completed"
    assert not scene.account.accepts(old_key)
    assert scene.works()


def test_what_is_not_due_is_rotated_when_it_must_be(reader: Reader) -> None:
    scene = reader.running.scene
    scene.secret(expires_in=80 * DAY)
    reader.sign_in()
    expect(reader.state(SECRET)).to_have_text("OK")
    reader.open(SECRET)
    question = reader.press("Rotate…")
    expect(question.locator(".plan")).to_contain_text("not due")
    question.get_by_label("Even if it is not due").check()
    expect(question.locator(".plan")).to_contain_text(
        "Consumers keep working on key1 until they read the new version, which holds key2"
    )
    assert len(scene.vault.versions(SECRET)) == 1, "asking what it would do must not do it"
    reader.agree()
    reader.running.host.wait_idle()
    assert len(scene.vault.versions(SECRET)) == 2
    assert scene.holds("key2")
    reader.look_again()
    expect(reader.page.locator("#drawer h3").first).to_contain_text("Rotated")


def test_what_the_app_will_not_do_is_said_where_it_was_asked_for(reader: Reader) -> None:
    scene = reader.running.scene
    scene.secret()
    reader.sign_in()
    reader.open(SECRET)
    question = reader.press("Rotate…")
    expect(question.locator(".plan li").first).to_be_visible()
    scene.azure.faults.add("keyvault.*", status=403, times=None)
    reader.page.locator("#question-yes").click()
    expect(question.get_by_role("alert")).not_to_be_empty()
    expect(question).to_be_visible()
    assert any("Failed to load resource" in complaint for complaint in reader.complaints)
    reader.complaints.clear()


def test_the_table_is_filtered_and_sorted(reader: Reader) -> None:
    scene = reader.running.scene
    scene.secret(name="orders", expires_in=80 * DAY)
    scene.secret(name="billing", expires_in=10 * DAY, ValidityPeriodDays="ninety")
    scene.secret(name="archive", expires_in=50 * DAY, RotationEnabled="false")
    scene.secret(name="payments", expires_in=20 * DAY)
    reader.sign_in()
    page = reader.page
    assert reader.secrets() == ["billing", "payments", "archive", "orders"], "the worst comes first"
    header = page.get_by_role("columnheader", name="Expires")
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    assert reader.secrets() == ["billing", "payments", "archive", "orders"]
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "descending")
    assert reader.secrets() == ["orders", "archive", "payments", "billing"]
    expect(page.locator("th[aria-sort]")).to_have_count(1)

    page.get_by_label("Name, vault, resource or reason").fill("validityperiod SAMPLE")
    expect(page.locator("#rows .name")).to_have_text(["billing"])
    expect(page.locator("#count")).to_have_text("1 of 4")
    page.get_by_label("Name, vault, resource or reason").fill("")
    page.get_by_label("State", exact=True).select_option("Paused or disabled")
    expect(page.locator("#rows .name")).to_have_text(["archive"])
    reader.figure("refused").click()
    expect(page.locator("#rows .name")).to_have_text(["billing"])
    expect(reader.figure("refused")).to_have_attribute("aria-pressed", "true")
    reader.figure("late").click()
    expect(page.locator("#nothing")).to_contain_text("No secret is like that")
    reader.figure("late").click()
    expect(page.locator("#rows .name")).to_have_count(4)


def test_parked_events_are_listed(reader: Reader) -> None:
    reader.running.deliver("no JSON at all", message({"type": "Microsoft.KeyVault.SecretNearExpiry", "data": {}}))
    reader.running.host.wait_idle()
    reader.sign_in()
    expect(reader.figure("parked").locator(".figure")).to_have_text("2")
    reader.figure("parked").click()
    listed = reader.page.locator("#drawer .parked li")
    expect(listed).to_have_count(2)
    expect(listed.last).to_contain_text("no JSON at all")
    expect(listed.last).to_contain_text("partition 3")


def go_on(page: Page, milliseconds: int) -> None:
    """Let the page's own clock go on."""
    page.clock.run_for(milliseconds)


def test_it_keeps_itself_fresh_and_the_reader_where_they_are(reader: Reader) -> None:
    scene, page = reader.running.scene, reader.page
    page.clock.install()
    page.reload()
    for number in range(40):
        scene.secret(name=f"storage-{number:02}", expires_in=60 * DAY)
    reader.sign_in()
    page.get_by_label("Name, vault, resource or reason").fill("storage-1")
    page.get_by_role("button", name="storage-17").focus()
    page.evaluate("window.scrollTo(0, 300)")
    version = scene.vault.current("storage-17").version
    reader.running.deliver(message({"type": "Microsoft.KeyVault.SecretNearExpiry", "data": {"Id": "broken"}}))
    scene.secret(name="storage-1x", expires_in=-1 * DAY)
    assert version
    scene.clock.advance(timedelta(minutes=10))
    go_on(page, 11_000)
    expect(reader.state("storage-1x")).to_have_text("Late")
    assert reader.secrets()[0] == "storage-1x"
    expect(page.get_by_role("button", name="storage-17")).to_be_focused()
    expect(page.get_by_label("Name, vault, resource or reason")).to_have_value("storage-1")
    assert page.evaluate("window.scrollY") == 300
    expect(page.locator("#announcements")).to_contain_text("Late: 1, was 0")


def test_nothing_is_asked_for_in_a_hidden_tab_or_while_paused(reader: Reader) -> None:
    page = reader.page
    page.clock.install()
    page.reload()
    reader.running.scene.secret()
    reader.sign_in()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Pause").click()
    go_on(page, 60_000)
    assert asked == []
    with page.expect_response("**/api/rotations?**"):
        reader.open(SECRET)
    asked.clear()
    go_on(page, 60_000)
    assert asked == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Pause")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#freshness")).to_contain_text("Updated")
    page.evaluate("Object.defineProperty(document, 'hidden', {configurable: true, get: () => true})")
    go_on(page, 60_000)
    before = len(asked)
    go_on(page, 60_000)
    assert len(asked) == before
    page.evaluate("Object.defineProperty(document, 'hidden', {configurable: true, get: () => false})")
    with page.expect_request("**/api/secrets**"):
        reader.look_again()


def test_a_rotation_is_approved_and_then_waits_for_its_window(reader: Reader) -> None:
    scene, running = reader.running.scene, reader.running
    window = "Mon 02:00-06:00 Europe/Zurich"
    version = scene.secret(Approval="required", Window=window).version
    reader.sign_in()
    drawer = reader.open(SECRET)
    expect(drawer.locator(".facts").first).to_contain_text(window)
    question = reader.press("Rotate…")
    expect(question).to_contain_text("Wait for somebody to approve")
    expect(question).to_contain_text(f"its window: {window}")
    question.get_by_role("button", name="Leave it").click()

    instance = running.announce(version)
    reader.look_again()
    expect(reader.state(SECRET)).to_have_text("Approve?")
    expect(drawer.locator(".notice.busy")).to_contain_text("Approve or Reject")
    question = reader.press("Approve…")
    expect(question).to_contain_text("planned anew")
    question.get_by_label("Why").fill("CHG-42, Ann")
    reader.agree()
    running.host.wait_idle()
    reader.look_again()
    expect(reader.state(SECRET)).to_have_text("Awaits window")
    expect(drawer.locator(".notice.busy")).to_contain_text(window)
    assert running.ended(instance)["output"]["approval"].endswith("CHG-42, Ann")
    reader.look_again()
    expect(drawer.locator("h3").first).to_contain_text("Rotated")
    assert steps(reader)["approval"] == "Done"


def test_a_rotation_is_rejected(reader: Reader) -> None:
    scene, running = reader.running.scene, reader.running
    version = scene.secret(Approval="required").version
    running.announce(version)
    running.host.wait_idle()
    reader.sign_in()
    drawer = reader.open(SECRET)
    question = reader.press("Reject…")
    question.get_by_label("Why").fill("change freeze")
    reader.agree()
    reader.look_again()
    expect(drawer.locator(".notice.warn").first).to_contain_text("rejected: change freeze")
    assert scene.vault.current(SECRET).version == version
