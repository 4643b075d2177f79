"""What the HTTP API answers about consumers: who has which version of a secret."""

from typing import Any

import azure.durable_functions as df
import azure.functions as func

import bootstrap
from rotation.history import shown_time
from rotation.view import refreshed
from task_hub.following import latest_refresh
from triggers.problems import answer
from triggers.reading import Query


async def list_consumers(request: func.HttpRequest, client: df.DurableOrchestrationClient) -> func.HttpResponse:
    """Tell how the newest version that was followed has come to those who use the secret."""
    query = Query(request, ("vault", "secret"))
    vault, secret = query.vault(required=True), query.secret(required=True)
    query.done()
    shown: dict[str, Any] = {"asOf": shown_time(bootstrap.now()), "vault": vault, "secret": secret, "consumers": []}
    latest = await latest_refresh(client, vault, secret)
    return answer(shown | (refreshed(latest) if latest else {}))
