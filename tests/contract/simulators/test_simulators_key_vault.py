"""Simulated Key Vault, as the real `SecretClient` meets it over TLS."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import requests
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient

from dev.clock import VirtualClock
from dev.simulators import SimulatedAzure, Vault

pytestmark = pytest.mark.contract


def _inner(error: HttpResponseError) -> str | None:
    assert error.error is not None
    return error.error.innererror.get("code") if error.error.innererror else None


def test_set_makes_a_version_that_get_returns_whole(vault: Vault, secrets: SecretClient) -> None:
    expires = datetime(2026, 10, 1, 12, 30, tzinfo=UTC)
    made = secrets.set_secret(
        "store-key",
        "s3cret",
        tags={"a": "1"},
        content_type="text/x",
        expires_on=expires,
        not_before=expires - timedelta(9),
    )
    read = secrets.get_secret("store-key")
    assert read.value == vault.value("store-key") == "s3cret"
    assert read.properties.version == made.properties.version == vault.current("store-key").version
    assert re.fullmatch("[0-9a-f]{32}", read.properties.version or "")
    assert (read.properties.tags, read.properties.content_type) == ({"a": "1"}, "text/x")
    assert (read.properties.expires_on, read.properties.not_before) == (expires, expires - timedelta(9))
    assert read.properties.recovery_level == "Recoverable+Purgeable"
    assert read.properties.enabled is True


def test_times_are_those_of_the_clock(clock: VirtualClock, vault: Vault, secrets: SecretClient) -> None:
    secrets.set_secret("store-key", "one")
    clock.advance(timedelta(days=400))
    second = secrets.set_secret("store-key", "two")
    assert second.properties.created_on == clock.now()
    assert [each.created for each in vault.versions("store-key")] == [clock.now() - timedelta(days=400), clock.now()]


def test_each_set_makes_a_version_and_drops_what_is_not_passed(secrets: SecretClient) -> None:
    first = secrets.set_secret("store-key", "one", tags={"a": "1"}, content_type="x")
    second = secrets.set_secret("store-key", "one")
    assert first.properties.version != second.properties.version
    assert secrets.get_secret("store-key").properties.tags is None
    assert secrets.get_secret("store-key").properties.content_type is None
    assert secrets.get_secret("store-key", first.properties.version).properties.tags == {"a": "1"}
    listed = {each.version for each in secrets.list_properties_of_secret_versions("store-key")}
    assert listed == {first.properties.version, second.properties.version}


def test_names_are_case_insensitive_and_keep_their_first_spelling(secrets: SecretClient) -> None:
    secrets.set_secret("Store-Key", "one")
    assert secrets.set_secret("store-key", "two").name == "Store-Key"
    assert secrets.get_secret("STORE-KEY").value == "two"


@pytest.mark.parametrize("version", [None, "0" * 32])
def test_what_is_not_there_is_404(vault: Vault, secrets: SecretClient, version: str | None) -> None:
    if version:
        vault.set_secret("nothing", "x")
    with pytest.raises(ResourceNotFoundError) as caught:
        secrets.get_secret("nothing", version)
    assert caught.value.error is not None
    assert caught.value.error.code == "SecretNotFound"
    assert "nothing" in str(caught.value.message)


def test_a_disabled_newest_version_breaks_readers_though_an_older_one_is_fine(
    vault: Vault, secrets: SecretClient
) -> None:
    old = vault.set_secret("store-key", "old")
    vault.set_secret("store-key", "new", enabled=False)
    with pytest.raises(HttpResponseError) as caught:
        secrets.get_secret("store-key")
    assert caught.value.status_code == 403
    assert _inner(caught.value) == "SecretDisabled"
    assert secrets.get_secret("store-key", old.version).value == "old"


def test_update_changes_properties_of_one_version_only(vault: Vault, secrets: SecretClient) -> None:
    old = vault.set_secret("store-key", "old", tags={"a": "1"})
    new = vault.set_secret("store-key", "new", tags={"a": "1"}, content_type="kept")
    changed = secrets.update_secret_properties("store-key", new.version, tags={"b": "2"}, enabled=False)
    assert (changed.tags, changed.enabled, changed.content_type) == ({"b": "2"}, False, "kept")
    assert vault.find("store-key", old.version) == old
    assert vault.value("store-key") == "new"


def test_an_update_without_version_is_of_the_current_one(vault: Vault, secrets: SecretClient) -> None:
    vault.set_secret("store-key", "old")
    new = vault.set_secret("store-key", "new")
    until = datetime(2027, 1, 1, tzinfo=UTC)
    assert secrets.update_secret_properties("store-key", expires_on=until).version == new.version
    assert [each.expires_on for each in vault.versions("store-key")] == [None, until]


def test_sixty_secrets_come_in_pages_of_25_with_tags_and_without_values(vault: Vault, secrets: SecretClient) -> None:
    for number in range(60):
        vault.set_secret(f"secret-{number:02}", f"value-{number}", tags={"n": str(number)}, enabled=number != 3)
    pages = [list(page) for page in secrets.list_properties_of_secrets().by_page()]
    assert [len(page) for page in pages] == [25, 25, 10]
    listed = [each for page in pages for each in page]
    assert [each.name for each in listed] == [f"secret-{number:02}" for number in range(60)]
    assert [each.tags for each in listed] == [{"n": str(number)} for number in range(60)]
    assert [each.name for each in listed if not each.enabled] == ["secret-03"]
    assert {each.version for each in listed} == {None}


def test_pages_can_be_smaller_and_survive_changes_in_between(vault: Vault, secrets: SecretClient) -> None:
    for number in range(9):
        vault.set_secret(f"secret-{number}", "x")
    pages = secrets.list_properties_of_secrets(max_page_size=4).by_page()
    seen = [each.name for each in next(pages)]
    vault.delete("secret-0")
    vault.set_secret("secret-1", "y")
    seen += [each.name for page in pages for each in page]
    assert seen == [f"secret-{number}" for number in range(9)]


def test_pages_cannot_be_larger(secrets: SecretClient) -> None:
    with pytest.raises(HttpResponseError, match="maxresults"):
        list(secrets.list_properties_of_secrets(max_page_size=26))


def test_versions_come_in_pages_too(vault: Vault, secrets: SecretClient) -> None:
    made = {vault.set_secret("store-key", str(number)).version for number in range(30)}
    assert {each.version for each in secrets.list_properties_of_secret_versions("store-key")} == made


def test_a_deleted_secret_can_be_seen_recovered_and_purged(vault: Vault, secrets: SecretClient) -> None:
    vault.set_secret("store-key", "one")
    vault.set_secret("store-key", "two")
    deleted = secrets.begin_delete_secret("store-key").result()
    assert deleted.scheduled_purge_date is not None
    assert deleted.deleted_date is not None
    with pytest.raises(ResourceNotFoundError):
        secrets.get_secret("store-key")
    assert [each.name for each in secrets.list_deleted_secrets()] == ["store-key"]
    with pytest.raises(ResourceExistsError) as caught:
        secrets.set_secret("store-key", "three")
    assert _inner(caught.value) == "ObjectIsDeletedButRecoverable"
    secrets.begin_recover_deleted_secret("store-key").wait()
    assert secrets.get_secret("store-key").value == "two"
    secrets.begin_delete_secret("store-key").wait()
    secrets.purge_deleted_secret("store-key")
    assert secrets.set_secret("store-key", "three").value == "three"
    assert len(vault.versions("store-key")) == 1


def test_a_deleted_secret_is_gone_after_ninety_days(clock: VirtualClock, vault: Vault, secrets: SecretClient) -> None:
    vault.set_secret("store-key", "one")
    vault.delete("store-key")
    clock.advance(timedelta(days=89))
    assert secrets.get_deleted_secret("store-key").name == "store-key"
    clock.advance(timedelta(days=1))
    with pytest.raises(ResourceNotFoundError):
        secrets.get_deleted_secret("store-key")


@pytest.mark.parametrize(
    ("name", "value", "tags"),
    [
        ("under_score", "x", {}),
        ("n" * 128, "x", {}),
        ("name", "x" * (25 * 1024 + 1), {}),
        ("name", "x", {str(number): "" for number in range(16)}),
        ("name", "x", {"t": "x" * 257}),
        ("name", "x", {"t" * 257: "x"}),
    ],
)
def test_limits_are_kept(vault: Vault, secrets: SecretClient, name: str, value: str, tags: dict[str, str]) -> None:
    with pytest.raises(HttpResponseError) as caught:
        secrets.set_secret(name, value, tags=tags)
    assert caught.value.status_code == 400
    assert caught.value.error is not None
    assert caught.value.error.code == "BadParameter"
    assert vault.names() == []


def test_what_is_within_the_limits_is_taken(secrets: SecretClient) -> None:
    tags = {f"{number:0256}": "v" * 256 for number in range(15)}
    assert secrets.set_secret("n" * 127, "x" * (25 * 1024), tags=tags).properties.tags == tags


def test_expired_and_not_yet_valid_secrets_still_read(clock: VirtualClock, vault: Vault, secrets: SecretClient) -> None:
    vault.set_secret("expired", "a", expires_on=clock.now() - timedelta(days=1))
    vault.set_secret("early", "b", not_before=clock.now() + timedelta(days=1))
    assert [secrets.get_secret(name).value for name in ("expired", "early")] == ["a", "b"]


def test_without_a_role_all_is_forbidden(vault: Vault, secrets: SecretClient) -> None:
    vault.set_secret("store-key", "x")
    vault.deny()
    with pytest.raises(HttpResponseError) as caught:
        secrets.get_secret("store-key")
    assert caught.value.status_code == 403
    assert _inner(caught.value) == "ForbiddenByRbac"
    assert "Microsoft.KeyVault/vaults/secrets/getSecret/action" in str(caught.value)
    vault.allow()
    assert secrets.get_secret("store-key").value == "x"


def test_rights_can_be_taken_one_by_one(vault: Vault, secrets: SecretClient) -> None:
    vault.set_secret("store-key", "x")
    vault.deny("setSecret", "listSecrets")
    with pytest.raises(HttpResponseError):
        list(secrets.list_properties_of_secret_versions("store-key"))
    assert secrets.get_secret("store-key").value == "x"
    with pytest.raises(HttpResponseError) as caught:
        secrets.set_secret("store-key", "y")
    assert _inner(caught.value) == "ForbiddenByRbac"
    assert vault.value("store-key") == "x"
    with pytest.raises(KeyError):
        vault.deny("setsecret")


def test_a_closed_firewall_forbids(vault: Vault, secrets: SecretClient) -> None:
    vault.firewall_closed = True
    with pytest.raises(HttpResponseError) as caught:
        secrets.get_secret("store-key")
    assert _inner(caught.value) == "ForbiddenByFirewall"


@pytest.mark.parametrize(
    ("cloud", "domain"), [("AzureChinaCloud", "vault.azure.cn"), ("AzureUSGovernment", "vault.usgovcloudapi.net")]
)
def test_sovereign_vaults_have_their_own_names_and_audiences(azure: SimulatedAzure, cloud: str, domain: str) -> None:
    vault = azure.add_vault("sample-kv", cloud=cloud)
    assert vault.host == f"sample-kv.{domain}"
    vault.set_secret("store-key", "x")
    assert SecretClient(vault.uri, DefaultAzureCredential()).get_secret("store-key").value == "x"
    assert [call.target for call in azure.calls if call.operation == "identity.token"] == [f"https://{domain}"]


def test_the_challenge_names_the_authority_and_the_resource(vault: Vault) -> None:
    answer = requests.get(f"{vault.uri}secrets/x?api-version=7.4", timeout=5)
    assert answer.status_code == 401
    assert re.fullmatch(
        r'Bearer authorization="https://login\.microsoftonline\.com/[0-9a-f-]{36}", resource="https://vault\.azure\.net"',
        answer.headers["WWW-Authenticate"],
    )
    assert answer.json()["error"]["code"] == "Unauthorized"


def test_a_token_for_another_audience_is_refused(azure: SimulatedAzure, vault: Vault) -> None:
    token = ManagedIdentityCredential().get_token("https://management.azure.com/.default").token
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.get(f"{vault.uri}secrets/x?api-version=7.4", headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["error"]["message"][:8]) == (401, "AKV10022")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "secrets/a%2Fb?api-version=7.4", b"", 400),
        ("GET", "secrets/a", b"", 400),
        ("PUT", "secrets/a?api-version=7.4", b"not json", 400),
        ("PUT", "secrets/a?api-version=7.4", b"[]", 400),
        ("PUT", "secrets/a?api-version=7.4", b'{"value": 1}', 400),
        ("PUT", "secrets/a?api-version=7.4", b'{"value": "x", "tags": {"a": null}}', 400),
        ("PUT", "secrets/a?api-version=7.4", b'{"value": "x", "attributes": {"exp": "soon"}}', 400),
        ("PUT", "secrets/a?api-version=7.4", b'{"value": "x", "attributes": []}', 400),
        ("PUT", "secrets/a?api-version=7.4", b'{"value": "x", "attributes": {"exp": 1, "nbf": 2}}', 400),
        ("GET", "secrets?api-version=7.4&$skiptoken=nonsense", b"", 400),
        ("POST", "secrets/a/backup?api-version=7.4", b"", 405),
        ("GET", "storage?api-version=7.4", b"", 405),
    ],
)
def test_nonsense_is_refused_politely(vault: Vault, method: str, path: str, body: bytes, status: int) -> None:
    token = ManagedIdentityCredential().get_token("https://vault.azure.net/.default").token
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.request(method, vault.uri + path, data=body, headers=headers, timeout=5)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message"}
    assert vault.names() == []


def test_nothing_printed_shows_a_value(vault: Vault) -> None:
    version = vault.set_secret("store-key", "canary-value")
    assert "canary-value" not in repr((vault, version, vars(vault), vault.versions("store-key")))
