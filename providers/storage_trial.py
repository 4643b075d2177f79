"""Whether a storage account accepts a key: a signed read of the account's own properties, which changes nothing.

A refusal is triaged by its code, because most 403s say nothing about the key:
learn.microsoft.com, "Troubleshoot Azure Storage error 403".
"""

from urllib.parse import urlsplit

from azure_clients.errors import error_code, is_throttling, retry_after
from azure_clients.transport import CLIENT_OPTIONS
from providers.protocol import Trial, Verdict
from rotation.credential import Credential

_VERDICTS = {
    "AuthenticationFailed": Verdict.REJECTED,
    "InvalidAuthenticationInfo": Verdict.REJECTED,
    "KeyBasedAuthenticationNotPermitted": Verdict.DISALLOWED,
    "AuthorizationFailure": Verdict.UNREACHABLE,
}


def try_key(account: str, key: Credential, endpoint: str | None) -> Trial:
    """Sign one request at a blob or file endpoint; never raises for what Azure answers."""
    from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError  # noqa: PLC0415

    if endpoint is None:
        return Trial(Verdict.UNREACHABLE, "the account has neither a blob nor a file endpoint")
    try:
        _signed_request(account, key, endpoint)
    except ServiceRequestError:
        return Trial(Verdict.UNREACHABLE, "data plane: no connection")
    except HttpResponseError as error:
        return _refusal(error.status_code or 0, error_code(error), retry_after(error))
    except AzureError as error:
        return Trial(Verdict.UNWELL, f"data plane: {type(error).__name__}")
    return Trial(Verdict.ACCEPTED)


def is_file_service(endpoint: str | None) -> bool:
    """Tell which of an account's services an endpoint belongs to."""
    # The service is a label of its own, in every cloud and in DNS zones (contoso.z1.file.storage.azure.net).
    return ".file." in (urlsplit(endpoint or "").hostname or "")


def _refusal(status: int, code: str, after: float | None) -> Trial:
    reason = f"data plane: {status} {code}".rstrip()
    if code in _VERDICTS:
        return Trial(_VERDICTS[code], reason)
    if status == 401:
        return Trial(Verdict.REJECTED, reason)
    if status in (408, 429) or status >= 500:
        return Trial(Verdict.UNWELL, reason, after, is_throttling(status, code))
    return Trial(Verdict.UNREACHABLE, reason)


def _signed_request(account: str, key: Credential, endpoint: str) -> None:
    from azure.core.credentials import AzureNamedKeyCredential  # noqa: PLC0415

    named_key = AzureNamedKeyCredential(account, key.reveal())
    if is_file_service(endpoint):
        from azure.storage.fileshare import ShareServiceClient  # noqa: PLC0415

        with ShareServiceClient(endpoint, credential=named_key, **CLIENT_OPTIONS) as share_service:
            share_service.get_service_properties()
    else:
        from azure.storage.blob import BlobServiceClient  # noqa: PLC0415

        with BlobServiceClient(endpoint, credential=named_key, **CLIENT_OPTIONS) as blob_service:
            blob_service.get_account_information()
