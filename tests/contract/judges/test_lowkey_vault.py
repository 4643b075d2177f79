"""Lowkey Vault judges the simulated Key Vault: the same questions to both, by the real SDK under the same URLs."""

import re
from typing import Any

import pytest
from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient

from tests.contract.judges.vault_questions import ANSWERS, EXPIRES, HOST, QUESTIONS, Subject
from tests.scene import Scene

pytestmark = pytest.mark.contract

_TAGS = "the service has been recorded both without the field and with an empty one: callers must take either"
_DISABLED = "the service says 403 SecretDisabled: github.com/Azure/azure-sdk-for-js/issues/24756"
_PURGE = "its vaults have purge protection; a vault has none unless its owner asks for it"

DIFFERENCES: dict[str, tuple[Any, str]] = {
    "bare": (({}, None, None, None, True), _TAGS),
    "new_version": ((("two", True, {}, None), ("one", {"a": "1"}, "x")), _TAGS),
    "recovery_level": (("Recoverable", 90), _PURGE),
    "purged": (500, _PURGE),
    "listed": (
        [(None, {"a": "2"}, None, EXPIRES, True)],
        "the service lists contentType: learn.microsoft.com/rest/api/keyvault/secrets/get-secrets",
    ),
    "disabled_newest": ((404, 404, "old"), _DISABLED),
    "as_the_app_meets_a_disabled_one": ("MissingError", _DISABLED),
    "updated_content_type": (
        "old",
        "contentType may be updated: learn.microsoft.com/rest/api/keyvault/secrets/update-secret",
    ),
    "updated_without_version": (404, "the SDK's documentation: without a version, the latest is updated"),
    "letter_case": (
        (1, 404),
        "names are case-insensitive: learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates",
    ),
    "limits": (
        {"name": 500, "long name": None, "value": None, "tags": None, "tag's name": None, "tag's value": None},
        "it keeps no limits; the service does: learn.microsoft.com/azure/key-vault/secrets/about-secrets",
    ),
    "as_the_app_writes_over_a_deleted_one": (
        "TransientError",
        "a bare 409; the service adds ObjectIsDeletedButRecoverable, by which the app can tell",
    ),
}
"""Where Lowkey Vault answers something else than the service: what, and why the service's answer stands."""


@pytest.fixture(params=["simulator", pytest.param("lowkey-vault", marks=pytest.mark.xdist_group("lowkey-vault"))])
def subject(request: pytest.FixtureRequest, scene: Scene) -> Subject:
    assert scene.vault.host == HOST
    if request.param == "lowkey-vault":
        scene.azure.mount(HOST, request.getfixturevalue("lowkey_vault").service())
    # The version that the app speaks; the SDK's newest is not known everywhere.
    secrets = SecretClient(scene.vault.uri, ManagedIdentityCredential(), api_version="7.4", retry_total=0)
    return Subject(secrets, re.sub("[^a-z]+", "-", request.node.name.lower()).strip("-"))


@pytest.mark.parametrize("question", QUESTIONS)
def test_vault_answers_as_the_service_does(subject: Subject, question: str, request: pytest.FixtureRequest) -> None:
    answer = QUESTIONS[question](subject)
    if "lowkey-vault" in request.node.callspec.id and question in DIFFERENCES:
        assert answer == DIFFERENCES[question][0]
        assert answer != ANSWERS[question], "no difference any more: take it off the list"
    else:
        assert answer == ANSWERS[question]
