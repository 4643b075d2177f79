metadata name = 'Secret rotation'
metadata description = 'Everything the app needs, in a resource group of its own. Deploy with `azd up`, or with `az deployment sub create`. Vaults, targets and secrets follow with onboard-*.bicep.'

targetScope = 'subscription'

@description('Required. Name of the environment; it names the resource group and tells deployments apart.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Required. Region of everything.')
@minLength(1)
@metadata({
  azd: {
    type: 'location'
  }
})
param location string

@description('Required. Vaults that may be rotated: host names such as contoso.vault.azure.net, separated by commas.')
@minLength(1)
param keyVaults string

@description('Optional. Vaults that secrets may be copied to: host names, separated by commas. Onboard each with onboard-replica-vault.bicep.')
param replicaVaults string = ''

@description('Optional. Life of a new version, in days, where a secret\'s tags do not say.')
@minValue(1)
@maxValue(3650)
param defaultValidityDays int = 90

@description('Optional. How long before expiry a secret is rotated, in days, where its tags do not say.')
@minValue(1)
@maxValue(3650)
param rotationLeadDays int = 30

@description('Optional. When all vaults are looked through for what events have missed: NCRONTAB, from second to day of the week, in UTC.')
param sweepSchedule string = '0 0 2 * * *'

@description('Optional. How many rotations that the sweep has started may be at work at a time.')
@minValue(1)
@maxValue(1000)
param maxConcurrentRotations int = 50

@description('Optional. How often the sweep starts a rotation again that came to nothing.')
@minValue(0)
@maxValue(20)
param maxRedrives int = 3

@description('Optional. How long the histories of finished rotations are kept, in days.')
@minValue(1)
@maxValue(3650)
param historyRetentionDays int = 90

@description('Optional. Where those who use secrets are looked for: ARM ids of subscriptions or resource groups, separated by commas. Each needs onboard-consumers.bicep. Empty means only the consumers that a secret names itself.')
param consumerScopes string = ''

@description('Optional. Move settings of App Service that pin a version of a secret to each new one, where a secret\'s tags do not say.')
param movePinnedReferences bool = false

@description('Optional. SQL Servers outside Azure\'s own services whose logins may be rotated: host names, with :port if it is not 1433, separated by commas.')
param sqlServers string = ''

@description('Optional. Where Durable Functions keeps its state. There is no migration between the two.')
@allowed(['AzureStorage', 'DurableTaskScheduler'])
param durableBackend string = 'AzureStorage'

@description('Conditional. Tier of the Durable Task Scheduler. Used if durableBackend is DurableTaskScheduler.')
@allowed(['Consumption', 'Dedicated'])
param schedulerSku string = 'Consumption'

@description('Optional. Memory of one instance of the app, in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Optional. How many instances of the app there may be.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Optional. Spread the app and its storage over availability zones, where the region has them.')
param zoneRedundant bool = false

@description('Optional. Tier of the Event Hubs namespace.')
@allowed(['Standard', 'Premium'])
param eventHubsSku string = 'Standard'

@description('Optional. Partitions of the Event Hub: how many instances can read it side by side.')
@minValue(1)
@maxValue(32)
param eventHubPartitionCount int = 4

@description('Optional. How long events wait for the app, in hours.')
@minValue(1)
@maxValue(168)
param eventHubRetentionInHours int = 168

@description('Optional. How long logs are kept, in days.')
@minValue(30)
@maxValue(730)
param logRetentionInDays int = 90

@description('Optional. Who is told of alerts: e-mail addresses, separated by commas.')
param alertEmailAddresses string = ''

@description('Optional. Put storage, events and scheduler behind private endpoints, and the app into a virtual network.')
param privateNetworking bool = false

@description('Conditional. Address space of the virtual network, a /24 or larger. Used if privateNetworking is true.')
param virtualNetworkAddressPrefix string = '10.80.0.0/24'

@description('Conditional. Close the app\'s public address too, so that code is published and status is read from inside the network only. Used if privateNetworking is true.')
param closeAppToPublic bool = false

@description('Optional. Address ranges (CIDR) that may reach the app, separated by commas. Empty means all; its functions ask for a key all the same.')
param allowedIpAddressRanges string = ''

@description('Optional. Public addresses or ranges of operators who read dead letters, separated by commas. Everybody else is kept out.')
param deadLetterReaderIpAddresses string = ''

@description('Optional. Tags of every resource, beside azd\'s own.')
param tags object = {}

