"""What is known of the services with two keys: paths, bodies, answers, states, and what their data planes ask for.

Retold from the public REST references (https://learn.microsoft.com/rest/api/) and the examples beside their
specifications; keys are made up. Nothing here is taken from the app: a row that is wrong there, or here, shows when the
two meet. The name of each entry is what its operations are called by in the call log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from . import key_proofs
from .key_proofs import Proof

_MINUTES = timedelta(seconds=90)
_SECONDS = timedelta(seconds=20)


@dataclass(frozen=True)
class DataPlane:
    """Where and how a key can be used."""

    host: str
    """`{0}`, `{1}` … are the target's names."""
    method: str
    path: str
    operation: str
    proof: Proof
    good: int = 200
    refused: int = 401
    code: str = "Unauthorized"
    message: str = "The credentials are not valid."
    closed: int = 403
    closed_code: str = "Forbidden"
    closed_message: str = "Access is denied by the network rules of the resource."
    rights_matter: bool = False
    """Whether a good key may still lack the claim that the request needs."""


@dataclass(frozen=True)
class Facts:
    """One resource type."""

    service: str
    type: str
    slots: Mapping[str, str]
    """From the name in the regenerate call to the name in the list."""
    body: str | None
    """The regenerate call's field; None where the slot is part of the path."""
    properties: Mapping[str, Any]
    """Of the description; texts may hold `{0}`, `{1}` …."""
    off: tuple[str, Any]
    """The property that turns keys off, and the value that does."""
    kind: str | None = None
    list_keys: str = "listKeys"
    regenerate: str = "regenerateKey"
    ages: Mapping[str, str] = field(default_factory=dict)
    """From a slot to where its age is told, in the list or in the description's `keysMetadata`."""
    ages_in_description: bool = False
    entries: bool = False
    """Whether keys are a list of entries with ids."""
    connection_string: str | None = None
    """With `{key}`, and `{id}` where keys have ids."""
    key_field: str = ""
    separator: str = ";"
    families: tuple[tuple[str, ...], ...] = ()
    data_plane: DataPlane | None = None
    operation_takes: timedelta | None = None
    """How long a regeneration goes on after it was answered with 202; None: it is answered when it is done."""
    busy: tuple[int, str] = (409, "Conflict")
    """What a second one is answered meanwhile."""


_LOCAL_AUTH = ("disableLocalAuth", True)
_PRIMARY = {"Primary": "primaryKey", "Secondary": "secondaryKey"}
_RULE_KEYS = {"PrimaryKey": "primaryKey", "SecondaryKey": "secondaryKey"}
_BUS_ENDPOINT = {"provisioningState": "Succeeded", "serviceBusEndpoint": "https://{0}.servicebus.windows.net:443/"}


def _rule(service: str, type_: str, path: str) -> Facts:
    entity = ";EntityPath={1}" if type_.count("/") > 2 else ""
    return Facts(
        service,
        type_,
        _RULE_KEYS,
        "keyType",
        _BUS_ENDPOINT,
        _LOCAL_AUTH,
        regenerate="regenerateKeys",
        connection_string=(
            "Endpoint=sb://{0}.servicebus.windows.net/;SharedAccessKeyName={name};SharedAccessKey={key}" + entity
        ),
        key_field="sharedaccesskey",
        data_plane=DataPlane(
            "{0}.servicebus.windows.net",
            "GET",
            path,
            f"{service}.getEntity",
            key_proofs.shared_access,
            code="401",
            message="InvalidSignature: The token has an invalid signature.",
            closed=401,
            closed_code="401",
            closed_message="Ip has been prevented to connect to the endpoint.",
            rights_matter=True,
        ),
    )


def _hub(service: str, type_: str, host: str) -> Facts:
    return Facts(
        service,
        type_,
        _PRIMARY,
        "keyType",
        {"provisioningState": "Succeeded", "hostName": host},
        _LOCAL_AUTH,
        connection_string=f"Endpoint=https://{host};AccessKey={{key}};Version=1.0;",
        key_field="accesskey",
        data_plane=DataPlane(
            host, "HEAD", "/api/hubs/rotation/users/rotation", f"{service}.userExists", key_proofs.web_token, good=404
        ),
        operation_takes=_SECONDS,
    )


def _event_grid(service: str, type_: str, takes: timedelta | None) -> Facts:
    endpoint = "https://{0}.westeurope-1.eventgrid.azure.net/api/events"
    properties = {"provisioningState": "Succeeded", "endpoint": endpoint}
    return Facts(
        service, type_, {"key1": "key1", "key2": "key2"}, "keyName", properties, _LOCAL_AUTH, operation_takes=takes
    )


