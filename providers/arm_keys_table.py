"""The Azure services whose resources have two keys: one row for each resource type.

Facts are from the public REST specifications, github.com/Azure/azure-rest-api-specs, below `specification/`; the path
is named in front of each row, and what was found elsewhere with its page. How each is verified, and what is left out:
docs/providers/azure-keys.md.
"""

from collections.abc import Mapping

from providers.arm_keys_row import Document, KeySlot, Probe, Row, Switch, known_by_cloud, told
from providers.key_signing import (
    app_configuration,
    batch_shared_key,
    cosmos_master_key,
    in_header,
    shared_access,
    web_token,
)
from providers.protocol import Verdict
from rotation.forms import FieldForm, Owner

_LOCAL_AUTH = Switch("disableLocalAuth", lambda value: value is True)
_PRIMARY_SECONDARY = (KeySlot("Primary", ("primaryKey",)), KeySlot("Secondary", ("secondaryKey",)))


def _is_behind_firewall(described: Document) -> bool:
    properties = described.get("properties", {})
    rules = properties.get("networkRuleSet") or {}
    return str(properties.get("publicNetworkAccess", "")).casefold() == "disabled" or bool(rules.get("ipRules"))


# cosmos-db/resource-manager/Microsoft.DocumentDB/stable/2024-11-15: regenerateKey is answered with 202, and "can take
# anywhere from one minute to multiple hours" (learn.microsoft.com, "Rotate keys for Azure Cosmos DB for NoSQL").
# Accounts of the other APIs are not tried: their data planes do not speak HTTP, or do not take this signature.
COSMOS = Row(
    "Microsoft.DocumentDB/databaseAccounts",
    "cosmos",
    "2024-11-15",
    tuple(
        KeySlot(name, (field,), ("properties", "keysMetadata", field, "generationTime"), family=family)
        for name, field, family in (
            ("primary", "primaryMasterKey", "read-write"),
            ("secondary", "secondaryMasterKey", "read-write"),
            ("primaryReadonly", "primaryReadonlyMasterKey", "read-only"),
            ("secondaryReadonly", "secondaryReadonlyMasterKey", "read-only"),
        )
    ),
    _LOCAL_AUTH,
    told_by="keyKind",
    form=FieldForm(
        "AccountKey",
        owners=(
            Owner("AccountEndpoint", "account", is_address=True),
            Owner("AccountName", "account"),
            Owner("TableEndpoint", "account", is_address=True),
        ),
    ),
    # learn.microsoft.com, "Get Database Account" of the data plane; a read-only key may ask too.
    probe=Probe("cosmos.getDatabaseAccount", told("documentEndpoint", "GlobalDocumentDB"), "/", cosmos_master_key),
    tells_ages_in_description=True,
    is_long_running=True,
)

# cognitiveservices/resource-manager/Microsoft.CognitiveServices/stable/2024-10-01. Only these kinds have a request that
# is free and the same everywhere: "Models - List" of Azure OpenAI.
AI_SERVICES = Row(
    "Microsoft.CognitiveServices/accounts",
    "ai",
    "2024-10-01",
    (KeySlot("Key1", ("key1",)), KeySlot("Key2", ("key2",))),
    _LOCAL_AUTH,
    told_by="keyName",
    probe=Probe(
        "ai.listModels",
        told("endpoint", "OpenAI", "AIServices"),
        "/openai/models?api-version=2024-10-21",
        in_header("api-key"),
    ),
)

_REDIS = FieldForm("password", ",", owners=(Owner("", "cache", is_address=True),))

# redis/resource-manager/Microsoft.Cache/stable/2024-11-01. Not tried: Redis does not speak HTTP.
REDIS = Row(
    "Microsoft.Cache/redis",
    "redis",
    "2024-11-01",
    _PRIMARY_SECONDARY,
    Switch("disableAccessKeyAuthentication", lambda value: value is True, "access keys disabled"),
    told_by="keyType",
    form=_REDIS,
)

# redisenterprise/resource-manager/Microsoft.Cache/stable/2025-04-01: Azure Managed Redis and the Enterprise tiers. Not
# tried, as above.
MANAGED_REDIS = Row(
    "Microsoft.Cache/redisEnterprise/databases",
    "managedRedis",
    "2025-04-01",
    _PRIMARY_SECONDARY,
    Switch("accessKeysAuthentication", lambda value: value == "Disabled", "access keys disabled"),
    told_by="keyType",
    form=_REDIS,
    is_long_running=True,
)