// The one place for names. The token differs by subscription, environment and region, and never changes for them.
var token = uniqueString(subscription().id, environmentName, location)
var names = {
  resourceGroup: 'rg-${environmentName}'
  identity: 'id-rotation-${token}'
  workspace: 'log-rotation-${token}'
  applicationInsights: 'appi-rotation-${token}'
  virtualNetwork: 'vnet-rotation-${token}'
  hostStorage: 'st${token}'
  deploymentContainer: 'app-package'
  deadLetterStorage: 'stdl${token}'
  deadLetterContainer: 'dead-letters'
  eventHubsNamespace: 'evhns-rotation-${token}'
  eventHub: 'keyvault-events'
  consumerGroup: 'rotation'
  scheduler: 'dts-rotation-${token}'
  plan: 'plan-rotation-${token}'
  functionApp: 'func-rotation-${token}'
  alerts: 'rotation-${token}'
  workbook: 'Secret rotation (${environmentName})'
  azdService: 'api'
}
var allTags = union(tags, { 'azd-env-name': environmentName })

var useScheduler = durableBackend == 'DurableTaskScheduler'
var storageSku = zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS'
var privateEndpointSubnet = privateNetworking ? network!.outputs.endpointSubnetResourceId : ''
var dnsZones = privateNetworking ? network!.outputs.dnsZoneResourceIds : {}

// Each query is written once, in queries/: alerts, workbook and docs/monitoring.md all show the same text.
var alertQueries = {
  failedRotations: loadTextContent('queries/failed-rotations.kql')
  dueNotRotated: loadTextContent('queries/due-not-rotated.kql')
  late: loadTextContent('queries/late.kql')
  findings: loadTextContent('queries/findings.kql')
  parkedEvents: loadTextContent('queries/parked-events.kql')
  deadLetters: loadTextContent('queries/dead-letters.kql')
  appUnhealthy: loadTextContent('queries/app-unhealthy.kql')
}
var usageQueries = {
  rotations: loadTextContent('queries/rotations.kql')
  durations: loadTextContent('queries/durations.kql')
  steps: loadTextContent('queries/steps.kql')
  actions: loadTextContent('queries/actions.kql')
  sweeps: loadTextContent('queries/sweeps.kql')
  slow: loadTextContent('queries/slow.kql')
  throttled: loadTextContent('queries/throttled.kql')
  lockWaits: loadTextContent('queries/lock-waits.kql')
  pinnedVersions: loadTextContent('queries/pinned-versions.kql')
}

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: names.resourceGroup
  location: location
  tags: allTags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: names.identity
    location: location
    tags: allTags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: names.workspace
    applicationInsightsName: names.applicationInsights
    location: location
    tags: allTags
    retentionInDays: logRetentionInDays
    appPrincipalId: identity.outputs.principalId
  }
}

module network 'modules/network.bicep' = if (privateNetworking) {
  name: 'network'
  scope: group
  params: {
    name: names.virtualNetwork
    location: location
    tags: allTags
    addressPrefix: virtualNetworkAddressPrefix
  }
}

module hostStorage 'modules/storage.bicep' = {
  name: 'host-storage'
  scope: group
  params: {
    name: names.hostStorage
    location: location
    tags: allTags
    skuName: storageSku
    containers: [
      names.deploymentContainer
    ]
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
    // Flex Consumption has no fixed addresses to allow: without a network of its own it is let in by its identity.
    defaultAction: privateNetworking ? 'Deny' : 'Allow'
    appPrincipalId: identity.outputs.principalId
    // Queues and tables hold the task hub, unless the scheduler does; the host keeps a few of its own in any case.
    appRoles: [
      'Storage Blob Data Owner'
      'Storage Queue Data Contributor'
      'Storage Table Data Contributor'
    ]
    privateEndpointGroupIds: privateNetworking ? ['blob', 'queue', 'table'] : []
    privateEndpointSubnetResourceId: privateEndpointSubnet
    dnsZoneResourceIds: dnsZones
    workspaceResourceId: monitoring.outputs.workspaceResourceId
  }
}

// An account of its own: Event Grid must get in from outside, the host's account need not let it.
module deadLetterStorage 'modules/storage.bicep' = {
  name: 'dead-letter-storage'
  scope: group
  params: {
    name: names.deadLetterStorage
    location: location
    tags: allTags
    skuName: storageSku
    containers: [
      names.deadLetterContainer
    ]
    publicNetworkAccess: 'Enabled'
    defaultAction: 'Deny'
    allowedIpAddresses: empty(deadLetterReaderIpAddresses) ? [] : split(deadLetterReaderIpAddresses, ',')
    workspaceResourceId: monitoring.outputs.workspaceResourceId
    blobLogCategories: [
      'StorageDelete'
      'StorageWrite'
    ]
  }
}

module eventHub 'modules/event-hub.bicep' = {
  name: 'event-hub'
  scope: group
  params: {
    namespaceName: names.eventHubsNamespace
    hubName: names.eventHub
    consumerGroupName: names.consumerGroup
    location: location
    tags: allTags
    skuName: eventHubsSku
    partitionCount: eventHubPartitionCount
    retentionInHours: eventHubRetentionInHours
    appPrincipalId: identity.outputs.principalId
    privateNetworking: privateNetworking
    privateEndpointSubnetResourceId: privateEndpointSubnet
    dnsZoneResourceIds: dnsZones
    workspaceResourceId: monitoring.outputs.workspaceResourceId
  }
}

