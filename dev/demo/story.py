"""The demo itself, in the order in which it is told."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from dev.demo import kssedr
from dev.demo.checks import Checks
from dev.demo.show import Show, Watch
from dev.demo.stage import EVENT, SECRET, VAULT, VERSION, Stage
from dev.simulators import Consumer, SecretVersion, StorageAccount

# KSSEDR's way is shown on a secret of its own, so that neither story touches the other.
_OTHER_SECRET = "storage-key-kssedr"  # noqa: S105 - a name, no value


def tell(stage: Stage, show: Show) -> Checks:
    """Play everything and return what held."""
    checks = Checks()
    _our_way(stage, show, checks)
    show.results("What is true now", checks.rows)
    contrast = Checks()
    _kssedrs_way(stage, show, contrast)
    show.results("The same event, KSSEDR's way", contrast.rows)
    checks.failed += contrast.failed
    return checks


def _our_way(stage: Stage, show: Show, checks: Checks) -> None:
    show.title("A consumer at work")
    account, consumer = stage.seed(SECRET, "samplestore", VERSION)
    old_key = account.key("key1")
    before = stage.vault.current(SECRET)
    show.say(f"secret {SECRET} in {VAULT} holds key1 of {account.name}; it expires {_expiry(before):%d %b %Y}")
    show.say("an application signs a request with it every 5 minutes, and re-reads it once a day")
    stage.clock.advance(timedelta(hours=30))
    show.say(f"{consumer.ticks} requests so far, {len(consumer.refusals)} refused")

    show.title("Key Vault says that the secret nears its expiry")
    event = EVENT.read_text()
    instances = f"{stage.host.url}/runtime/webhooks/durabletask/instances?instanceIdPrefix=rotate-{VAULT}-{SECRET}"
    with show.watching(instances) as watch:
        show.say("SecretNearExpiry goes through the Event Hub trigger; the Durable status API shows:")
        _deliver(stage, event)
        output = _until_over(stage, show, watch)

    show.title("The same event three more times")
    calls = Counter(stage.azure.calls_by_operation())
    for _ in range(3):
        _deliver(stage, event)
    extra = Counter(stage.azure.calls_by_operation()) - calls
    show.say(f"calls to Azure that they caused: {extra.total()}")

    _judge(stage, checks, account, consumer, old_key, output)
    checks.claim("repeats of the event", extra.total() == 0, f"{extra.total()} calls to Azure")


def _deliver(stage: Stage, event: str) -> None:
    result = stage.host.deliver_event_hub("rotate_on_vault_event", [event])
    if not result.succeeded:
        raise RuntimeError(f"the starter failed: {result.error}")
    stage.host.wait_idle()


def _until_over(stage: Stage, show: Show, watch: Watch) -> dict[str, Any]:
    """Let virtual time pass, from one due instant to the next, until the instance has ended; return its output."""
    while (instance := watch.look()).get("runtimeStatus") in ("Pending", "Running"):
        due = stage.clock.next_due() or stage.clock.now()
        stage.clock.advance(max(due - stage.clock.now(), timedelta(0)))
        show.now_doing(f"virtual time passes: {stage.clock.now():%d %b %H:%M}")
    output = instance["output"]
    return output if isinstance(output, dict) else {"outcome": str(output)}


def _judge(
    stage: Stage, checks: Checks, account: StorageAccount, consumer: Consumer, old_key: str, output: dict[str, Any]
) -> None:
    calls = stage.azure.calls_by_operation()
    versions = stage.vault.versions(SECRET)
    before, after = versions[0], versions[-1]
    value = stage.vault.value(SECRET)
    new_key = account.key("key2")
    kept = {name: text for name, text in before.tags.items() if name != "CredentialId"}
    checks.claim(
        "outcome", output["outcome"] == "rotated", f"{output['outcome']}, verified on the {output.get('verified')}"
    )
    checks.claim("versions", len(versions) == 2, f"{before.version} → {after.version}")
    checks.claim("slot", after.tags.get("CredentialId") == "key2", f"key1 → {after.tags.get('CredentialId')}")
    checks.claim("expiry", _expiry(after) > _expiry(before), f"{_expiry(before):%d %b %Y} → {_expiry(after):%d %b %Y}")
    checks.claim("tags kept", kept.items() <= after.tags.items(), ", ".join(sorted(kept)))
    checks.claim(
        "format kept",
        value == stage.vault.value(SECRET, before.version).replace(old_key, new_key),
        "a connection string, only AccountKey changed",
    )
    checks.claim(
        "new key", new_key in value and _signs(account, new_key) == "200", f"signs: {_signs(account, new_key)}"
    )
    checks.claim("retired key", _signs(account, old_key).startswith("403"), f"refused: {_signs(account, old_key)}")
    checks.claim(
        "consumer",
        not consumer.refusals and consumer.ticks > 0,
        f"{consumer.ticks} requests, {len(consumer.refusals)} refused",
    )
    for operation, count in sorted(calls.items()):
        checks.note(f"calls: {operation}", count)
    outside = stage.azure.refused_hosts
    checks.claim("other hosts contacted", not outside, ", ".join(outside) or "none")


def _signs(account: StorageAccount, key: str) -> str:
    """Sign a request with a key through the real SDK and return the service's answer."""
    from azure.core.exceptions import HttpResponseError  # noqa: PLC0415 - only once the stage has set the environment
    from azure.storage.blob import BlobServiceClient  # noqa: PLC0415

    try:
        with BlobServiceClient(account.endpoint("blob"), credential=key, retry_total=0) as blobs:
            blobs.get_account_information()
    except HttpResponseError as error:
        code = getattr(error, "error_code", "")
        return f"{error.status_code} {getattr(code, 'value', code)}"
    return "200"


def _expiry(version: SecretVersion) -> datetime:
    return version.expires_on or datetime.max.replace(tzinfo=UTC)


def _kssedrs_way(stage: Stage, show: Show, checks: Checks) -> None:
    show.title("For contrast: the live key regenerated in place")
    account, consumer = stage.seed(_OTHER_SECRET, "kssedrstore")
    stage.clock.advance(timedelta(hours=1))
    before = stage.vault.current(_OTHER_SECRET)
    kssedr.rotate(stage.vault, _OTHER_SECRET, account, stage.clock.now())
    show.say("key1, which the application holds, has been regenerated and written to the vault")
    stage.clock.advance(timedelta(hours=48))
    after = stage.vault.current(_OTHER_SECRET)
    refused = consumer.refusals
    outage = (refused[-1].time - refused[0].time + consumer.every) if refused else timedelta(0)
    checks.claim("consumer refused", bool(refused), f"{len(refused)} of {consumer.ticks} requests, for {outage}")
    checks.claim("format", "AccountKey=" not in after.value.reveal(), "connection string became a raw key")
    checks.claim("tags", "owner" not in after.tags, f"{len(before.tags)} → {len(after.tags)}")
    checks.claim(
        "expiry",
        _expiry(after) < stage.clock.now(),
        f"expired {_expiry(after):%d %b %H:%M}, two hours after the rotation",
    )