# search/resource-manager/Microsoft.Search/stable/2023-11-01. A wrong key and a firewall are both answered with 403
# (page "HTTP status codes" of the data plane), so a key is tried only where the service is open to every network.
SEARCH = Row(
    "Microsoft.Search/searchServices",
    "search",
    "2023-11-01",
    (KeySlot("primary", ("primaryKey",)), KeySlot("secondary", ("secondaryKey",))),
    _LOCAL_AUTH,
    regenerate="regenerateAdminKey/{slot}",
    list_keys="listAdminKeys",
    probe=Probe(
        "search.getServiceStatistics",
        known_by_cloud(
            {
                "AZURE_PUBLIC_CLOUD": "https://{0}.search.windows.net",
                "AZURE_CHINA_CLOUD": "https://{0}.search.azure.cn",
                "AZURE_US_GOVERNMENT": "https://{0}.search.azure.us",
            },
            hidden=_is_behind_firewall,
        ),
        "/servicestats?api-version=2023-11-01",
        in_header("api-key"),
        statuses={403: Verdict.REJECTED},
    ),
)

# What a namespace's gateway says to a token: it looks at the signature first, and names the claims that a good token
# lacks. So a rule that may only send or listen proves its key as well (texts: azure-sdk-for-go, `azservicebus/admin`).
_GATEWAY_WORDS = {"signature": Verdict.REJECTED, "claim": Verdict.ACCEPTED}


def _authorization_rule(resource_type: str, service: str, api_version: str, entity: str, path: str) -> Row:
    is_own = entity != "namespace"
    owners = (Owner("Endpoint", "namespace", is_address=True), Owner("SharedAccessKeyName", "rule", -1))
    return Row(
        resource_type,
        service,
        api_version,
        (KeySlot("PrimaryKey", ("primaryKey",)), KeySlot("SecondaryKey", ("secondaryKey",))),
        _LOCAL_AUTH,
        regenerate="regenerateKeys",
        told_by="keyType",
        form=FieldForm("SharedAccessKey", owners=(*owners, Owner("EntityPath", entity, 1)) if is_own else owners),
        probe=Probe(f"{service}.getEntity", told("serviceBusEndpoint"), path, shared_access, words=_GATEWAY_WORDS),
        described_by_parent=True,
    )


# eventhub/resource-manager/Microsoft.EventHub/stable/2024-01-01/AuthorizationRules.json; the requests are "List Event
# Hubs" and "Get Event Hub" of the data plane.
_EVENT_HUBS = ("eventHub", "2024-01-01")
EVENT_HUB_RULES = (
    _authorization_rule(
        "Microsoft.EventHub/namespaces/authorizationRules",
        *_EVENT_HUBS,
        "namespace",
        "/$Resources/EventHubs?api-version=2014-01",
    ),
    _authorization_rule(
        "Microsoft.EventHub/namespaces/eventhubs/authorizationRules",
        *_EVENT_HUBS,
        "event hub",
        "/{1}?api-version=2014-01",
    ),
)

# servicebus/resource-manager/Microsoft.ServiceBus/stable/2021-11-01/AuthorizationRules.json; the requests are those of
# the SDKs' administration clients.
_SERVICE_BUS = ("serviceBus", "2021-11-01")
SERVICE_BUS_RULES = (
    _authorization_rule(
        "Microsoft.ServiceBus/namespaces/authorizationRules",
        *_SERVICE_BUS,
        "namespace",
        "/$namespaceinfo?api-version=2017-04",
    ),
    _authorization_rule(
        "Microsoft.ServiceBus/namespaces/queues/authorizationRules", *_SERVICE_BUS, "queue", "/{1}?api-version=2017-04"
    ),
    _authorization_rule(
        "Microsoft.ServiceBus/namespaces/topics/authorizationRules", *_SERVICE_BUS, "topic", "/{1}?api-version=2017-04"
    ),
)

# appconfiguration/resource-manager/Microsoft.AppConfiguration/stable/2023-03-01. Keys are regenerated by id, and a
# connection string carries the id beside the secret: a bare secret is of no use to anybody.
APP_CONFIGURATION = Row(
    "Microsoft.AppConfiguration/configurationStores",
    "appConfiguration",
    "2023-03-01",
    tuple(
        KeySlot(name, (name, "value"), (name, "lastModified"), (name, "id"), family)
        for name, family in (
            ("Primary", "read-write"),
            ("Secondary", "read-write"),
            ("Primary Read Only", "read-only"),
            ("Secondary Read Only", "read-only"),
        )
    ),
    _LOCAL_AUTH,
    told_by="id",
    lists_entries=True,
    form=FieldForm(
        "Secret", id_field="Id", owners=(Owner("Endpoint", "store", is_address=True),), takes_bare_key=False
    ),
    probe=Probe("appConfiguration.listKeyNames", told("endpoint"), "/keys?api-version=1.0", app_configuration),
)


