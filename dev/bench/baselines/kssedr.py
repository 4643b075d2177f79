"""KSSEDR's algorithm, written afresh: github.com/Azure4DevOps/KSSEDR, `EventHubTriggerFunction.cs` and `main.bicep`.

- Triggered by an Event Hub of one partition. Each message of a batch is handled by itself, and an exception in one does
  not keep its neighbours from being handled. It is raised again at the end; the checkpoint advances all the same, so
  that the message is not seen again.
- A message is an array of CloudEvents, of which only the first is looked at. It comes from a subscription to
  SecretNearExpiry alone; type and version of the event are not looked at.
- Vault from `source`, secret from `data.ObjectName`, the target's ARM id from the secret's content type.
- get secret → listKeys (its answer is not used) → regenerateKey, always key1 → `Keys[0].Value` → set secret: the raw
  key, whatever the format was, expiring in 120 minutes, the content type kept, the tags replaced by `AutoRotate`.

In its favour: its settings are right, its identity is a managed one that never expires (its own is a client secret in
the app settings), and its SDKs retry what they can.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from .clients import PeerClients

VALIDITY = timedelta(minutes=120)


class Kssedr:
    """The function."""

    def __init__(
        self, clients: PeerClients, now: Callable[[], datetime], validity: Callable[[str], timedelta] | None = None
    ) -> None:
        self._clients = clients
        self._now = now
        # By secret. Its own is 120 minutes for all; anything longer is a present.
        self._validity = validity or (lambda secret: VALIDITY)

    def on_batch(self, messages: Sequence[str]) -> None:
        """Handle one batch of the Event Hub.

        Raises:
            ExceptionGroup: Something went wrong with some messages.
        """
        failures = []
        for message in messages:
            try:
                self._on_message(message)
            except Exception as error:
                failures.append(error)
        if failures:
            raise ExceptionGroup("some messages failed", failures)

    def _on_message(self, message: str) -> None:
        event = json.loads(message)[0]
        vault = event["source"].split("/")[8]
        self.rotate(f"{vault}.vault.azure.net", event["data"]["ObjectName"])

    def rotate(self, vault_host: str, secret: str) -> None:
        """Rotate one secret."""
        secrets = self._clients.secrets(vault_host)
        current = secrets.get_secret(secret)
        origin = str(current.properties.content_type).split("/")
        subscription, group, provider, account = origin[2], origin[4], origin[6], origin[8]
        if provider != "Microsoft.Storage":
            return
        storage = self._clients.storage(subscription).storage_accounts
        storage.list_keys(group, account)
        keys = storage.regenerate_key(group, account, {"keyName": "key1"}).keys_property or []
        secrets.set_secret(
            secret,
            str(keys[0].value),
            content_type=current.properties.content_type,
            expires_on=self._now() + self._validity(secret),
            tags={"AutoRotate": self._now().isoformat()},
        )
