"""The links that clients are given: management URLs and the durable client binding.

Shaped as recorded: public links under `/runtime/webhooks/durabletask`, the SDK's own way in under
`/durabletask/`. The `code` of a real host is a secret; here every level of authorization is open and it says
so.
"""

import json
from urllib.parse import quote_plus

WEBHOOKS = "/runtime/webhooks/durabletask"
RPC = "/durabletask"
_CONNECTION = "Storage"
_KEY = "code=open"


def _suffix(hub: str) -> str:
    return f"taskHub={quote_plus(hub)}&connection={_CONNECTION}&{_KEY}"


def management_urls(origin: str, hub: str, instance_id: str, *, rewind: bool) -> dict[str, str]:
    """Return the links of one instance; the answer to a start has no link to rewind (s01)."""
    prefix = f"{origin}{WEBHOOKS}/instances/{quote_plus(instance_id)}"
    suffix = _suffix(hub)
    links = {
        "id": instance_id,
        "statusQueryGetUri": f"{prefix}?{suffix}",
        "sendEventPostUri": f"{prefix}/raiseEvent/{{eventName}}?{suffix}",
        "terminatePostUri": f"{prefix}/terminate?reason={{text}}&{suffix}",
    }
    if rewind:
        links["rewindPostUri"] = f"{prefix}/rewind?reason={{text}}&{suffix}"
    return links | {
        "purgeHistoryDeleteUri": f"{prefix}?{suffix}",
        "restartPostUri": f"{prefix}/restart?{suffix}",
        "suspendPostUri": f"{prefix}/suspend?reason={{text}}&{suffix}",
        "resumePostUri": f"{prefix}/resume?reason={{text}}&{suffix}",
    }


def client_binding(origin: str, hub: str) -> str:
    """Return the JSON text that a durable client parameter is made of."""
    create = f"{origin}{WEBHOOKS}/orchestrators/{{functionName}}[/{{instanceId}}]"
    return json.dumps(
        {
            "taskHubName": hub,
            "creationUrls": {
                "createNewInstancePostUri": f"{create}?{_KEY}",
                "createAndWaitOnNewInstancePostUri": (
                    f"{create}?timeout={{timeoutInSeconds}}&pollingInterval={{intervalInSeconds}}&{_KEY}"
                ),
            },
            "managementUrls": management_urls(origin, hub, "INSTANCEID", rewind=True),
            "baseUrl": f"{origin}{WEBHOOKS}",
            "requiredQueryStringParameters": _KEY,
            "rpcBaseUrl": f"{origin}{RPC}/",
        }
    )
