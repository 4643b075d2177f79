"""The checks of the Bicep files: they find nothing in ours, and find each kind of mistake once it is made."""

import shutil
from pathlib import Path

import pytest

from dev.bicep_checks.run import ROOT, check

pytestmark = pytest.mark.unit


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copy(ROOT.parent / "host.json", tmp_path)
    return shutil.copytree(ROOT, tmp_path / "bicep")


def plant(copy: Path, file: str, right: str, wrong: str) -> list[str]:
    path = copy / file
    code = path.read_text(encoding="utf-8")
    assert right in code, f"{file} has changed: the mistake cannot be planted"
    path.write_text(code.replace(right, wrong, 1), encoding="utf-8")
    return [str(finding) for finding in check(copy)]


def test_our_files_are_right() -> None:
    assert [str(finding) for finding in check()] == []


MISTAKES = [
    # what Bicep or Azure refuses
    ("storage", "allowCrossTenantReplication: false", "allowCrossTenantReplications: false", "has no property"),
    ("function-app", "authentication: {", "authentification: {", "has no property authentification"),
    ("function-app", "type: 'UserAssignedIdentity'", "type: 'UserAssigned'", "expected one of SystemAssignedIdentity"),
    ("function-app", "name: 'scm'", "name: 'scn'", "name is 'scn', expected one of ftp, scm"),
    ("monitoring", "    Application_Type: 'web'\n", "", "requires property Application_Type"),
    ("monitoring", "retentionInDays: retentionInDays", "retentionInDays: workspaceName", "takes int, not string"),
    ("event-hub", "cleanupPolicy: 'Delete'", "cleanupPolicy: 'Deleted'", "expected one of Delete, Compact"),
    ("event-hub", "namespaces@2024-01-01'", "namespaces@2023-01-01'", "no schema for"),
    ("alerts", "groupShortName: 'rotation'", "groupShortName: 'secret-rotation'", "breaks maxLength 12"),
    ("alerts", "operator: 'GreaterThan'", "operator: 'Greater'", "expected one of Equals"),
    ("durable-task-scheduler", "ipAllowlist: p", "ipAllowList: p", "requires property ipAllowlist"),
    ("network", "resolutionPolicy: 'NxDomainRedirect'", "resolutionPolicy: 'Redirect'", "expected one of Default"),
    ("private-endpoint", "      id: subnetResourceId\n", "      id: subnetId\n", "undefined symbol subnetId"),
    ("storage", "for role in appRoles", "for role in roles", "undefined symbol roles"),
    ("storage", "guid(account.id, ", "gui(account.id, ", "unknown function gui"),
    ("identity", "name: name\n", "name: name\n  identity: {\n", "cannot be parsed"),
    ("identity", "  location: location\n", "", "requires property location"),
    ("event-hub-sender", "import { roleIds }", "import { roles }", "does not export roles"),
    # what this project demands
    ("storage", "allowSharedKeyAccess: false", "allowSharedKeyAccess: true", "must be false"),
    ("storage", "    allowBlobPublicAccess: false\n", "", "must be false"),
    ("storage", "minimumTlsVersion: 'TLS1_2'", "minimumTlsVersion: 'TLS1_0'", "must be 'TLS1_2'"),
    ("storage", "  tags: tags\n", "", "account has no tags"),
    ("event-hub", "privateNetworking ? 'Disabled' : 'Enabled'", "'Enabled'", "open to every network"),
    ("event-hub", "disableLocalAuth: true", "disableLocalAuth: false", "must be true"),
    (
        "event-hub",
        "guid(hub.id, appPrincipalId, roleIds[role])",
        "guid(hub.id, roleIds[role])",
        "name roleAssignments guid(",
    ),
    ("event-hub", "'Azure Event Hubs Data Receiver'", "'Event Hubs Receiver'", "no role is called"),
    ("event-hub", "roleIds[role])\n    }", "'a638d3c7-ab3a-418d-83e6-5f17a39d4fde')\n    }", "an id: name the role"),
    ("durable-task-scheduler", "privateNetworking ? [] : ['0.0.0.0/0']", "['0.0.0.0/0']", "open to every network"),
    ("function-app", "KEY_VAULTS: keyVaults", "FUNCTIONS_WORKER_RUNTIME: keyVaults", "does not belong on Flex"),
    ("role-ids", "b86a8fe4-", "b86a8fe5-", "the id of Key Vault Secrets Officer is b86a8fe4"),
    ("storage", "Optional. Public addresses", "Public addresses", "begins with Optional."),
    ("storage", "= account.properties.primaryEndpoints.table", "= account.listKeys().keys[0].value", "holds a secret"),
    ("monitoring", "= applicationInsights.name", "= applicationInsights.properties.ConnectionString", "holds a secret"),
]


