"""Certificates are renewed by their policy, keys rotated once for each version; who stays behind is told."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import bootstrap
from azure_clients.vault_objects import VaultObjects
from dev.embedded_host import EmbeddedHost
from dev.faults.arena import forget_process
from dev.simulators.vault_objects import SimulatedCertificate, SimulatedKey
from rotation.ids import renewal_id
from rotation.request import RotationRequest
from tests.e2e.conftest import APP, Running
from tests.events import cloud_event, message
from tests.scene import DAY, NO_TIMERS, Scene

pytestmark = pytest.mark.e2e

GROUP = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/sample-rg"
ON: dict[str, Any] = {"RotationEnabled": "true"}
Thing = SimulatedCertificate | SimulatedKey


class Renewals:
    """The scene's vault and the app."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.scene = running.scene
        self.objects = running.scene.vault.objects

    def announce(self, thing: Thing, event: str = "NearExpiry", version: str = "") -> str:
        """Deliver an event for the current version, and return the id of its instance."""
        kind = "certificate" if isinstance(thing, SimulatedCertificate) else "key"
        version = version or thing.versions[-1].version
        told = cloud_event(self.scene.vault.host, thing.name, version, f"Microsoft.KeyVault.{kind.title()}{event}")
        told["data"]["Id"] = f"https://{self.scene.vault.host}/{kind}s/{thing.name}/{version}"
        told["data"]["ObjectType"] = kind.title()
        result = self.running.deliver(message(told))
        assert result.succeeded, result.error
        return renewal_id(kind, RotationRequest(self.scene.vault.host, thing.name, version))

    def renew(self, thing: Thing, event: str = "NearExpiry", version: str = "") -> dict[str, Any]:
        """Deliver an event, and return the instance's custom status once it has ended."""
        status = self.running.ended(self.announce(thing, event, version))
        found: dict[str, Any] = status["customStatus"]
        assert (status["runtimeStatus"] == "Failed") is (found["outcome"] in ("failed", "refused"))
        return found

    def calls(self, operation: str) -> int:
        """Count the app's calls of an operation."""
        return self.scene.azure.calls_by_operation().get(operation, 0)


