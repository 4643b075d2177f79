"""Azurite judges the simulated blob service, and the app's verification and a consumer work against it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import (
    AccountSasPermissions,
    BlobServiceClient,
    ResourceTypes,
    Services,
    generate_account_sas,
)

from dev.judges.azurite import Azurite
from dev.simulators import StorageAccount
from providers.protocol import Verdict
from providers.storage_trial import try_key
from rotation.credential import Credential
from tests.e2e.conftest import Running
from tests.scene import DAY, SECRET, Scene

pytestmark = [pytest.mark.contract, pytest.mark.xdist_group("azurite")]

HOUR = timedelta(hours=1)
ACCEPTED = (200, None, None)


@dataclass(frozen=True)
class Keys:
    """What callers of the account may hold."""

    live: str
    idle: str
    dead: str
    foreign: str


Answer = tuple[int, str | None, str | None]
"""Status, error class and error code."""

# Azurite has one code for whatever does not fit. The service says AuthenticationFailed for a signature that does not
# fit, and keeps AuthorizationFailure for networks: learn.microsoft.com, "Troubleshoot Azure Storage error 403". The
# SDK's error class follows from the code.
REFUSED: Answer = (403, "ClientAuthenticationError", "AuthenticationFailed")
AZURITE_REFUSES: Answer = (403, "HttpResponseError", "AuthorizationFailure")
ONE_CODE = "Azurite does not tell a signature that fits no key from a blocked network"

DIFFERENCES: dict[str, tuple[Answer, Answer, str]] = {
    "dead key": (REFUSED, AZURITE_REFUSES, ONE_CODE),
    "key of another account": (REFUSED, AZURITE_REFUSES, ONE_CODE),
    "another account's name": (REFUSED, AZURITE_REFUSES, ONE_CODE),
    "SAS of a dead key": (REFUSED, AZURITE_REFUSES, ONE_CODE),
    "SAS of another account": (REFUSED, AZURITE_REFUSES, ONE_CODE),
    "SAS not valid yet": (REFUSED, AZURITE_REFUSES, ONE_CODE + " nor from a wrong time"),
    "expired SAS": (REFUSED, AZURITE_REFUSES, ONE_CODE + " nor from a wrong time"),
    "no credential": (
        (401, "ClientAuthenticationError", "NoAuthenticationInformation"),
        AZURITE_REFUSES,
        "Azurite has no challenge; the service sends one since version 2019-12-12",
    ),
}
"""What the simulator answers, what Azurite answers, and why they differ. Whatever is not here is the same."""


def client(account: StorageAccount, credential: object) -> BlobServiceClient:
    return BlobServiceClient(account.endpoint("blob"), credential, retry_total=0)  # type: ignore[arg-type]


def named(account: StorageAccount, key: str, name: str | None = None) -> BlobServiceClient:
    return client(account, AzureNamedKeyCredential(name or account.name, key))


def sas(account: StorageAccount, key: str, **changes: object) -> BlobServiceClient:
    given: dict[str, object] = {
        "resource_types": ResourceTypes(service=True),
        "permission": AccountSasPermissions(read=True, list=True),
        "expiry": datetime.now(UTC) + HOUR,
        "services": Services(blob=True),
    }
    token = generate_account_sas(account.name, key, **(given | changes))  # type: ignore[arg-type]
    return client(account, AzureSasCredential(token))


SITUATIONS: dict[str, Callable[[StorageAccount, Keys], BlobServiceClient]] = {
    "live key": lambda account, keys: named(account, keys.live),
    "idle key": lambda account, keys: named(account, keys.idle),
    "dead key": lambda account, keys: named(account, keys.dead),
    "key of another account": lambda account, keys: named(account, keys.foreign),
    "another account's name": lambda account, keys: named(account, keys.live, "otherstore"),
    "no credential": lambda account, keys: client(account, None),
    "SAS": lambda account, keys: sas(account, keys.live),
    "SAS of the idle key": lambda account, keys: sas(account, keys.idle),
    "SAS of a dead key": lambda account, keys: sas(account, keys.dead),
    "SAS of another account": lambda account, keys: sas(account, keys.foreign),
    "SAS with a start": lambda account, keys: sas(account, keys.live, start=datetime.now(UTC) - HOUR),
    "SAS not valid yet": lambda account, keys: sas(account, keys.live, start=datetime.now(UTC) + HOUR / 2),
    "expired SAS": lambda account, keys: sas(account, keys.live, expiry=datetime.now(UTC) - HOUR),
    "SAS for other services": lambda account, keys: sas(account, keys.live, services=Services(queue=True)),
    "SAS for other resources": lambda account, keys: sas(account, keys.live, resource_types=ResourceTypes(object=True)),
    "SAS for other operations": lambda account, keys: sas(
        account, keys.live, permission=AccountSasPermissions(read=True)
    ),
}


def answer(situation: str, account: StorageAccount, keys: Keys) -> Answer:
    """Ask for the list of containers, and say what came of it."""
    try:
        list(SITUATIONS[situation](account, keys).list_containers())
    except HttpResponseError as error:
        code = getattr(error, "error_code", None)
        return error.status_code or 0, type(error).__name__, str(getattr(code, "value", code)) if code else None
    return 200, None, None


@pytest.fixture
def account(scene: Scene, azurite: Azurite) -> StorageAccount:
    """An account whose blob service is Azurite."""
    scene.azure.mount(scene.account.host("blob"), azurite.standing_in_for(scene.account))
    return scene.account


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_simulator_answers_as_azurite_does(situation: str, scene: Scene, azurite: Azurite) -> None:
    account = scene.account
    dead = account.key("key1")
    account.regenerate("key1")
    foreign = scene.azure.add_storage_account("otherstore").key("key1")
    keys = Keys(account.key("key1"), account.key("key2"), dead, foreign)
    simulated = answer(situation, account, keys)
    scene.azure.mount(account.host("blob"), azurite.standing_in_for(account))
    judged = answer(situation, account, keys)
    expected = DIFFERENCES[situation][:2] if situation in DIFFERENCES else (judged, judged)
    assert (simulated, judged) == expected
    assert (simulated[0] == 200) == (judged[0] == 200), "whatever the code: both let in, or both refuse"


def test_an_account_that_does_not_exist_is_a_name_here_and_an_answer_there(scene: Scene, azurite: Azurite) -> None:
    """Each account of the service has a host name of its own, so a missing one never gets as far as an answer."""
    key = Credential(scene.account.key("key1"))
    simulated = try_key("nosuchstore", key, "https://nosuchstore.blob.core.windows.net/")
    judged = try_key("nosuchstore", key, azurite.endpoint("nosuchstore"))
    assert (simulated.verdict, simulated.reason) == (Verdict.UNREACHABLE, "data plane: no connection")
    assert (judged.verdict, judged.reason) == (Verdict.UNREACHABLE, "data plane: 404 ResourceNotFound")


def test_keys_change_under_a_running_azurite(scene: Scene, azurite: Azurite) -> None:
    """By path-style URLs and without the simulated network: only the SDK and Azurite."""
    first, second, third = (scene.azure.add_storage_account(f"donor{n}").key("key1") for n in range(3))

    def verdict(key: str) -> Verdict:
        return try_key("pathstore", Credential(key), azurite.endpoint("pathstore")).verdict

    azurite.set_keys("pathstore", first, second)
    assert [verdict(key) for key in (first, second, third)] == [Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.UNREACHABLE]
    azurite.set_keys("pathstore", first, third)
    assert [verdict(key) for key in (first, second, third)] == [Verdict.ACCEPTED, Verdict.UNREACHABLE, Verdict.ACCEPTED]


def test_a_rotation_verifies_on_azurite_and_no_consumer_is_refused(
    scene: Scene, account: StorageAccount, running: Running
) -> None:
    old_key = account.key("key1")
    old_access = sas(account, old_key)
    version = scene.secret(connection_string=True, RetireAfter="P2D").version
    consumer = scene.azure.add_consumer(scene.vault, SECRET, account, every=HOUR, reread=24 * HOUR)
    list(old_access.list_containers())
    output = running.rotate(version)["output"]
    running.host.advance(DAY)
    assert (output["outcome"], output["verified"], output["retired"]) == ("rotated", "data-plane", True)
    assert (consumer.refusals, len(consumer.versions_seen)) == ([], 2)
    assert scene.azure.calls_by_operation("consumer")["judge.answer"] == consumer.ticks, "all were Azurite's to judge"
    assert scene.azure.calls_by_operation("app")["judge.answer"] > 0
    named(account, account.key("key1")).get_account_information()
    named(account, account.key("key2")).get_account_information()
    for dead in (named(account, old_key), old_access):
        with pytest.raises(HttpResponseError) as caught:
            list(dead.list_containers())
        assert caught.value.status_code == 403


def test_a_consumer_that_regenerates_its_own_key_is_refused_by_azurite_too(
    scene: Scene, account: StorageAccount
) -> None:
    """The witness itself is judged: an outage that is there is seen."""
    scene.secret()
    consumer = scene.azure.add_consumer(scene.vault, SECRET, account, every=HOUR, reread=24 * HOUR)
    account.regenerate("key1")
    scene.clock.advance(3 * HOUR)
    assert [(refusal.status, refusal.code) for refusal in consumer.refusals] == [(403, "AuthorizationFailure")] * 3
