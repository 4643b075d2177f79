"""The simulated blob and file services, as the real storage clients meet them with account keys."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from email.utils import format_datetime

import pytest
import requests
from azure.core.credentials import AzureSasCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ServiceRequestError
from azure.identity import ManagedIdentityCredential
from azure.storage.blob import (
    AccountSasPermissions,
    BlobServiceClient,
    ResourceTypes,
    Services,
    generate_account_sas,
)
from azure.storage.fileshare import ShareServiceClient

from dev.clock import VirtualClock
from dev.simulators import SimulatedAzure, StorageAccount
from dev.simulators.shared_key import signature, string_to_sign
from dev.simulators.wire import Request
from dev.simulators.world import machine_time

pytestmark = pytest.mark.contract

Blobs = Callable[[StorageAccount, str], BlobServiceClient]
Shares = Callable[[StorageAccount, str], ShareServiceClient]


def _code(error: HttpResponseError) -> str:
    headers: Mapping[str, str] = getattr(error.response, "headers")  # noqa: B009 - azure-core's types leave them out
    return headers["x-ms-error-code"]


def test_both_keys_sign(account: StorageAccount, blobs: Blobs, shares: Shares) -> None:
    for slot in ("key1", "key2"):
        information = blobs(account, account.key(slot)).get_account_information()
        assert (information["sku_name"], information["account_kind"]) == ("Standard_LRS", "StorageV2")
        assert shares(account, account.key(slot)).get_service_properties()["cors"] == []


def test_harmless_questions_are_answered(account: StorageAccount, blobs: Blobs, shares: Shares) -> None:
    key = account.key("key1")
    assert list(blobs(account, key).list_containers()) == []
    assert blobs(account, key).get_service_properties()["static_website"].enabled is False
    assert list(shares(account, key).list_shares()) == []


def test_a_connection_string_works_as_it_is(account: StorageAccount) -> None:
    client = BlobServiceClient.from_connection_string(account.connection_string("key2"))
    assert client.get_account_information()["account_kind"] == "StorageV2"


def test_a_dead_key_is_refused_in_both_services(account: StorageAccount, blobs: Blobs, shares: Shares) -> None:
    dead = account.key("key1")
    account.regenerate("key1")
    with pytest.raises(ClientAuthenticationError) as caught:
        blobs(account, dead).get_account_information()
    assert caught.value.status_code == 403
    assert _code(caught.value) == "AuthenticationFailed"
    assert "The MAC signature found in the HTTP request" in str(caught.value)
    with pytest.raises(ClientAuthenticationError):
        shares(account, dead).get_service_properties()
    blobs(account, account.key("key1")).get_account_information()


def test_the_key_of_another_account_is_refused(azure: SimulatedAzure, account: StorageAccount, blobs: Blobs) -> None:
    other = azure.add_storage_account("otherstore")
    with pytest.raises(ClientAuthenticationError):
        blobs(account, other.key("key1")).get_account_information()


def test_a_new_key_can_take_time_to_arrive(clock: VirtualClock, account: StorageAccount, blobs: Blobs) -> None:
    account.propagation_delay = timedelta(minutes=3)
    old = account.key("key1")
    account.regenerate("key1")
    for key in (old, account.key("key1")):
        with pytest.raises(ClientAuthenticationError):
            blobs(account, key).get_account_information()
    clock.advance(timedelta(minutes=3))
    blobs(account, account.key("key1")).get_account_information()


def test_the_old_key_can_live_on_meanwhile(clock: VirtualClock, account: StorageAccount, blobs: Blobs) -> None:
    account.propagation_delay, account.old_key_lingers = timedelta(minutes=3), True
    old = account.key("key1")
    account.regenerate("key1")
    blobs(account, old).get_account_information()
    clock.advance(timedelta(minutes=3))
    with pytest.raises(ClientAuthenticationError):
        blobs(account, old).get_account_information()


def test_network_and_policy_answer_before_the_key_is_looked_at(account: StorageAccount, blobs: Blobs) -> None:
    for key in (account.key("key1"), account.key("key2")[::-1].replace("=", "A")):
        account.firewall_closed, account.allow_shared_key_access = True, None
        with pytest.raises(HttpResponseError) as caught:
            blobs(account, key).get_account_information()
        assert (caught.value.status_code, _code(caught.value)) == (403, "AuthorizationFailure")
        account.firewall_closed, account.allow_shared_key_access = False, False
        with pytest.raises(HttpResponseError) as caught:
            blobs(account, key).get_account_information()
        assert (caught.value.status_code, _code(caught.value)) == (403, "KeyBasedAuthenticationNotPermitted")


def test_a_busy_service_says_so(account: StorageAccount, blobs: Blobs) -> None:
    account.busy = True
    with pytest.raises(HttpResponseError) as caught:
        blobs(account, account.key("key1")).get_account_information()
    assert (caught.value.status_code, _code(caught.value)) == (503, "ServerBusy")


def test_services_that_the_kind_lacks_do_not_resolve(azure: SimulatedAzure, blobs: Blobs, shares: Shares) -> None:
    files = azure.add_storage_account("filestore", kind="FileStorage")
    with pytest.raises(ServiceRequestError):
        blobs(files, files.key("key1")).get_account_information()
    shares(files, files.key("key1")).get_service_properties()
    blocks = azure.add_storage_account("blockstore", kind="BlockBlobStorage")
    with pytest.raises(ServiceRequestError):
        shares(blocks, blocks.key("key1")).get_service_properties()
    assert set(azure.unresolved_hosts) == {"filestore.blob.core.windows.net", "blockstore.file.core.windows.net"}
    assert azure.refused_hosts == []


def test_rich_requests_sign_alike_here_and_in_the_sdk(account: StorageAccount, blobs: Blobs) -> None:
    """Signed well, then refused for what they ask: a wrong signature would be the 403 of the next assertion."""
    blob = blobs(account, account.key("key1")).get_blob_client("my container", "a/b ü+c=d&e.txt")
    for attempt in (
        lambda: blob.upload_blob(b"hello", metadata={"Some": "thing else"}, overwrite=True),
        lambda: blob.download_blob(offset=3, length=10),
        lambda: blob.get_block_list("all"),
        lambda: next(blobs(account, account.key("key1")).find_blobs_by_tags("\"a\"='b c'")),
    ):
        with pytest.raises(HttpResponseError) as caught:
            attempt()
        assert (caught.value.status_code, _code(caught.value)) == (400, "InvalidQueryParameterValue")


@pytest.mark.parametrize("minutes", [-20, 20, None])
def test_a_request_must_be_dated_about_now(account: StorageAccount, minutes: int | None) -> None:
    dated = {}
    if minutes is not None:
        dated = {"x-ms-date": format_datetime(machine_time() + timedelta(minutes=minutes), usegmt=True)}
    request = Request("GET", account.host("blob"), "/", "restype=account&comp=properties", dated)
    signed = signature(string_to_sign(request, account.name), account.key("key1"))
    answer = requests.get(
        f"{account.endpoint('blob')}?{request.query}",
        headers={**dated, "Authorization": f"SharedKey {account.name}:{signed}"},
        timeout=5,
    )
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (403, "AuthenticationFailed")


@pytest.mark.parametrize(
    ("authorization", "status", "code"),
    [
        (None, 401, "NoAuthenticationInformation"),
        ("SharedKey demostore", 403, "AuthenticationFailed"),
        ("SharedKey otherstore:c2ln", 403, "AuthenticationFailed"),
        ("Basic abc", 400, "InvalidAuthenticationInfo"),
        ("Bearer nonsense", 401, "NoAuthenticationInformation"),
    ],
)
def test_other_ways_in_are_refused(account: StorageAccount, authorization: str | None, status: int, code: str) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = requests.get(f"{account.endpoint('blob')}?comp=list", headers=headers, timeout=5)
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (status, code)
    assert f"<Code>{code}</Code>" in answer.text


def _access(account: StorageAccount, key: str, **changes: object) -> BlobServiceClient:
    given: dict[str, object] = {
        "resource_types": ResourceTypes(service=True),
        "permission": AccountSasPermissions(read=True, list=True),
        "expiry": machine_time() + timedelta(hours=1),
        "services": Services(blob=True, fileshare=True),
    }
    token = generate_account_sas(account.name, key, **(given | changes))  # type: ignore[arg-type]
    return BlobServiceClient(account.endpoint("blob"), AzureSasCredential(token), retry_total=0)


def test_a_shared_access_signature_lives_and_dies_with_its_key(account: StorageAccount) -> None:
    one, other = _access(account, account.key("key1")), _access(account, account.key("key2"))
    assert list(one.list_containers()) == []
    assert one.get_account_information()["account_kind"] == "StorageV2"
    account.regenerate("key1")
    with pytest.raises(ClientAuthenticationError) as caught:
        one.get_account_information()
    assert (caught.value.status_code, _code(caught.value)) == (403, "AuthenticationFailed")
    assert list(other.list_containers()) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"expiry": machine_time() - timedelta(minutes=1)}, "AuthenticationFailed"),
        ({"start": machine_time() + timedelta(minutes=30)}, "AuthenticationFailed"),
        ({"services": Services(fileshare=True)}, "AuthorizationServiceMismatch"),
        ({"resource_types": ResourceTypes(object=True)}, "AuthorizationResourceTypeMismatch"),
        ({"permission": AccountSasPermissions(read=True)}, "AuthorizationPermissionMismatch"),
    ],
)
def test_a_shared_access_signature_covers_what_it_says(
    account: StorageAccount, changes: dict[str, object], code: str
) -> None:
    with pytest.raises(HttpResponseError) as caught:
        list(_access(account, account.key("key1"), **changes).list_containers())
    assert (caught.value.status_code, _code(caught.value)) == (403, code)


def test_network_and_policy_come_before_a_shared_access_signature(account: StorageAccount) -> None:
    access = _access(account, account.key("key1"))
    account.firewall_closed = True
    with pytest.raises(HttpResponseError) as caught:
        access.get_account_information()
    assert _code(caught.value) == "AuthorizationFailure"
    account.firewall_closed, account.allow_shared_key_access = False, False
    with pytest.raises(HttpResponseError) as caught:
        access.get_account_information()
    assert _code(caught.value) == "KeyBasedAuthenticationNotPermitted"


@pytest.mark.parametrize("query", ["sig=x", "sig=x&srt=s&se=soon", "sv=2024-11-04&sr=c&sp=r&se=2099-01-01&sig=abc"])
def test_other_signatures_fit_no_key(account: StorageAccount, query: str) -> None:
    answer = requests.get(f"{account.endpoint('blob')}?comp=list&{query}", timeout=5)
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (403, "AuthenticationFailed")


def test_a_token_is_nobody_without_a_data_role(account: StorageAccount) -> None:
    client = BlobServiceClient(account.endpoint("blob"), ManagedIdentityCredential(), retry_total=0)
    with pytest.raises(HttpResponseError) as caught:
        client.get_account_information()
    assert _code(caught.value) == "AuthorizationPermissionMismatch"


def test_head_has_no_body(account: StorageAccount) -> None:
    with requests.Session() as session:
        for _ in range(2):
            answer = session.head(f"{account.endpoint('blob')}?restype=account&comp=properties", timeout=5)
            assert (answer.status_code, answer.content) == (401, b"")


@pytest.mark.parametrize(
    ("cloud", "host"),
    [
        ("AzureChinaCloud", "demostore.blob.core.chinacloudapi.cn"),
        ("AzureUSGovernment", "demostore.blob.core.usgovcloudapi.net"),
    ],
)
def test_sovereign_accounts_have_their_own_names(azure: SimulatedAzure, blobs: Blobs, cloud: str, host: str) -> None:
    account = azure.add_storage_account("demostore", cloud=cloud)
    assert account.host("blob") == host
    blobs(account, account.key("key1")).get_account_information()
    assert BlobServiceClient.from_connection_string(account.connection_string("key1")).primary_hostname == host
