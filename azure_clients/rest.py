"""What services that are asked without an SDK of theirs have in common: a client, and an answer that is an object."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from azure_clients.clouds import Cloud
from azure_clients.identity import credential
from azure_clients.transport import CLIENT_OPTIONS
from rotation.failures import TransientError

if TYPE_CHECKING:
    from azure.core import PipelineClient
    from azure.core.rest import HttpRequest, HttpResponse

    Client = PipelineClient[HttpRequest, HttpResponse]


def new_client(cloud: Cloud, url: str, scope: str) -> "Client":
    """Return a client that signs in as the app and sends each request once."""
    from azure.core import PipelineClient  # noqa: PLC0415 - see identity.py
    from azure.core.pipeline.policies import (  # noqa: PLC0415
        BearerTokenCredentialPolicy,
        RequestIdPolicy,
        UserAgentPolicy,
    )

    # Listed by hand, because the usual set repeats calls: a second one could leave a key or a secret behind.
    policies = [
        RequestIdPolicy(),
        UserAgentPolicy("secret-rotation"),
        BearerTokenCredentialPolicy(credential(cloud), scope),
    ]
    return PipelineClient(url, policies=policies, **CLIENT_OPTIONS)


def document_of(operation: str, response: "HttpResponse") -> Mapping[str, Any]:
    """Return the object that an answer holds, empty for an empty answer.

    Raises:
        TransientError: It was cut on the way.
    """
    try:
        document = response.json() if response.content else {}
    except ValueError:
        document = None
    if not isinstance(document, Mapping):
        raise TransientError(f"{operation}: {response.status_code} with an answer that cannot be read")
    return document