@pytest.mark.parametrize(("file", "right", "wrong", "told"), MISTAKES)
def test_a_mistake_in_a_module_is_found(copy: Path, file: str, right: str, wrong: str, told: str) -> None:
    found = plant(copy, f"modules/{file}.bicep", right, wrong)
    assert any(told in finding for finding in found), found


@pytest.mark.parametrize(
    ("file", "right", "wrong", "told"),
    [
        ("main.bicep", "hubName: names.eventHub\n", "hub: names.eventHub\n", "has no parameter hub"),
        ("main.bicep", "    retentionInDays: logRetentionInDays\n", "", "requires parameter retentionInDays"),
        ("main.bicep", "'modules/workbook.bicep'", "'modules/workbooks.bicep'", "does not exist"),
        ("main.bicep", "outputs.hubResourceId", "outputs.hubId", "has no output hubId"),
        ("main.bicep", "steps: loadTextContent('queries/steps.kql')\n", "", "misses property steps"),
        ("main.bicep", "queries/steps.kql", "queries/step.kql", "queries/step.kql does not exist"),
        ("main.bicep", "defaultAction: 'Deny'", "defaultAction: 'Allow'", "open to every network"),
        ("main.bicep", "defaultAction: 'Deny'", "defaultAction: 'Denied'", "defaultAction may not be 'Denied'"),
        ("main.bicep", "'Storage Queue Data Contributor'", "'Storage Queue Contributor'", "no role is called"),
        ("main.bicep", "= if (useScheduler)", "= if (empty(identity.outputs.clientId))", "needed before"),
        ("main.bicep", "name: names.resourceGroup", "name: identity.outputs.clientId", "needed before"),
        ("main.bicep", "targetScope = 'subscription'", "targetScope = 'resourceGroup'", "cannot be deployed to"),
        ("main.bicep", "  name: 'identity'\n  scope: group\n", "  name: 'identity'\n", "needs a scope"),
        ("main.bicep", "param tags object = {}", "param tags object = {}\nparam spare string = ''", "is not used"),
        ("main.parameters.json", '"keyVaults"', '"vaults"', "has no parameter vaults"),
        ("main.parameters.json", '"keyVaults"', '"vaults"', "requires parameter keyVaults"),
        ("main.example.bicepparam", "param zoneRedundant = true", "param zoneRedundant = 'yes'", "is bool, not string"),
        ("onboard-vault.bicep", "'CloudEventSchemaV1_0'", "'CloudEventSchemaV1'", "expected one of EventGridSchema"),
        ("onboard-vault.bicep", "endpointType: 'EventHub'", "endpointType: 'EventHubs'", "endpointType is 'EventHubs'"),
        ("onboard-vault.bicep", "deadLetterWithResourceIdentity", "deadLetterWithIdentity", "has no property"),
        ("onboard-vault.bicep", "sender-${uniqueString(topic.id)}", "${topic.identity.principalId}", "needed before"),
        ("onboard-secret.bicep", "string = secret.name", "string = value", "output secretName holds a secret: value"),
        ("onboard-secret.bicep", "string = secret.name", "string = secret.properties.value", "holds a secret"),
    ],
)
def test_a_mistake_across_files_is_found(copy: Path, file: str, right: str, wrong: str, told: str) -> None:
    found = plant(copy, file, right, wrong)
    assert any(told in finding for finding in found), found


def test_a_secret_behind_a_variable_is_found(copy: Path) -> None:
    file, right = "onboard-secret.bicep", "output secretName string = secret.name"
    found = plant(
        copy, file, right, "var hidden = { a: value }\n\n@description('x')\noutput secretName object = hidden"
    )
    assert any("holds a secret" in finding for finding in found), found