FACTS = (
    Facts(
        "cosmos",
        "Microsoft.DocumentDB/databaseAccounts",
        {
            "primary": "primaryMasterKey",
            "secondary": "secondaryMasterKey",
            "primaryReadonly": "primaryReadonlyMasterKey",
            "secondaryReadonly": "secondaryReadonlyMasterKey",
        },
        "keyKind",
        {"provisioningState": "Succeeded", "documentEndpoint": "https://{0}.documents.azure.com:443/"},
        _LOCAL_AUTH,
        kind="GlobalDocumentDB",
        ages={
            "primary": "primaryMasterKey",
            "secondary": "secondaryMasterKey",
            "primaryReadonly": "primaryReadonlyMasterKey",
            "secondaryReadonly": "secondaryReadonlyMasterKey",
        },
        ages_in_description=True,
        connection_string="AccountEndpoint=https://{0}.documents.azure.com:443/;AccountKey={key};",
        key_field="accountkey",
        families=(("primary", "secondary"), ("primaryReadonly", "secondaryReadonly")),
        data_plane=DataPlane(
            "{0}.documents.azure.com",
            "GET",
            "/",
            "cosmos.getDatabaseAccount",
            key_proofs.cosmos,
            message="The input authorization token can't serve the request. The wrong key is being used.",
        ),
        operation_takes=_MINUTES,
        busy=(412, "PreconditionFailed"),
    ),
    Facts(
        "ai",
        "Microsoft.CognitiveServices/accounts",
        {"Key1": "key1", "Key2": "key2"},
        "keyName",
        {"provisioningState": "Succeeded", "endpoint": "https://{0}.openai.azure.com/"},
        _LOCAL_AUTH,
        kind="OpenAI",
        data_plane=DataPlane(
            "{0}.openai.azure.com",
            "GET",
            "/openai/models",
            "ai.listModels",
            key_proofs.header("api-key"),
            code="401",
            message="Access denied due to invalid subscription key or wrong API endpoint.",
            closed_code="403",
            closed_message="Access denied due to Virtual Network/Firewall rules.",
        ),
    ),
    Facts(
        "redis",
        "Microsoft.Cache/redis",
        _PRIMARY,
        "keyType",
        {"provisioningState": "Succeeded", "hostName": "{0}.redis.cache.windows.net", "sslPort": 6380},
        ("disableAccessKeyAuthentication", True),
        connection_string="{0}.redis.cache.windows.net:6380,password={key},ssl=True,abortConnect=False",
        key_field="password",
        separator=",",
    ),
    Facts(
        "managedRedis",
        "Microsoft.Cache/redisEnterprise/databases",
        _PRIMARY,
        "keyType",
        {"provisioningState": "Succeeded", "resourceState": "Running", "port": 10000},
        ("accessKeysAuthentication", "Disabled"),
        connection_string="{0}.westeurope.redis.azure.net:10000,password={key},ssl=True,abortConnect=False",
        key_field="password",
        separator=",",
        operation_takes=_SECONDS,
    ),
    Facts(
        "search",
        "Microsoft.Search/searchServices",
        {"primary": "primaryKey", "secondary": "secondaryKey"},
        None,
        {"provisioningState": "succeeded", "publicNetworkAccess": "Enabled", "networkRuleSet": {"ipRules": []}},
        _LOCAL_AUTH,
        list_keys="listAdminKeys",
        regenerate="regenerateAdminKey",
        data_plane=DataPlane(
            "{0}.search.windows.net",
            "GET",
            "/servicestats",
            "search.getServiceStatistics",
            key_proofs.header("api-key"),
            refused=403,
            code="Forbidden",
        ),
    ),
    _rule("eventHub", "Microsoft.EventHub/namespaces/authorizationRules", "/$Resources/EventHubs"),
    _rule("eventHub", "Microsoft.EventHub/namespaces/eventhubs/authorizationRules", "/{1}"),
    _rule("serviceBus", "Microsoft.ServiceBus/namespaces/authorizationRules", "/$namespaceinfo"),
    _rule("serviceBus", "Microsoft.ServiceBus/namespaces/queues/authorizationRules", "/{1}"),
    _rule("serviceBus", "Microsoft.ServiceBus/namespaces/topics/authorizationRules", "/{1}"),
    Facts(
        "appConfiguration",
        "Microsoft.AppConfiguration/configurationStores",
        {
            "Primary": "Primary",
            "Secondary": "Secondary",
            "Primary Read Only": "Primary Read Only",
            "Secondary Read Only": "Secondary Read Only",
        },
        "id",
        {"provisioningState": "Succeeded", "endpoint": "https://{0}.azconfig.io"},
        _LOCAL_AUTH,
        entries=True,
        connection_string="Endpoint=https://{0}.azconfig.io;Id={id};Secret={key}",
        key_field="secret",
        families=(("Primary", "Secondary"), ("Primary Read Only", "Secondary Read Only")),
        data_plane=DataPlane(
            "{0}.azconfig.io",
            "GET",
            "/keys",
            "appConfiguration.listKeyNames",
            key_proofs.app_configuration,
            message="Invalid Signature",
        ),
    ),
    _hub("signalR", "Microsoft.SignalRService/SignalR", "{0}.service.signalr.net"),
    _hub("webPubSub", "Microsoft.SignalRService/WebPubSub", "{0}.webpubsub.azure.com"),
    Facts(
        "maps",
        "Microsoft.Maps/accounts",
        {"primary": "primaryKey", "secondary": "secondaryKey"},
        "keyType",
        {"provisioningState": "Succeeded", "uniqueId": "{0}"},
        _LOCAL_AUTH,
        ages={"primary": "primaryKeyLastUpdated", "secondary": "secondaryKeyLastUpdated"},
        data_plane=DataPlane(
            "atlas.microsoft.com",
            "GET",
            "/timezone/ianaVersion/json",
            "maps.getTimezoneVersion",
            key_proofs.header("subscription-key"),
        ),
    ),
    Facts(
        "batch",
        "Microsoft.Batch/batchAccounts",
        {"Primary": "primary", "Secondary": "secondary"},
        "keyName",
        {"provisioningState": "Succeeded", "accountEndpoint": "{0}.westeurope.batch.azure.com"},
        ("allowedAuthenticationModes", ["AAD"]),
        regenerate="regenerateKeys",
        data_plane=DataPlane(
            "{0}.westeurope.batch.azure.com",
            "GET",
            "/applications",
            "batch.listApplications",
            key_proofs.batch,
            refused=403,
            code="AuthenticationFailed",
        ),
    ),
    _event_grid("eventGridTopic", "Microsoft.EventGrid/topics", timedelta(0)),
    _event_grid("eventGridDomain", "Microsoft.EventGrid/domains", None),
)
BY_TYPE = {facts.type.lower(): facts for facts in FACTS}
