"""What this project demands beyond the language: no keys, no secrets in outputs, closed networks, tags."""

import re
from collections.abc import Iterator, Mapping

from tree_sitter import Node

from dev.bicep_checks.schemas import Schema
from dev.bicep_checks.syntax import Declaration, Finding, Source, called, member, pairs, string_value, text, walk

# Values that are secure and must be written, because Azure's defaults are not, or differ by version.
_DEMANDED = {
    "Microsoft.Storage/storageAccounts": {
        "properties.allowSharedKeyAccess": "false",
        "properties.allowBlobPublicAccess": "false",
        "properties.minimumTlsVersion": "'TLS1_2'",
        "properties.supportsHttpsTrafficOnly": "true",
    },
    "Microsoft.Storage/storageAccounts/blobServices/containers": {"properties.publicAccess": "'None'"},
    "Microsoft.EventHub/namespaces": {
        "properties.disableLocalAuth": "true",
        "properties.minimumTlsVersion": "'1.2'",
    },
    "Microsoft.Insights/components": {"properties.DisableLocalAuth": "true"},
    "Microsoft.OperationalInsights/workspaces": {"properties.features.disableLocalAuth": "true"},
    "Microsoft.Web/sites": {"properties.httpsOnly": "true", "properties.siteConfig.minTlsVersion": "'1.2'"},
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": {"properties.allow": "false"},
    "Microsoft.Authorization/roleAssignments": {"properties.principalType": "'ServicePrincipal'"},
}

# What other plans need, and Flex Consumption refuses or ignores.
_NOT_ON_FLEX = re.compile(
    r"\b(FUNCTIONS_WORKER_RUNTIME|FUNCTIONS_EXTENSION_VERSION|WEBSITE_RUN_FROM_PACKAGE|WEBSITE_CONTENT\w+"
    r"|linuxFxVersion|alwaysOn|functionAppScaleLimit|vnetRouteAllEnabled)\s*:"
)
_SECRET = re.compile(
    r"(?i)connectionstring|instrumentationkey|password|sharedkey|(primary|secondary|access|master)\w*key"
)

_OPEN = frozenset({("publicNetworkAccess", "Enabled"), ("defaultAction", "Allow")})

# The tags of a secret tell the app what to do with it.
_TAGS_MEAN_SOMETHING_ELSE = frozenset({"Microsoft.KeyVault/vaults/secrets"})


def check(source: Source, schemas: Mapping[str, Schema]) -> Iterator[Finding]:
    """Yield breaches of the project's rules in one file."""
    for declaration in source.of("resource"):
        if not declaration.existing:
            yield from _resource(source, declaration, schemas)
    for declaration in source.of("output"):
        yield from _output(source, declaration)
    for declaration in source.of("param"):
        if declaration.value is not None and (declaration.name, string_value(declaration.value)) in _OPEN:
            yield source.finding(
                declaration.node, "open to every network unless told otherwise: turn the default round"
            )
    for node in walk(source.root):
        if node.type == "object":
            yield from _network(source, node)
        elif node.type == "object_property" and _NOT_ON_FLEX.match(text(node)):
            yield source.finding(node, f"{text(node).split(':')[0]} does not belong on Flex Consumption")
        elif called(node) == "utcNow" and (node.parent is None or node.parent.type != "parameter_declaration"):
            yield source.finding(node, "utcNow is allowed as the default of a parameter only")


def _resource(source: Source, declaration: Declaration, schemas: Mapping[str, Schema]) -> Iterator[Finding]:
    type_ = declaration.type.split("@")[0]
    for path, wanted in _DEMANDED.get(type_, {}).items():
        found = member(declaration.body, *path.split("."))
        if found is None or text(found) != wanted:
            yield source.finding(found or declaration.node, f"{path} of {declaration.name} must be {wanted}")
    schema = schemas.get(declaration.type.casefold())
    if schema is None:
        return
    tagged = "tags" not in schema.body.properties or type_ in _TAGS_MEAN_SOMETHING_ELSE
    if not tagged and member(declaration.body, "tags") is None:
        yield source.finding(declaration.node, f"{declaration.name} has no tags")
    if _has_public_access(schema) and member(declaration.body, "properties", "publicNetworkAccess") is None:
        yield source.finding(declaration.node, f"{declaration.name} does not say who may reach it: publicNetworkAccess")


def _has_public_access(schema: Schema) -> bool:
    properties = schema.body.properties.get("properties")
    type_ = schema.types.get(properties.type) if properties else None
    return type_ is not None and "publicNetworkAccess" in type_.properties


def _network(source: Source, node: Node) -> Iterator[Finding]:
    """Judge every object, so that values handed to a module count as well as those of a resource."""
    given = dict(pairs(node))
    access = given.get("publicNetworkAccess")
    action = given.get("defaultAction") or member(given.get("networkAcls"), "defaultAction")
    if access is not None and string_value(access) == "Enabled" and (action is None or string_value(action) != "Deny"):
        yield source.finding(access, "open to every network: close it, or deny by default")
    if given.get("defaultAction") is not None and string_value(given["defaultAction"]) == "Allow":
        yield source.finding(given["defaultAction"], "open to every network: deny by default")
    addresses = given.get("ipAllowlist")
    if addresses is not None and addresses.type == "array" and "'0.0.0.0/0'" in text(addresses):
        yield source.finding(addresses, "open to every network: depends on nothing")


def _output(source: Source, declaration: Declaration) -> Iterator[Finding]:
    """Outputs are kept with the deployment, for everybody who may read it."""
    secret = _secret(source, declaration.value, frozenset()) if declaration.value is not None else None
    if secret is not None:
        yield source.finding(declaration.node, f"output {declaration.name} holds a secret: {text(secret)}")


def _secret(source: Source, node: Node, seen: frozenset[str]) -> Node | None:
    for part in walk(node):
        if (called(part) or "").startswith("list") or re.search(r"\.list[A-Z]\w*$", called(part) or ""):
            return part
        if part.type == "property_identifier" and (_SECRET.search(text(part)) or _is_secret_value(part)):
            return part
        if part.type != "identifier" or text(part) in seen:
            continue
        symbol = source.by_name.get(text(part))
        if symbol is not None and symbol.kind == "param" and "secure" in symbol.decorators:
            return part
        if symbol is not None and symbol.kind == "var" and symbol.value is not None:
            found = _secret(source, symbol.value, seen | {symbol.name})
            if found is not None:
                return found
    return None


def _is_secret_value(property_: Node) -> bool:
    """Recognise `secret.properties.value`."""
    return property_.parent is not None and text(property_.parent).endswith(".properties.value")