module scheduler 'modules/durable-task-scheduler.bicep' = if (useScheduler) {
  name: 'durable-task-scheduler'
  scope: group
  params: {
    name: names.scheduler
    taskHubName: loadJsonContent('../host.json').extensions.durableTask.hubName
    location: location
    tags: allTags
    skuName: schedulerSku
    appPrincipalId: identity.outputs.principalId
    privateNetworking: privateNetworking
    privateEndpointSubnetResourceId: privateEndpointSubnet
    dnsZoneResourceIds: dnsZones
  }
}

// Last of what runs: by now the identity has its roles and every private endpoint answers.
module functionApp 'modules/function-app.bicep' = {
  name: 'function-app'
  scope: group
  params: {
    name: names.functionApp
    planName: names.plan
    location: location
    tags: allTags
    azdServiceName: names.azdService
    zoneRedundant: zoneRedundant
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    identityResourceId: identity.outputs.resourceId
    identityClientId: identity.outputs.clientId
    hostStorage: {
      blobEndpoint: hostStorage.outputs.blobEndpoint
      queueEndpoint: hostStorage.outputs.queueEndpoint
      tableEndpoint: hostStorage.outputs.tableEndpoint
    }
    deploymentContainerName: names.deploymentContainer
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    eventHub: {
      fullyQualifiedNamespace: eventHub.outputs.fullyQualifiedNamespace
      hubName: eventHub.outputs.hubName
      consumerGroupName: eventHub.outputs.consumerGroupName
    }
    keyVaults: keyVaults
    replicaVaults: replicaVaults
    defaultValidityDays: defaultValidityDays
    rotationLeadDays: rotationLeadDays
    sweepSchedule: sweepSchedule
    maxConcurrentRotations: maxConcurrentRotations
    maxRedrives: maxRedrives
    historyRetentionDays: historyRetentionDays
    consumerScopes: consumerScopes
    movePinnedReferences: movePinnedReferences
    sqlServers: sqlServers
    schedulerEndpoint: useScheduler ? scheduler!.outputs.endpoint : ''
    subnetResourceId: privateNetworking ? network!.outputs.appSubnetResourceId : ''
    publicNetworkAccess: privateNetworking && closeAppToPublic ? 'Disabled' : 'Enabled'
    allowedIpAddressRanges: empty(allowedIpAddressRanges) ? [] : split(allowedIpAddressRanges, ',')
    privateEndpointSubnetResourceId: privateEndpointSubnet
    dnsZoneResourceIds: dnsZones
    workspaceResourceId: monitoring.outputs.workspaceResourceId
  }
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    namePrefix: names.alerts
    location: location
    tags: allTags
    workspaceResourceId: monitoring.outputs.workspaceResourceId
    emailAddresses: empty(alertEmailAddresses) ? [] : split(alertEmailAddresses, ',')
    queries: alertQueries
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    displayName: names.workbook
    location: location
    tags: allTags
    workspaceResourceId: monitoring.outputs.workspaceResourceId
    usageQueries: usageQueries
    alertQueries: alertQueries
  }
}

// azd keeps outputs as variables of the environment, hence their spelling; onboard-*.bicep ask for most of them.
@description('Name of the resource group.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Name of the function app.')
output FUNCTION_APP_NAME string = names.functionApp

@description('Address of the function app.')
output FUNCTION_APP_URI string = 'https://${functionApp.outputs.hostName}'

@description('Object id of the app\'s identity, for onboard-vault.bicep and onboard-target.bicep.')
output APP_PRINCIPAL_ID string = identity.outputs.principalId

@description('Resource id of the Event Hub, for onboard-vault.bicep.')
output EVENT_HUB_RESOURCE_ID string = eventHub.outputs.hubResourceId

@description('Resource id of the storage account for dead letters, for onboard-vault.bicep.')
output DEAD_LETTER_STORAGE_RESOURCE_ID string = deadLetterStorage.outputs.resourceId

@description('Name of the container for dead letters, for onboard-vault.bicep.')
output DEAD_LETTER_CONTAINER_NAME string = names.deadLetterContainer

@description('Resource id of the Log Analytics workspace, for onboard-vault.bicep.')
output LOG_ANALYTICS_WORKSPACE_RESOURCE_ID string = monitoring.outputs.workspaceResourceId

@description('Resource id of the subnet for private endpoints, for onboard-vault.bicep; empty without private networking.')
output PRIVATE_ENDPOINT_SUBNET_RESOURCE_ID string = privateEndpointSubnet

@description('Resource id of the private DNS zone of vaults, for onboard-vault.bicep; empty without private networking.')
output VAULT_DNS_ZONE_RESOURCE_ID string = privateNetworking ? network!.outputs.dnsZoneResourceIds.vault : ''

@description('Resource id of the action group, for alerts of your own.')
output ACTION_GROUP_RESOURCE_ID string = alerts.outputs.actionGroupResourceId
