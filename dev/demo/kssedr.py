"""What KSSEDR does with the same event, for contrast: the live key regenerated in place, then written down.

Written afresh from its description: no look at type, version or tags; key1 always; the raw key, whatever the format
was; 120 minutes to live; content type kept, tags dropped.
"""

from datetime import datetime, timedelta

from dev.simulators import StorageAccount, Vault


def rotate(vault: Vault, secret: str, account: StorageAccount, now: datetime) -> None:
    """Rotate KSSEDR's way."""
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - only after the stage has set the environment
    from azure.keyvault.secrets import SecretClient  # noqa: PLC0415
    from azure.mgmt.storage import StorageManagementClient  # noqa: PLC0415

    credential = DefaultAzureCredential()
    secrets = SecretClient(vault.uri, credential)
    current = secrets.get_secret(secret)
    storage = StorageManagementClient(credential, account.subscription).storage_accounts
    keys = storage.regenerate_key(account.resource_group, account.name, {"keyName": "key1"}).keys_property or []
    secrets.set_secret(
        secret,
        next(str(key.value) for key in keys if key.key_name == "key1"),
        content_type=current.properties.content_type,
        expires_on=now + timedelta(minutes=120),
        tags={"AutoRotate": "true"},
    )
