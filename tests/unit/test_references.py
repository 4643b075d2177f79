"""References to a secret in every spelling that the platforms take."""

import pytest

from rotation.references import SecretReference, repinned
from tests.unit.builders import HOST, NEXT_VERSION, VERSION

pytestmark = pytest.mark.unit

VAULT = HOST.partition(".")[0]


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (f"@Microsoft.KeyVault(SecretUri=https://{HOST}/secrets/Storage-Key)", ""),
        (f"@Microsoft.KeyVault(SecretUri=https://{HOST}/secrets/storage-key/)", ""),
        (f"@microsoft.keyvault(secreturi=HTTPS://{HOST.upper()}/secrets/storage-key/{VERSION.upper()})", VERSION),
        (f" @Microsoft.KeyVault(SecretUri=https://{HOST}:443/secrets/storage-key/{VERSION}/) ", VERSION),
        (f"@Microsoft.KeyVault(VaultName={VAULT};SecretName=storage-key)", ""),
        (f"@Microsoft.KeyVault(VaultName={VAULT.upper()}; SecretName=Storage-Key; SecretVersion={VERSION})", VERSION),
        (f"https://{HOST}/secrets/storage-key", ""),
        (f"https://{HOST}/secrets/storage-key/{VERSION}", VERSION),
    ],
)
def test_every_spelling_is_understood(text: str, version: str) -> None:
    reference = SecretReference.parse(text)
    assert reference is not None
    assert reference.is_to(HOST, "Storage-Key")
    assert not reference.is_to(HOST, "storage")
    assert not reference.is_to(f"other.{HOST}", "storage-key")
    assert reference.version == version


@pytest.mark.parametrize(
    "text",
    [
        "", "a plain value", f"@Microsoft.KeyVault(VaultName={VAULT})", "@Microsoft.KeyVault()",
        "@Microsoft.AppConfiguration(Endpoint=https://x.azconfig.io; Key=y)",
        f"@Microsoft.KeyVault(SecretUri=https://{HOST}/keys/storage-key)",
        f"@Microsoft.KeyVault(SecretUri=https://{HOST}/secrets/storage-key/not-a-version)",
        f"text with @Microsoft.KeyVault(SecretUri=https://{HOST}/secrets/storage-key) in it",
    ],
)  # fmt: skip
def test_anything_else_is_none(text: str) -> None:
    assert SecretReference.parse(text) is None


@pytest.mark.parametrize(
    "text",
    [
        f"@Microsoft.KeyVault(SecretUri=https://{HOST}/secrets/Storage-Key/{{}}/)",
        f"@microsoft.keyvault( VaultName={VAULT};SecretName=storage-key;SecretVersion={{}} )",
    ],
)
def test_a_moved_reference_is_spelt_as_before(text: str) -> None:
    assert repinned(text.format(VERSION.upper()), VERSION, NEXT_VERSION) == text.format(NEXT_VERSION)