@pytest.fixture
def renewals(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[Renewals]:
    monkeypatch.setenv("CONSUMER_SCOPES", GROUP)
    forget_process()
    with EmbeddedHost(APP, clock=scene.clock) as host:
        yield Renewals(Running(scene, host))


# --- certificates


def test_a_certificate_is_renewed_once_by_its_policy_and_keeps_its_tags(renewals: Renewals) -> None:
    certificate = renewals.objects.add_certificate("web", **ON, owner="shop")
    old = certificate.versions[-1].version
    found = renewals.renew(certificate)
    assert (found["outcome"], found["previousVersion"]) == ("renewed", old)
    assert found["version"] == certificate.versions[-1].version != old
    assert dict(certificate.versions[-1].tags) == {"RotationEnabled": "true", "owner": "shop"}
    for event in ("NearExpiry", "Expired"):
        renewals.renew(certificate, event, version=old)
    assert certificate.requests == 1


def test_an_issuer_that_takes_days_is_waited_for_without_asking_often(renewals: Renewals) -> None:
    certificate = renewals.objects.add_certificate("web", issuer="DigiCert", **ON)
    certificate.issuing_takes = 3 * DAY
    began = renewals.scene.clock.now()
    assert renewals.renew(certificate)["outcome"] == "renewed"
    assert 3 * DAY <= renewals.scene.clock.now() - began < 3 * DAY + timedelta(hours=4)
    assert renewals.calls("keyvault.getCertificateOperation") < 100
    assert certificate.requests == 1


def test_an_issuer_that_never_answers_is_told_after_a_week(renewals: Renewals) -> None:
    certificate = renewals.objects.add_certificate("web", issuer="DigiCert", **ON)
    certificate.issuing_takes = 99 * DAY
    found = renewals.renew(certificate)
    assert found["outcome"] == "failed"
    assert "the issuer has not answered yet" in found["reason"]
    renewals.announce(certificate, "Expired")
    renewals.running.host.wait_idle()
    assert certificate.requests == 1, "another start joins the request"


def test_a_request_of_somebody_else_is_joined(renewals: Renewals) -> None:
    certificate = renewals.objects.add_certificate("web", issuer="DigiCert", **ON)
    certificate.issuing_takes = timedelta(hours=5)
    assert renewals.objects.request(certificate, {})
    found = renewals.renew(certificate)
    assert (found["outcome"], found["joined"], certificate.requests) == ("renewed", True, 1)


def test_a_refusal_of_the_issuer_is_told_by_its_code_alone_and_a_restart_asks_again(renewals: Renewals) -> None:
    certificate = renewals.objects.add_certificate("web", issuer="DigiCert", **ON)
    certificate.refuses = True
    instance = renewals.announce(certificate)
    status = renewals.running.ended(instance)
    assert "the issuer has refused (IssuerRejected)" in status["customStatus"]["reason"]
    assert "what an issuer has to say" not in renewals.running.host.dump()
    certificate.refuses = False
    renewals.running.restart(instance)
    assert renewals.running.ended(instance)["output"]["outcome"] == "renewed"
    assert certificate.requests == 2


def test_a_certificate_that_a_person_has_to_bring_is_reported_and_left(renewals: Renewals) -> None:
    certificate = renewals.objects.add_certificate("web", issuer="Unknown", **ON)
    found = renewals.renew(certificate)
    assert found["outcome"] == "refused"
    assert "a person has to request, and to merge" in found["reason"]
    assert certificate.requests == 0


def test_what_key_vault_renews_itself_is_left_until_it_has_expired(renewals: Renewals) -> None:
    certificate = renewals.objects.add_certificate("web", auto_renew=True, **ON)
    assert renewals.renew(certificate)["outcome"] == "skipped"
    renewals.scene.clock.advance(21 * DAY)
    found = renewals.renew(certificate, "Expired")
    assert found["outcome"] == "refused"
    assert "was to renew it by itself and has not" in found["reason"]
    assert certificate.requests == 0


# --- whether it is wanted


@pytest.mark.parametrize("kind", ["certificate", "key"])
@pytest.mark.parametrize(
    ("tags", "outcome", "reason"),
    [
        ({}, "skipped", "nobody asked for it"),
        ({"RotationEnabled": "false"}, "skipped", "RotationEnabled is false"),
        ({"RotationEnabled": "perhaps"}, "refused", "RotationEnabled is text of 7 characters"),
        (ON | {"RotateBeforeDays": "ten"}, "refused", "RotateBeforeDays is text of 3 characters"),
        (ON | {"RotateBeforeDays": "900"}, "refused", "expected less than the life of"),
        (ON | {"RotateBeforeDays": "5"}, "not_due", "due from"),
    ],
)
def test_tags_decide(renewals: Renewals, kind: str, tags: dict[str, Any], outcome: str, reason: str) -> None:
    add: Any = renewals.objects.add_certificate if kind == "certificate" else renewals.objects.add_key
    thing = add("thing", **tags)
    found = renewals.renew(thing)
    assert found["outcome"] == outcome
    assert reason in found["reason"]
    assert len(thing.versions) == 1


@pytest.mark.parametrize("kind", ["certificate", "key"])
def test_what_was_not_due_starts_again_when_it_is(renewals: Renewals, kind: str) -> None:
    tags: Any = ON | {"RotateBeforeDays": "5"}
    add: Any = renewals.objects.add_certificate if kind == "certificate" else renewals.objects.add_key
    thing = add("thing", **tags)
    assert renewals.renew(thing)["outcome"] == "not_due"
    renewals.scene.clock.advance(16 * DAY)
    assert renewals.renew(thing, "Expired")["outcome"] in ("renewed", "rotated")
    assert len(thing.versions) == 2


def test_a_vault_that_is_not_served_is_parked(renewals: Renewals) -> None:
    told = cloud_event("stranger-kv.vault.azure.net", "web", "0" * 32, "Microsoft.KeyVault.CertificateExpired")
    told["data"]["Id"] = f"https://stranger-kv.vault.azure.net/certificates/web/{'0' * 32}"
    assert renewals.running.deliver(message(told)).succeeded
    renewals.running.host.wait_idle()
    assert renewals.running.instances("certificate-") == []
    assert "not in KEY_VAULTS" in renewals.running.host.dump()


# --- keys


def test_a_key_is_rotated_once_and_who_names_a_version_is_told(renewals: Renewals) -> None:
    key = renewals.objects.add_key("disk", **ON)
    old = key.versions[-1].version
    uri = f"https://{renewals.scene.vault.host}:443/"
    follows = {"keyname": "disk", "keyvaulturi": uri}
    renewals.scene.account.customer_key = follows
    for number in range(4):
        account = renewals.scene.azure.add_storage_account(f"account{number}")
        account.customer_key = follows | {"keyversion": old} if number % 2 else {**follows, "keyname": "other"}
    found = renewals.renew(key)
    assert (found["outcome"], found["version"]) == ("rotated", key.versions[-1].version)
    assert found["note"] == "pinned to a version of the key: account1, account3"
    renewals.renew(key, "Expired", version=old)
    assert len(key.versions) == 2
    assert renewals.calls("keyvault.rotateKey") == 1


def test_a_key_that_will_never_expire_again_is_told(renewals: Renewals) -> None:
    found = renewals.renew(renewals.objects.add_key("disk", expiry_time=None, **ON))
    assert found["outcome"] == "rotated"
    assert "set expiryTime in the key's rotation policy" in found["note"]


def test_a_certificate_s_key_and_one_that_rotates_itself_are_left(renewals: Renewals) -> None:
    assert "the key of a certificate" in renewals.renew(renewals.objects.add_key("web", managed=True, **ON))["reason"]
    assert "by itself" in renewals.renew(renewals.objects.add_key("own", auto_rotate=True, **ON))["reason"]
    assert renewals.calls("keyvault.rotateKey") == 0


def test_a_key_is_rotated_although_its_users_cannot_be_looked_for(renewals: Renewals) -> None:
    key = renewals.objects.add_key("disk", **ON)
    renewals.scene.azure.faults.add("storage.listAccounts", status=403, times=None)
    found = renewals.renew(key)
    assert found["outcome"] == "rotated"
    assert "not looked through" in found["note"] or "could not be looked for" in found["note"]


# --- what events have missed


@pytest.fixture
def sweeping(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[Renewals]:
    for name in NO_TIMERS:
        monkeypatch.delenv(name)
    with EmbeddedHost(APP, clock=scene.clock) as host:
        yield Renewals(Running(scene, host))


def sweep(sweeping: Renewals) -> dict[str, Any]:
    """Sweep, let the renewals come to their end, and return the report."""
    report: dict[str, Any] = sweeping.running.sweep()["output"]
    for prefix in ("certificate-", "key-"):
        for row in sweeping.running.instances(prefix):
            sweeping.running.ended(row["instanceId"])
    return report


def test_the_sweep_renews_what_no_event_has_told_of(sweeping: Renewals) -> None:
    wanted: list[Thing] = [sweeping.objects.add_certificate(f"web{number:02}", **ON) for number in range(30)]
    wanted += [sweeping.objects.add_key("disk", expires_in=-DAY, **ON)]
    left: list[Thing] = [
        sweeping.objects.add_certificate("nobody-s"),
        sweeping.objects.add_certificate("own", auto_renew=True, **ON),
        sweeping.objects.add_certificate("young", expires_in=300 * DAY, **ON),
        sweeping.objects.add_key("web00", managed=True, **ON),
        sweeping.objects.add_key("eternal", expires_in=None, **ON),
        sweeping.objects.add_key("paused", RotationEnabled="false"),
    ]
    report = sweep(sweeping)
    assert (report["renewing"], report["reported"], report["unreachable"]) == (31, [], {})
    assert [len(thing.versions) for thing in wanted] == [2] * 31
    assert [len(thing.versions) for thing in left] == [1] * 6
    assert sweep(sweeping)["renewing"] == 0
    assert [len(thing.versions) for thing in wanted] == [2] * 31


def test_the_sweep_joins_what_is_under_way_and_reports_what_cannot_be(sweeping: Renewals) -> None:
    slow = sweeping.objects.add_certificate("slow", issuer="DigiCert", **ON)
    slow.issuing_takes = 3 * DAY
    sweeping.announce(slow)
    refused = sweeping.objects.add_certificate("refused", issuer="DigiCert", **ON)
    refused.refuses = True
    sweeping.renew(refused)
    sweeping.objects.add_certificate("wrong", **ON, RotateBeforeDays="ten")
    sweeping.objects.add_certificate("own", auto_renew=True, expires_in=-DAY, **ON)
    report = sweeping.running.sweep()["output"]
    told = {one["secret"]: one["reason"] for one in report["reported"]}
    assert report["renewing"] == 0
    assert told["refused"].startswith("the renewal of this certificate has not come to its end: ")
    assert "the issuer has refused (IssuerRejected)" in told["refused"]
    assert told["wrong"].startswith("certificate: tags: RotateBeforeDays is text of 3 characters")
    assert "was to renew it by itself and has not" in told["own"]
    assert set(told) == {"refused", "wrong", "own"}
    assert (slow.requests, refused.requests) == (1, 1)


def test_a_vault_whose_certificates_are_not_the_app_s_is_swept_all_the_same(sweeping: Renewals) -> None:
    sweeping.scene.vault.deny("getCertificate")
    key = sweeping.objects.add_key("disk", **ON)
    report = sweep(sweeping)
    assert (report["reported"], report["unreachable"], len(key.versions)) == ([], {}, 1)


def test_a_listing_that_leads_elsewhere_is_not_followed(sweeping: Renewals, monkeypatch: pytest.MonkeyPatch) -> None:
    def lead_away(self: VaultObjects, link: object) -> object:
        return following(self, "https://evil.example/certificates?$skiptoken=x")

    following = VaultObjects._following
    monkeypatch.setattr(VaultObjects, "_following", lead_away)
    report = sweeping.running.sweep()["output"]
    for reason in report["unreachable"].values():
        assert "the listing goes on somewhere else than at the vault" in reason
    assert sweeping.scene.vault.host in report["unreachable"]
    assert "evil.example" not in str(sweeping.scene.azure.refused_hosts)


@pytest.mark.parametrize("activity", ["find_ageing", "start_renewals"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_may_die_while_it_sweeps(sweeping: Renewals, activity: str, when: Any) -> None:
    certificate = sweeping.objects.add_certificate("web", **ON)
    sweeping.running.host.crash_worker("activity", activity, nth=1, when=when)
    assert sweep(sweeping)["renewing"] == 1
    assert (len(certificate.versions), certificate.requests) == (2, 1)


# --- trouble

FAULTS: dict[str, dict[str, Any]] = {
    "throttled": {"status": 429, "retry_after": 30},
    "broken": {"status": 500},
    "dropped": {"drop": True},
    "broken after the effect": {"status": 500, "when": "after"},
    "reply lost": {"drop": True, "when": "after"},
}
CALLS = {
    "certificate": [
        ("keyvault.getCertificate", 1), ("keyvault.getCertificate", 2), ("keyvault.getCertificate", 3),
        ("keyvault.getCertificateOperation", 1), ("keyvault.getCertificateOperation", 2),
        ("keyvault.createCertificate", 1),
    ],
    "key": [
        ("keyvault.getKey", 1), ("keyvault.getKey", 2), ("keyvault.getKeyRotationPolicy", 1),
        ("keyvault.rotateKey", 1), ("storage.listAccounts", 1),
    ],
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("kind", "operation", "nth"), [(kind, *call) for kind in CALLS for call in CALLS[kind]])
def test_each_call_may_fail_and_each_effect_comes_once(
    renewals: Renewals, kind: str, operation: str, nth: int, fault: str
) -> None:
    add: Any = renewals.objects.add_certificate if kind == "certificate" else renewals.objects.add_key
    thing = add("thing", **ON)
    if kind == "certificate":
        thing.issuing_takes = timedelta(seconds=20)
    renewals.scene.azure.faults.add(operation, nth=nth, **FAULTS[fault])
    assert renewals.renew(thing)["outcome"] in ("renewed", "rotated")
    assert len(thing.versions) == 2


@pytest.mark.parametrize(
    ("kind", "activity"),
    [
        ("certificate", "check_certificate"), ("certificate", "request_certificate"),
        ("certificate", "await_certificate"), ("key", "check_key"), ("key", "add_key_version"),
        ("key", "find_pinned_users"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_may_die_in_each_step(renewals: Renewals, kind: str, activity: str, when: Any) -> None:
    add: Any = renewals.objects.add_certificate if kind == "certificate" else renewals.objects.add_key
    thing = add("thing", **ON)
    renewals.running.host.crash_worker("activity", activity, nth=1, when=when)
    assert renewals.renew(thing)["outcome"] in ("renewed", "rotated")
    assert len(thing.versions) == 2


# --- rights

ROOT = Path(__file__).parents[2]


def test_each_call_is_documented_with_its_right_and_that_is_granted(renewals: Renewals) -> None:
    renewals.renew(renewals.objects.add_certificate("web", **ON))
    renewals.renew(renewals.objects.add_key("disk", **ON))
    for kind in ("certificate", "key"):
        assert list(bootstrap.vault_objects(renewals.scene.vault.host).listed(kind))
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    section = text.split("\n## What it calls for certificates and keys\n")[1].split("\n## ")[0]
    rows = dict(re.findall(r"^\| `([\w.]+)` \| `(Microsoft\.[\w./]+)` \|", section, re.MULTILINE))
    of_what_follows = {"identity.token", "keyvault.challenge", "keyvault.getSecret", "keyvault.listSecretVersions"}
    assert set(renewals.scene.azure.calls_by_operation()) - of_what_follows == set(rows)
    bicep = (ROOT / "bicep" / "onboard-certificates-and-keys.bicep").read_text(encoding="utf-8")
    granted = set(re.findall(r"'(Microsoft\.KeyVault/vaults/(?:certificates|keys|keyrotationpolicies)[\w/]*)'", bicep))
    assert granted == {action for action in rows.values() if action.startswith("Microsoft.KeyVault")}


@pytest.mark.parametrize(
    "right", ["getCertificate", "createCertificate", "getKey", "getKeyRotationPolicy", "rotateKey"]
)
def test_no_right_is_idle(renewals: Renewals, right: str) -> None:
    renewals.scene.vault.deny(right)
    add: Any = renewals.objects.add_certificate if "Cert" in right else renewals.objects.add_key
    found = renewals.renew(add("thing", **ON))
    assert found["outcome"] == "refused"
    assert "403" in found["reason"]