def _signalr(resource_type: str, service: str, path: str) -> Row:
    return Row(
        resource_type,
        service,
        "2024-03-01",
        _PRIMARY_SECONDARY,
        _LOCAL_AUTH,
        told_by="keyType",
        form=FieldForm("AccessKey", owners=(Owner("Endpoint", "service", is_address=True),)),
        # Whether a user is connected: nobody is, so a good token is answered with 404.
        probe=Probe(f"{service}.userExists", told("hostName"), path, web_token, "HEAD", {404: Verdict.ACCEPTED}),
        is_long_running=True,
    )


# signalr/ and webpubsub/resource-manager/Microsoft.SignalRService/stable/2024-03-01; the requests are in both data
# planes' REST references.
SIGNALR = _signalr(
    "Microsoft.SignalRService/SignalR", "signalR", "/api/hubs/rotation/users/rotation?api-version=2022-06-01"
)
WEB_PUBSUB = _signalr(
    "Microsoft.SignalRService/WebPubSub", "webPubSub", "/api/hubs/rotation/users/rotation?api-version=2024-01-01"
)

# maps/resource-manager/Microsoft.Maps/stable/2023-06-01. All accounts of a cloud share one endpoint.
MAPS = Row(
    "Microsoft.Maps/accounts",
    "maps",
    "2023-06-01",
    (
        KeySlot("primary", ("primaryKey",), ("primaryKeyLastUpdated",)),
        KeySlot("secondary", ("secondaryKey",), ("secondaryKeyLastUpdated",)),
    ),
    _LOCAL_AUTH,
    told_by="keyType",
    probe=Probe(
        "maps.getTimezoneVersion",
        known_by_cloud(
            {"AZURE_PUBLIC_CLOUD": "https://atlas.microsoft.com", "AZURE_US_GOVERNMENT": "https://atlas.azure.us"}
        ),
        "/timezone/ianaVersion/json?api-version=1.0",
        in_header("subscription-key"),
    ),
)

# batch/resource-manager/Microsoft.Batch/stable/2024-07-01; no list of modes allows all of them.
BATCH = Row(
    "Microsoft.Batch/batchAccounts",
    "batch",
    "2024-07-01",
    (KeySlot("Primary", ("primary",)), KeySlot("Secondary", ("secondary",))),
    Switch(
        "allowedAuthenticationModes",
        lambda modes: isinstance(modes, list) and "SharedKey" not in modes,
        "Shared Key authentication disabled",
    ),
    regenerate="regenerateKeys",
    told_by="keyName",
    probe=Probe(
        "batch.listApplications",
        told("accountEndpoint"),
        "/applications?api-version=2024-07-01.20.0&maxresults=1",
        batch_shared_key,
    ),
)


def _event_grid(resource_type: str, service: str, *, is_long_running: bool) -> Row:
    return Row(
        resource_type,
        service,
        "2022-06-15",
        (KeySlot("key1", ("key1",)), KeySlot("key2", ("key2",))),
        _LOCAL_AUTH,
        told_by="keyName",
        is_long_running=is_long_running,
    )


# eventgrid/resource-manager/Microsoft.EventGrid/stable/2022-06-15. Not tried: publishing is all that a key is good for.
EVENT_GRID_TOPIC = _event_grid("Microsoft.EventGrid/topics", "eventGridTopic", is_long_running=True)
EVENT_GRID_DOMAIN = _event_grid("Microsoft.EventGrid/domains", "eventGridDomain", is_long_running=False)

ROWS: Mapping[str, Row] = {
    row.type_key: row
    for row in (
        COSMOS,
        AI_SERVICES,
        REDIS,
        MANAGED_REDIS,
        SEARCH,
        *EVENT_HUB_RULES,
        *SERVICE_BUS_RULES,
        APP_CONFIGURATION,
        SIGNALR,
        WEB_PUBSUB,
        MAPS,
        BATCH,
        EVENT_GRID_TOPIC,
        EVENT_GRID_DOMAIN,
    )
}
"""By resource type in lower case."""
