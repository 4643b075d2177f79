"""Looks which storage accounts stay on an old version of a key, because they name a version; changes nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

import azure.durable_functions as df

import bootstrap
from activities import shell
from rotation.failures import DeniedError
from rotation.request import RotationRequest
from rotation.results import Done

bp = df.Blueprint()

# https://learn.microsoft.com/rest/api/storagerp/storage-accounts/list
_ACCOUNTS = "/providers/Microsoft.Storage/storageAccounts"
_API_VERSION = "2023-05-01"
_MOST_NAMED = 20


@bp.activity_trigger(input_name="payload")
def find_pinned_users(payload: dict) -> dict:  # type: ignore[type-arg] # the worker only knows the bare type
    """Answer with the accounts in CONSUMER_SCOPES that are encrypted with one version of the key for good."""
    return shell.run("find_pinned_users", _find_pinned_users, payload)


def _find_pinned_users(payload: dict[str, Any]) -> Done:
    request = RotationRequest.from_json(payload["request"])
    found: list[str] = []
    unread: list[str] = []
    for scope in bootstrap.settings().consumer_scopes:
        try:
            found += _pinned(scope, request)
        except DeniedError as error:
            unread.append(f"{scope} ({error.reason})")
    named = sorted(found)
    return Done({"pinned": named[:_MOST_NAMED], "more": max(0, len(named) - _MOST_NAMED), "unread": unread})


def _pinned(scope: str, request: RotationRequest) -> Iterator[str]:
    for account in bootstrap.resource_manager().pages("list storage accounts", scope + _ACCOUNTS, _API_VERSION):
        encryption = _object(_object(account.get("properties")).get("encryption"))
        used = _object(encryption.get("keyvaultproperties"))
        host = str(used.get("keyvaulturi", "")).casefold().removeprefix("https://").partition("/")[0].partition(":")[0]
        is_it = (host, str(used.get("keyname", "")).casefold()) == (request.vault, request.secret.casefold())
        if is_it and used.get("keyversion"):
            yield str(account.get("name", ""))


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
